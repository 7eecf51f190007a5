"""What a newer edition of the official tables has otherwise: added, renamed, vanished; and which of those are the same
place under another code or another parent. Both sides pass by in the order of codes, so that a country needs little memory.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Protocol

from django.utils.translation import gettext as _

from linli.boundaries.access import REDRAW
from linli.boundaries.rules import ADDED, DIFFERENCES, MOVED, RECODED, RENAMED, VANISHED
from linli.core.actors import Actor
from linli.core.errors import Forbidden, Invalid, Missing
from linli.grid.models import Place
from linli.grid.models.places import part_of

Row = tuple[str, str, str]  # code, name, parent's code


class Batch(Protocol):
    """Rows of one kind, as the importer reads them."""

    @property
    def kind(self) -> str: ...

    @property
    def rows(self) -> Sequence[Row]: ...


@dataclass(frozen=True)
class Difference:
    """One place that an edition has otherwise; `path` is where it stands, or would stand."""

    what: str
    kind: str
    row: Row
    old_code: str = ""
    old_name: str = ""
    path: str = ""

    def plain(self) -> dict[str, str]:
        more = {"old_code": self.old_code, "old_name": self.old_name}
        return {
            "code": self.row[0],
            "name": self.row[1],
            "parent": self.row[2],
            **{key: value for key, value in more.items() if value},
        }


@dataclass(frozen=True)
class Compared:
    """What an edition has otherwise below `under` ('' everywhere): its kinds from the top down, and every difference."""

    kinds: tuple[str, ...]
    differences: tuple[Difference, ...]
    under: str = ""

    def counts(self) -> dict[str, dict[str, int]]:
        found = Counter((one.kind, one.what) for one in self.differences)
        return {kind: {what: found[kind, what] for what in DIFFERENCES} for kind in self.kinds}

    def digest(self) -> str:
        parts = [f"{self.under}|{','.join(self.kinds)}"]
        parts += [f"{one.what}|{one.row}|{one.old_code}|{one.old_name}" for one in self.differences]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def compare_edition(*, actor: Actor, batches: Iterable[Batch], most: int = 50, under: str = "") -> dict[str, Any]:
    """{"counts": kind → difference → n, "differences": kind → difference → the first `most`}."""
    found = find_differences(actor=actor, batches=batches, under=under)
    shown: dict[str, dict[str, list[dict[str, str]]]] = {
        kind: {what: [] for what in DIFFERENCES} for kind in found.kinds
    }
    for one in found.differences:
        if len(shown[one.kind][one.what]) < most:
            shown[one.kind][one.what].append(one.plain())
    return {"counts": found.counts(), "differences": shown}


def find_differences(*, actor: Actor, batches: Iterable[Batch], under: str = "") -> Compared:
    """What an edition has otherwise, of what the actor may redraw, below the place with the code `under` where it holds a
    part of the country only. Kinds that the edition does not hold are not compared. A parent that only its children name
    counts as named."""
    if not actor.may_somewhere(REDRAW):
        raise Forbidden()
    top = _path_of(actor, under)
    found = list[Difference]()
    implied: dict[str, set[str]] = defaultdict(set)
    levels: list[tuple[str, list[Row], list[Row], list[tuple[Row, str]]]] = []
    kinds: list[str] = []
    for kind, some in groupby(batches, key=lambda batch: batch.kind):
        rows: Iterator[Row] = (row for batch in some for row in batch.rows)
        if kinds:
            rows = _noting(rows, implied[kinds[-1]])
        levels.append((kind, *_merge(rows, _standing(kind))))
        kinds.append(kind)
    for kind, new, vanished, renamed in levels:
        recoded, moved, added, gone = _match(new, [row for row in vanished if row[0] not in implied[kind]])
        found += [Difference(ADDED, kind, row) for row in added]
        found += [Difference(RENAMED, kind, row, old_name=old) for row, old in renamed]
        found += [Difference(RECODED, kind, row, old_code=old[0]) for row, old in recoded]
        found += [Difference(MOVED, kind, row, old_code=old[0]) for row, old in moved]
        found += [Difference(VANISHED, kind, row) for row in gone]
    return Compared(tuple(kinds), tuple(_within(_with_paths(found), actor, top)), top)


def _path_of(actor: Actor, code: str) -> str:
    if not code:
        return ""
    place = Place.objects.visible_to(actor).filter(code=code, until_on=None).first()
    if place is None:
        raise Missing()
    return place.path


def _within(found: Iterable[Difference], actor: Actor, top: str) -> Iterator[Difference]:
    """Of those below the top, what stands below a place of the actor's."""
    own = actor.paths(REDRAW)
    for one in found:
        if one.path.startswith(top) and any(one.path.startswith(path) and one.path != path for path in own):
            yield one


