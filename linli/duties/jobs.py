"""What the clock starts here."""

from datetime import timedelta
from typing import Any

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.duties import actions
from linli.duties.rules import CANCELLED, CORRECTION, DONE, ERASURE, TRANSFER
from linli.grid.queries import list_absences_left
from linli.messages.queries import read_reply
from linli.messages.rules import ACCOUNT, AS_CONFIRMED, HOUSEHOLD
from linli.residents.queries import list_homes_of
from linli.residents.rules import CORRECTION_DUE, TRANSFER_DUE


def move_tasks() -> None:
    """First to whoever answers now where an appointment ended, then up where nobody began."""
    actions.give_on_orphans(actor=SYSTEM)
    actions.climb_overdue(actor=SYSTEM)


def tell_deputies(payload: dict[str, Any]) -> None:
    """Somebody is to stand in: they are told for whom and how long."""
    actions.tell_deputies(actor=SYSTEM, absence_ids=payload["absence_ids"])


def withdraw_deputy(payload: dict[str, Any]) -> None:
    """It is off: whoever was told is told so."""
    by_deputy = payload["by_deputy"]
    actions.withdraw_deputies(actor=SYSTEM, absence_ids=[payload["absence_id"]], by_deputy=by_deputy)


def withdraw_left_deputies(payload: dict[str, Any]) -> None:
    """Where the post itself was given up, nobody stands in for its holder any more."""
    left = list_absences_left(appointment_ids=payload["appointment_ids"])
    actions.withdraw_deputies(actor=SYSTEM, absence_ids=left)


def review_standing_tasks() -> None:
    """Vacant posts and dead contacts: open what came up, close what was mended."""
    actions.review_vacancies(actor=SYSTEM)
    actions.close_mended_contacts(actor=SYSTEM)
    actions.close_mended_means(actor=SYSTEM)
    actions.close_done_erasures(actor=SYSTEM)


def note_dead_phone(payload: dict[str, Any]) -> None:
    """A number on record reaches nobody: somebody is to renew it."""
    actions.open_dead_contact(actor=SYSTEM, path=payload["path"])


def ask_for_transfer(payload: dict[str, Any]) -> None:
    """Another community hands a household over: somebody there is to accept or refuse."""
    _decide(TRANSFER, payload["transfer_id"], payload["to_path"], "register.edit", TRANSFER_DUE)


def ask_for_correction(payload: dict[str, Any]) -> None:
    """Somebody says that a record is wrong: somebody who may change it is to decide."""
    _decide(CORRECTION, payload["correction_id"], payload["path"], "register.edit", CORRECTION_DUE)


def ask_for_erasure(payload: dict[str, Any]) -> None:
    """The time of some records of a community is over."""
    _decide(ERASURE, "erasure", payload["path"], "register.approve", actions.STANDING)


def _decide(kind: str, source_id: str, path: str, permission: str, within: timedelta) -> None:
    due_at = clock.now() + within
    actions.open_decision(actor=SYSTEM, kind=kind, source_id=source_id, path=path, permission=permission, due_at=due_at)


def end_transfer(payload: dict[str, Any]) -> None:
    """A proposal is settled."""
    outcome = DONE if payload["state"] in {"accepted", "refused"} else CANCELLED
    actions.close_source(actor=SYSTEM, source=(actions.REGISTER, payload["transfer_id"]), outcome=outcome)


def end_correction(payload: dict[str, Any]) -> None:
    """A request is decided."""
    outcome = DONE if payload["state"] in {"approved", "refused"} else CANCELLED
    actions.close_source(actor=SYSTEM, source=(actions.REGISTER, payload["correction_id"]), outcome=outcome)


def forget_old_questions() -> None:
    """What was asked and answered longer ago than the profile keeps it is deleted."""
    actions.forget_old_questions(actor=SYSTEM)


def forget_erased_questions(payload: dict[str, Any]) -> None:
    """Households were erased: what they asked goes too."""
    actions.forget_homes(actor=SYSTEM, households=payload["household_ids"])


def forget_erased_people(payload: dict[str, Any]) -> None:
    """People were erased: what was noted about their homes on tasks that are closed goes too."""
    homes = list_homes_of(people=payload["person_ids"])
    actions.forget_line_notes(actor=SYSTEM, households=homes, only_closed=True)


def file_reply(payload: dict[str, Any]) -> None:
    """Somebody wrote back. A plain yes is a receipt, and the notice's; everything else is for a person."""
    if payload["recipient_kind"] not in (HOUSEHOLD, ACCOUNT) or payload["filed_as"] == AS_CONFIRMED:
        return
    text, path = read_reply(reply_id=payload["reply_id"])
    wrote = actions.Wrote(
        reply_id=payload["reply_id"],
        kind=payload["recipient_kind"],
        id=payload["recipient_id"],
        filed_as=payload["filed_as"],
        text=text,
        path=path,
        source=(payload["source_room"], payload["source_id"]),
    )
    actions.file_reply(actor=SYSTEM, wrote=wrote)
