"""Paper lists: as they were printed, with what was typed back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.db.models import QuerySet

from linli.alerts.models import Alert, Sheet
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import within
from linli.grid.numbers import masked_phone
from linli.residents.models import Membership
from linli.residents.queries import Door as Address
from linli.residents.queries import describe_households
from linli.rounds.models import Attempt

ANSWER = "alerts.answer"


@dataclass(frozen=True)
class Callee:
    """Whom to call there."""

    person: int
    name: str
    masked: str


@dataclass(frozen=True)
class SheetRow:
    """A row of the paper. `door` is None where the household has moved away or is out of sight now; `typed` is the outcome
    that was typed back."""

    number: int
    household: int
    residence: int
    door: Address | None
    typed: str
    callees: tuple[Callee, ...] = ()


def row_id(sheet: Sheet, number: int) -> UUID:
    """The id of what is typed for a row: the same row typed twice is one record, whoever types it."""
    return uuid5(sheet.alert_id, f"{sheet.code}:{number}")


def list_sheets(*, actor: Actor, alert: Alert) -> QuerySet[Sheet]:
    rows = Sheet.objects.filter(within("path", actor.paths(ANSWER)), alert=alert)
    return rows.select_related("place", "made_by").order_by("-made_at")


def get_sheet(*, actor: Actor, code: str) -> Sheet:
    """By the code that is printed on it. Raises Missing."""
    plain = "".join(one for one in code.upper() if one.isalnum())
    rows = Sheet.objects.filter(within("path", actor.paths(ANSWER)), code=plain)
    found = rows.select_related("alert__households", "alert__posts", "place", "made_by").first()
    if found is None:
        raise Missing()
    return found


def read_sheet(*, actor: Actor, sheet: Sheet) -> list[SheetRow]:
    """The rows in the order of the paper. A constant number of queries."""
    households = [household for household, _residence in sheet.rows]
    doors = describe_households(actor=actor, ids=households)
    open_doors = [key for key, door in doors.items() if not door.hidden]
    callees = _callees(open_doors) if sheet.kind == "calls" else {}
    ids = {uuid5(row_id(sheet, at), str(sheet.alert_id)): at for at in range(1, len(households) + 1)}
    typed = {ids[one.pk]: one.outcome for one in Attempt.objects.filter(pk__in=ids)}
    return [
        SheetRow(at, household, residence, doors.get(household), typed.get(at, ""), tuple(callees.get(household, ())))
        for at, (household, residence) in enumerate(sheet.rows, start=1)
    ]


def _callees(households: Sequence[int]) -> dict[int, list[Callee]]:
    """The members with a number that is not known to be dead, at most two a household."""
    rows = (
        Membership.objects.filter(household__in=households, until_on=None, person__phone_dead_at=None)
        .exclude(person__phone_index="")
        .select_related("person")
        .order_by("household", "id")
    )
    found: dict[int, list[Callee]] = {}
    for one in rows:
        known = found.setdefault(one.household_id, [])
        if len(known) < 2:
            known.append(Callee(one.person_id, one.person.name, masked_phone(one.person.phone)))
    return found
