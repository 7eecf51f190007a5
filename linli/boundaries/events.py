"""Facts of boundaries for whoever keeps something of a place."""

from dataclasses import dataclass, field

from linli.core.events import Fact


@dataclass(frozen=True)
class PlacesRedrawn(Fact):
    """Places were merged, split, moved or renamed. `places`: one that ended → the one that follows it."""

    redrawing_id: int
    places: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RedrawingUndone(Fact):
    """A redrawing was undone: everything stands as before."""

    redrawing_id: int
