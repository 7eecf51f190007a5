"""What the clock starts here."""

from uuid import UUID

from django.utils import translation

from linli.core.actors import SYSTEM, Actor
from linli.core.errors import Problem
from linli.core.logs import log
from linli.grid.queries import actor_for
from linli.residents import actions, imports, queries
from linli.residents.profile import erases_alone


def import_waiting_rosters() -> None:
    """Rosters that were sent go in one after the other, each in its own transaction, with the sender's posts of now."""
    while (upload := actions.take_waiting_upload(actor=SYSTEM)) is not None:
        _import(upload.id, actor_for(upload.account), upload.account.language)


def _import(upload_id: UUID, actor: Actor, language: str) -> None:
    def progress(rows: int) -> None:
        actions.note_progress(actor=SYSTEM, upload_id=upload_id, rows=rows)

    def before_commit(done: imports.Checked) -> None:
        actions.finish_upload(actor=SYSTEM, upload_id=upload_id, report=imports.report_of(done))

    with translation.override(language or translation.get_language()):
        try:
            found = queries.get_upload(actor=actor, upload_id=upload_id)
            imports.import_roster(
                queries.open_upload(upload=found),
                found.filename,
                actor=actor,
                place=found.place,
                progress=progress,
                before_commit=before_commit,
            )
        except Problem as problem:
            report = {"problem": str(problem.detail)}
            actions.finish_upload(actor=SYSTEM, upload_id=upload_id, report=report, failed=True)
        except Exception as error:
            report = {"problem": ""}
            actions.finish_upload(actor=SYSTEM, upload_id=upload_id, report=report, failed=True)
            log.error("roster_failed", upload=str(upload_id), error=type(error).__name__)


def forget_uploads() -> None:
    """Files of rosters are deleted after a day, imported or not."""
    actions.forget_uploads(actor=SYSTEM)


def end_old_requests() -> None:
    """Proposals and requests that nobody decided end by themselves."""
    actions.lapse_transfers(actor=SYSTEM)
    actions.lapse_corrections(actor=SYSTEM)


def review_retention() -> None:
    """Records whose time is over: erased where the profile says so, else put before somebody of the community."""
    actions.review_due(actor=SYSTEM, alone=erases_alone())
