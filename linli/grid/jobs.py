"""What the clock starts here."""

from linli.core.actors import SYSTEM
from linli.grid import actions


def fold_headcounts() -> None:
    """Bring new headcount changes into the counts of every place above them."""
    actions.fold_headcounts(actor=SYSTEM)
