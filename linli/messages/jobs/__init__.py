"""What the clock and the queue start here."""

from typing import Any

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.retention import kept
from linli.messages import actions
from linli.messages.jobs.outbox import Outbox, keep_sending, send_what_is_due
from linli.residents.queries import list_homes_of

__all__ = [
    "Outbox",
    "forget_erased_homes",
    "forget_erased_people",
    "forget_old_messages",
    "keep_sending",
    "send_what_is_due",
]


def forget_old_messages() -> None:
    """Messages, replies and codes whose time is over."""
    actions.forget_old_codes(actor=SYSTEM)
    actions.forget_old_messages(actor=SYSTEM, before=clock.now() - kept("messages"))


def forget_erased_homes(payload: dict[str, Any]) -> None:
    """Households were erased: numbers, replies and links of theirs go too."""
    actions.forget_homes(actor=SYSTEM, households=payload["household_ids"])


def forget_erased_people(payload: dict[str, Any]) -> None:
    """People were erased: what was sent to their numbers no longer tells which."""
    people = payload["person_ids"]
    actions.forget_people(actor=SYSTEM, people=people, households=list_homes_of(people=people))
