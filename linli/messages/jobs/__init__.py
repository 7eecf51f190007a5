"""What the clock and the queue start here."""

from linli.messages.jobs.outbox import Outbox, keep_sending, send_what_is_due

__all__ = ["Outbox", "keep_sending", "send_what_is_due"]