def _with_paths(found: Sequence[Difference]) -> Iterator[Difference]:
    """Where each stands, or would stand: an added place below its parent, which may be added itself."""
    wanted = {one.old_code or one.row[0] for one in found if one.what != ADDED}
    wanted |= {one.row[2] for one in found if one.what == ADDED}
    paths: dict[str, str] = {}
    for part in batched(sorted(wanted), 5_000):
        rows = Place.objects.filter(code__in=part, until_on=None)
        paths.update(rows.values_list("code", "path"))
    for one in found:
        code, _name, parent = one.row
        if one.what == ADDED:
            paths[code] = f"{paths.get(parent, '')}{part_of(code, parent)}/"
        yield replace(one, path=paths.get(one.old_code or code, f"{code}/"))


def batched(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _noting(rows: Iterable[Row], parents: set[str]) -> Iterator[Row]:
    for row in rows:
        parents.add(row[2])
        yield row


def _standing(kind: str) -> Iterator[Row]:
    rows = Place.objects.filter(kind=kind, until_on=None).order_by("code")
    for code, name, parent in rows.values_list("code", "name", "parent__code").iterator(chunk_size=10_000):
        yield code, name, parent or ""


def _merge(new: Iterable[Row], old: Iterator[Row]) -> tuple[list[Row], list[Row], list[tuple[Row, str]]]:
    """Added, vanished, renamed, from two streams in the order of codes."""
    added, vanished, renamed = list[Row](), list[Row](), list[tuple[Row, str]]()
    mine = next(old, None)
    for row in _ordered(new):
        while mine is not None and mine[0] < row[0]:
            vanished.append(mine)
            mine = next(old, None)
        if mine is not None and mine[0] == row[0]:
            if mine[1] != row[1]:
                renamed.append((row, mine[1]))
            mine = next(old, None)
        else:
            added.append(row)
    while mine is not None:
        vanished.append(mine)
        mine = next(old, None)
    return added, vanished, renamed


def _ordered(rows: Iterable[Row]) -> Iterator[Row]:
    """The official tables come in the order of codes; what does not is refused by name."""
    before = ""
    for row in rows:
        if row[0] < before:
            text = _("The code %(code)s stands behind a higher one: sort the table by code.")
            raise Invalid(text % {"code": row[0]}, code="wrong-row")
        before = row[0]
        yield row


Pairs = list[tuple[Row, Row]]


def _match(added: list[Row], gone: list[Row]) -> tuple[Pairs, Pairs, list[Row], list[Row]]:
    """Same name and parent: recoded. Same name, another parent with the same beginning (the district): moved, where there is
    one on each side only."""
    recoded, added, gone = _pair(added, gone, lambda row: (row[2], row[1]))
    moved, added, gone = _pair(added, gone, lambda row: (row[2][:6], row[1]))
    return recoded, moved, added, gone


def _pair(added: list[Row], gone: list[Row], key: Any) -> tuple[Pairs, list[Row], list[Row]]:
    many = Counter(map(key, added)), Counter(map(key, gone))
    olds = {key(row): row for row in gone}
    pairs = [(row, olds[key(row)]) for row in added if many[0][key(row)] == 1 == many[1][key(row)]]
    new, old = {row[0] for row, _old in pairs}, {row[0] for _row, row in pairs}
    return pairs, [row for row in added if row[0] not in new], [row for row in gone if row[0] not in old]
