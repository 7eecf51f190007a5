"""A roster on its way in: sealed, checked, imported by the worker, forgotten after a day."""

import base64
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.crypto import seal
from linli.core.errors import Conflict, Missing
from linli.core.locks import lock
from linli.grid.access import check_may
from linli.grid.models import Place
from linli.residents import rules
from linli.residents.models import RosterUpload

CONTEXT = "residents_rosterupload.content"
PATIENCE_S = 120  # an import that was interrupted is taken up again after so long


def keep_upload(
    *, actor: Actor, place: Place, filename: str, data: bytes, report: dict[str, Any], write_id: UUID | None = None
) -> RosterUpload:
    """Keep a checked file, sealed, until somebody says to import it. Sent twice it is kept once."""
    with transaction.atomic():
        check_may(actor, "register.import", place, seen_with="register.see")
        key = write_id or uuid4()
        lock(f"upload:{key}")
        found = RosterUpload.objects.filter(pk=key).first()
        if found is not None:
            if found.account_id != actor.id:
                raise Missing()
            return found
        made = RosterUpload.objects.create(
            id=key,
            account_id=actor.id or 0,
            place=place,
            filename=rules.plain(filename)[-200:],
            content=seal(base64.b64encode(data).decode(), CONTEXT),
            report=report,
            made_at=clock.now(),
        )
        audit.record(actor, "check_roster", made, fields=["content"], path=place.path)
        return made


def start_import(*, actor: Actor, upload_id: UUID) -> RosterUpload:
    """Hand a checked roster to the worker. Asked twice it is imported once."""
    with transaction.atomic():
        found = _own(actor, upload_id)
        check_may(actor, "register.import", found.place, seen_with="register.see")
        if found.state == "checked":
            RosterUpload.objects.filter(pk=found.pk).update(state="waiting", mapping={})
            audit.record(actor, "start_import", found, fields=["state"], path=found.place.path)
            found.state = "waiting"
        return found


def drop_upload(*, actor: Actor, upload_id: UUID) -> None:
    """Forget a file before its day is over. One that is being imported stays."""
    with transaction.atomic():
        found = _own(actor, upload_id)
        if found.state == "running":
            raise Conflict(_("This roster is being imported. Wait until it is done."), code="running")
        RosterUpload.objects.filter(pk=upload_id).delete()
        audit.record(actor, "drop_upload", ("residents.rosterupload", upload_id), path=found.place.path)


def _own(actor: Actor, upload_id: UUID) -> RosterUpload:
    rows = RosterUpload.objects.select_for_update(of=("self",)).select_related("place", "account")
    found = rows.filter(pk=upload_id, account=actor.id).first() if actor.kind == "account" else None
    if found is None:
        raise Missing()
    return found


def take_waiting_upload(*, actor: Actor) -> RosterUpload | None:  # noqa: ARG001
    """The next roster to import, marked as running; one that was left running by a worker that died is taken again."""
    with transaction.atomic():
        lock("rosters")
        now = clock.now().timestamp()
        waiting = Q(state="waiting") | Q(state="running", mapping__until__lt=now)
        rows = RosterUpload.objects.select_related("place", "account").filter(waiting).order_by("made_at")
        found = rows.first()
        if found is not None:
            found.state, found.mapping = "running", {"until": now + PATIENCE_S}
            found.save(update_fields=["state", "mapping"])
        return found


def note_progress(*, actor: Actor, upload_id: UUID, rows: int) -> None:  # noqa: ARG001
    """How many rows were read, for the page that waits."""
    until = clock.now().timestamp() + PATIENCE_S
    RosterUpload.objects.filter(pk=upload_id).update(done_rows=rows, mapping={"until": until})


def finish_upload(*, actor: Actor, upload_id: UUID, report: dict[str, Any], failed: bool = False) -> None:  # noqa: ARG001
    """Called in the import's own transaction: the rows and the word that they are in come together."""
    state = "failed" if failed else "done"
    RosterUpload.objects.filter(pk=upload_id).update(state=state, report=report, done_rows=report.get("rows", 0))


def forget_uploads(*, actor: Actor) -> int:
    """Delete what is older than a day; returns how many."""
    old = RosterUpload.objects.filter(made_at__lt=clock.now() - rules.UPLOAD_KEPT)
    keys = list(old.values_list("pk", flat=True))
    audit.record_many(actor, "forget_upload", [("residents.rosterupload", key) for key in keys])
    RosterUpload.objects.filter(pk__in=keys).delete()
    return len(keys)
