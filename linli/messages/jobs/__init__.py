"""What the clock and the queue start here."""

from datetime import timedelta

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.messages import actions
from linli.messages.jobs.outbox import Outbox, keep_sending, send_what_is_due

__all__ = [
    "Outbox",
    "forget_old_messages",
    "keep_sending",
    "send_what_is_due",
]

MESSAGES_KEPT = timedelta(days=400)  # a year of notices can be accounted for


def forget_old_messages() -> None:
    """Messages of more than a year ago, and replies whose time is over."""
    actions.forget_old_messages(actor=SYSTEM, before=clock.now() - MESSAGES_KEPT)
