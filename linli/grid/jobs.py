"""What the clock starts here."""

from linli.core.actors import SYSTEM
from linli.grid import actions


def fold_headcounts() -> None:
    actions.fold_headcounts(actor=SYSTEM)
