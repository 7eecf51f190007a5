"""What the clock starts here."""

from linli.boundaries import actions
from linli.core.actors import SYSTEM


def carry_on_editions() -> None:
    """Differences of an edition that were chosen and are too many for a page are taken over, batch by batch."""
    actions.apply_choices(actor=SYSTEM, most=2_000)
