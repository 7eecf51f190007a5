"""Facts of the register for the rooms above."""

from dataclasses import dataclass

from linli.core.events import Fact


@dataclass(frozen=True)
class PhoneFoundDead(Fact):
    """A number on record reaches nobody any more."""

    person_id: int
    household_id: int
    path: str


@dataclass(frozen=True)
class PeopleErased(Fact):
    """The records of these people hold nothing personal any more."""

    person_ids: tuple[int, ...]


@dataclass(frozen=True)
class HouseholdsErased(Fact):
    """The same of whole households: rooms above forget what they wrote about them."""

    household_ids: tuple[int, ...]


@dataclass(frozen=True)
class TransferProposed(Fact):
    """A household is to be taken over by the community at `to_path`; somebody there is to decide."""

    transfer_id: str
    to_path: str


@dataclass(frozen=True)
class TransferSettled(Fact):
    """Accepted, refused, taken back or lapsed: there is nothing left to decide."""

    transfer_id: str
    state: str


@dataclass(frozen=True)
class CorrectionAsked(Fact):
    """Somebody said that a record at `path` is wrong; somebody who may change it is to decide."""

    correction_id: str
    path: str


@dataclass(frozen=True)
class CorrectionSettled(Fact):
    """Approved, refused or lapsed."""

    correction_id: str
    state: str


@dataclass(frozen=True)
class ErasureDue(Fact):
    """Below the register at `path` are records whose time is over; somebody is to erase them."""

    path: str
