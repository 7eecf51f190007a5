"""The picture of a notice as a map shows it: the same figures as the list, place by place."""

from dataclasses import dataclass

from linli.alerts.queries.picture import Sight
from linli.grid.models import Place
from linli.grid.rules import shade


@dataclass(frozen=True)
class MapRow:
    """A place on the map and in the list beside it: how much of it is done, and what is missing."""

    place: Place
    done: int
    whole: int

    @property
    def missing(self) -> int:
        return max(0, self.whole - self.done)

    @property
    def shade(self) -> str:
        return shade(self.done, self.whole)


def list_map_rows(*, sight: Sight) -> list[MapRow]:
    """The places below, gaps first; at a lowest place itself."""
    nodes = sight.below or ((sight.node,) if sight.node else ())
    return [MapRow(one.place, one.households.answered, one.households.members) for one in nodes]
