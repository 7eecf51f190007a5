"""Facts of the register for the rooms above."""

from dataclasses import dataclass

from linli.core.events import Fact


@dataclass(frozen=True)
class PhoneFoundDead(Fact):
    """A number on record reaches nobody any more."""

    person_id: int
    household_id: int
    path: str
