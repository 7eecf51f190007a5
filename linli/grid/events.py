"""What happened in the grid, for the rooms above. Set-based: one event for a batch."""

from dataclasses import dataclass

from linli.core.events import Fact


@dataclass(frozen=True)
class AppointmentsMade(Fact):
    """Posts were given to their holders."""

    appointment_ids: list[int]


@dataclass(frozen=True)
class AppointmentsEnded(Fact):
    """Holders left their posts."""

    appointment_ids: list[int]


@dataclass(frozen=True)
class DeputiesNamed(Fact):
    """Holders will be away, and somebody stands in for them."""

    absence_ids: list[int]


@dataclass(frozen=True)
class AbsenceEnded(Fact):
    """Somebody is back earlier, or does not go away after all: who was to stand in does not. `by_deputy`: it was they who
    laid it down."""

    absence_id: int
    by_deputy: bool
