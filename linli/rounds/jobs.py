"""What the clock starts here."""

from typing import Any

from linli.core.actors import SYSTEM
from linli.residents.queries import list_homes_of
from linli.rounds import actions, queries


def fold_tallies() -> None:
    """Bring new answers into the counters of every place above them."""
    actions.fold_tallies(actor=SYSTEM)


def carry_moves() -> None:
    """Answers of open rounds go along with members who moved."""
    for found in queries.list_open_rounds():
        actions.carry_moves(actor=SYSTEM, found=found)


def forget_erased_homes(payload: dict[str, Any]) -> None:
    """What was noted at the doors of households whose records were erased goes too."""
    actions.forget_notes(actor=SYSTEM, members=payload["household_ids"])


def forget_erased_people(payload: dict[str, Any]) -> None:
    """What was noted at the doors of people whose records were erased goes too."""
    actions.forget_notes(actor=SYSTEM, members=list_homes_of(people=payload["person_ids"]))
