"""Paths of the place tree as database ranges. A path ends in '/', so that a subtree is `p <= path < end(p)`: an index
range, where LIKE is not (665,276 places: 1 ms against 70 ms)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Q

LAST = "\U0010ffff"  # behind every text


def end(path: str) -> str:
    """The first text behind every path that begins with `path`."""
    return path[:-1] + "0" if path else "~"  # '0' follows '/', '~' follows every character used


def within(field: str, paths: Iterable[str]) -> Q:
    """Rows whose `field` lies in one of the subtrees. No path: no row."""
    found = None
    for path in paths:
        if not path:
            return ~Q(pk__in=[])  # every row; an empty Q() would vanish when joined to another by "or"
        part = Q(**{f"{field}__gte": path, f"{field}__lt": end(path)})
        # Nothing but ranges may stand in the "or": beside them a condition on the row itself makes outer joins of the way
        # to `field`, and a database then reads every row instead of beginning at the range.
        found = part if found is None else found | part
    return Q(pk__in=[]) if found is None else found


def begins(field: str, text: str) -> Q:
    """Rows whose `field` begins with `text`, as an index finds them: SQLite's LIKE uses none, PostgreSQL's does where the
    index is made for it, and its ranges follow a language's order."""
    if connection.vendor == "postgresql":
        return Q(**{f"{field}__startswith": text})
    return Q(**{f"{field}__gte": text, f"{field}__lt": text + LAST})


def ancestors(path: str) -> list[str]:
    """`path` and every path above it, outermost first: 'a/b/' gives ['a/', 'a/b/']."""
    found, at = [], path.find("/") + 1
    while at:
        found.append(path[:at])
        at = path.find("/", at) + 1
    return found


def add_up(by_path: Mapping[str, int]) -> dict[str, int]:
    """For each path and every path above it, the sum of what lies at or below it. Zeros are left out."""
    sums: dict[str, int] = {}
    level: Mapping[str, int] = by_path
    while level:
        above: dict[str, int] = {}
        for path, n in level.items():
            sums[path] = sums.get(path, 0) + n
            cut = path.rfind("/", 0, -1) + 1
            if cut:
                parent = path[:cut]
                above[parent] = above.get(parent, 0) + n
        level = above
    return {path: n for path, n in sums.items() if n}


def narrow(own: Sequence[str], path: str) -> list[str]:
    """What of the subtree `path` lies in one's own paths."""
    if any(path.startswith(one) for one in own):
        return [path]
    return [one for one in own if one.startswith(path)]


class PathField(models.CharField):
    """Compared byte by byte on every database; a language's collation would break the ranges."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        found = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            found["collation"] = "C"
        return found


def common(paths: Iterable[str]) -> str:
    """The lowest path that holds them all; '' where only the top does, or there is none."""
    wanted = sorted(set(paths))
    if not wanted:
        return ""
    first, last = wanted[0].split("/"), wanted[-1].split("/")
    shared = 0
    while shared < min(len(first), len(last)) - 1 and first[shared] == last[shared]:
        shared += 1
    return "/".join(first[:shared]) + "/" if shared else ""


def hull(paths: Iterable[str], *, most: int = 50) -> list[str]:
    """`paths`, or the one path that holds them all where they are more than `most`: a query with hundreds of ranges is
    slower than one with a wide range, and SQLite refuses it. The caller picks from the rows what it asked for."""
    wanted = sorted(set(paths))
    if len(wanted) <= most:
        return wanted
    return [common(wanted)]
