"""What the clock starts here."""

from linli.core.actors import SYSTEM
from linli.duties import actions


def move_tasks() -> None:
    """First to whoever answers now where an appointment ended, then up where nobody began."""
    actions.give_on_orphans(actor=SYSTEM)
    actions.climb_overdue(actor=SYSTEM)
