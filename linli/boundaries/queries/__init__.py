"""Every read that leaves the room."""

from linli.boundaries.queries.plans import Planned, check_version, plan_redrawing
from linli.boundaries.queries.redrawings import (
    LaterAct,
    count_changes,
    find_later_act,
    find_opposite,
    find_successor,
    get_redrawing,
    list_parts,
    list_redrawings,
)

__all__ = [
    "LaterAct",
    "Planned",
    "check_version",
    "count_changes",
    "find_later_act",
    "find_opposite",
    "find_successor",
    "get_redrawing",
    "list_parts",
    "list_redrawings",
    "plan_redrawing",
]
