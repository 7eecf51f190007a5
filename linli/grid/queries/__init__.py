"""Every read that leaves the room. Takes the actor, is always scoped."""

from linli.grid.queries.accounts import actor_for
from linli.grid.queries.headcounts import Reading, count_line_places, last_change, line_unit, list_moves, read_headcounts
from linli.grid.queries.places import get_place, get_place_by_id, list_children, list_places
from linli.grid.queries.posts import Holder, find_holder, list_holders

__all__ = [
    "Holder",
    "Reading",
    "actor_for",
    "count_line_places",
    "find_holder",
    "get_place",
    "get_place_by_id",
    "last_change",
    "line_unit",
    "list_children",
    "list_holders",
    "list_moves",
    "list_places",
    "read_headcounts",
]
