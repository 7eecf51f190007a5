"""What the clock starts here."""

from linli.core.actors import SYSTEM
from linli.rounds import actions, queries


def fold_tallies() -> None:
    actions.fold_tallies(actor=SYSTEM)


def carry_moves() -> None:
    for found in queries.list_open_rounds():
        actions.carry_moves(actor=SYSTEM, found=found)
