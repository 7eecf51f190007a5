"""Lists on paper: printed with a code, typed back in one go."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.actions.field import store_records
from linli.alerts.models import Alert, Sheet
from linli.alerts.queries.field import FieldRecord, Verdict, residences_of
from linli.alerts.queries.paper import get_sheet, read_sheet, row_id
from linli.alerts.queries.walk import list_due_doors
from linli.alerts.rules import ISSUED
from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_may
from linli.grid.models import Place
from linli.residents import actions as residents

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that look alike on paper
MOST_ROWS, MOST_CALLS = 500, 100
KINDS = ("doors", "calls")


def print_sheet(*, actor: Actor, alert: Alert, place: Place, kind: str, write_id: UUID | None = None) -> Sheet:
    """Fix the silent doors of a place, in walking order, under a code. Raises Conflict where none is silent."""
    content = [str(alert.pk), place.pk, kind]
    if kind not in KINDS or actor.kind != "account":
        raise Missing()
    with transaction.atomic():
        before = done_before(actor, "print_sheet", write_id, content)
        if before:
            return get_sheet(actor=actor, code=before)
        check_may(actor, "alerts.answer", place, seen_with="alerts.see")
        if alert.state != ISSUED:
            raise Conflict(_("This notice has ended: its record can't be changed any more."))
        most = MOST_CALLS if kind == "calls" else MOST_ROWS
        doors = list_due_doors(actor=actor, due=[(alert, [place.path])], limit=most)
        if not doors:
            raise Conflict(_("Every door here has confirmed: there is nothing to print."))
        homes = residences_of(households=[one.household for one in doors])
        made = Sheet.objects.create(
            code="".join(secrets.choice(SIGNS) for _sign in range(6)),
            alert=alert,
            place=place,
            path=place.path,
            kind=kind,
            rows=[[one.household, homes[one.household]] for one in doors if one.household in homes],
            made_by_id=actor.id,
            made_at=clock.now(),
        )
        audit.record(actor, "print_sheet", made, fields=[kind, f"rows:{len(made.rows)}"], path=place.path)
        mark_done(actor, "print_sheet", write_id, content, made.code)
        return made


def type_sheet(
    *, actor: Actor, sheet: Sheet, entries: Mapping[int, tuple[str, str]], at: datetime
) -> dict[int, Verdict]:
    """Row → what became of it. `entries` maps a row to outcome and note. Sent again, or typed again by somebody else, a row
    is recorded once; whoever made the visits stood at the door, so nothing that came in between keeps it out."""
    wrong = [number for number in entries if not 1 <= number <= len(sheet.rows)]
    if wrong:
        raise Invalid(_("There is no row %(row)s on this sheet.") % {"row": wrong[0]})
    if not sheet.made_at <= at <= clock.now():
        raise Invalid(fields={"at": _("Enter a time between the printing of the sheet and now.")})
    records = {
        number: FieldRecord(
            id=row_id(sheet, number),
            household=sheet.rows[number - 1][0],
            residence=sheet.rows[number - 1][1],
            alerts=(sheet.alert_id,),
            outcome=outcome,
            note=note[:200],
            at=at,
            anyway=True,
        )
        for number, (outcome, note) in entries.items()
    }
    with transaction.atomic():
        verdicts = store_records(actor=actor, records=list(records.values()))
        audit.record(actor, "type_sheet", sheet, fields=[f"rows:{len(records)}"], path=sheet.path)
    return dict(zip(records, verdicts, strict=True))


def reveal_sheet(*, actor: Actor, sheet: Sheet, purpose: str, note: str = "") -> dict[int, str]:
    """Person → number in full, for a call sheet. Each number counts and is audited as if it were shown alone; beyond those
    of an hour it takes a second person's word, or none is shown."""
    if not actor.may("register.reveal", sheet.path):
        raise Forbidden()
    with transaction.atomic():
        people = [one.person for row in read_sheet(actor=actor, sheet=sheet) for one in row.callees]
        shown = {}
        for person in people:
            got = residents.reveal_numbers(actor=actor, person_id=person, fields=["phone"], purpose=purpose, note=note)
            shown[person] = got["phone"]
        return shown
