"""What the clock starts here."""

from typing import Any

from linli.core.actors import SYSTEM
from linli.duties import actions


def move_tasks() -> None:
    """First to whoever answers now where an appointment ended, then up where nobody began."""
    actions.give_on_orphans(actor=SYSTEM)
    actions.climb_overdue(actor=SYSTEM)


def review_standing_tasks() -> None:
    """Vacant posts and dead contacts: open what came up, close what was mended."""
    actions.review_vacancies(actor=SYSTEM)
    actions.close_mended_contacts(actor=SYSTEM)


def note_dead_phone(payload: dict[str, Any]) -> None:
    """A number on record reaches nobody: somebody is to renew it."""
    actions.open_dead_contact(actor=SYSTEM, path=payload["path"])
