"""Every read that leaves the room."""

from linli.boundaries.queries.choices import list_comparable, list_items, list_mergeable, list_parents_for
from linli.boundaries.queries.days import OnDay, find_doors_on, find_place_on, plain_day
from linli.boundaries.queries.differences import (
    Look,
    Orphan,
    Wanted,
    count_differences,
    count_settled,
    count_states,
    get_edition,
    get_orphan,
    list_choosable,
    list_differences,
    list_editions,
    look_at,
)
from linli.boundaries.queries.editions import compare_edition
from linli.boundaries.queries.plans import (
    Planned,
    check_version,
    describe,
    get_seen,
    get_standing,
    invalid,
    is_lowest,
    plan_redrawing,
)
from linli.boundaries.queries.previews import Preview, preview_redrawing
from linli.boundaries.queries.problems import list_problems
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
    "Look",
    "OnDay",
    "Orphan",
    "Planned",
    "Preview",
    "Wanted",
    "check_version",
    "compare_edition",
    "count_changes",
    "count_differences",
    "count_settled",
    "count_states",
    "describe",
    "find_doors_on",
    "find_later_act",
    "find_opposite",
    "find_place_on",
    "find_successor",
    "get_edition",
    "get_orphan",
    "get_redrawing",
    "get_seen",
    "get_standing",
    "invalid",
    "is_lowest",
    "list_choosable",
    "list_comparable",
    "list_differences",
    "list_editions",
    "list_items",
    "list_mergeable",
    "list_parents_for",
    "list_parts",
    "list_problems",
    "list_redrawings",
    "look_at",
    "plain_day",
    "plan_redrawing",
    "preview_redrawing",
]
