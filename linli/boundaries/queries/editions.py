"""What a newer edition of the official tables has otherwise: added, renamed, vanished; and which of those are the same
place under another code or another parent. Both sides pass by in the order of codes, so that a country needs little memory.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Protocol

from django.utils.translation import gettext as _

from linli.boundaries.access import REDRAW
from linli.boundaries.rules import ADDED, DIFFERENCES, MOVED, RECODED, RENAMED, VANISHED
from linli.core.actors import Actor
from linli.core.errors import Forbidden, Invalid
from linli.grid.models import Place

Row = tuple[str, str, str]  # code, name, parent's code


class Batch(Protocol):
    """Rows of one kind, as the importer reads them."""

    @property
    def kind(self) -> str: ...

    @property
    def rows(self) -> Sequence[Row]: ...


def compare_edition(*, actor: Actor, batches: Iterable[Batch], most: int = 50) -> dict[str, Any]:
    """{"counts": kind → difference → n, "differences": kind → difference → the first `most`}. Kinds that the edition does
    not hold are not compared. A parent that only its children name counts as named."""
    if not actor.may(REDRAW, ""):
        raise Forbidden()
    counts: dict[str, dict[str, int]] = {}
    shown: dict[str, dict[str, list[dict[str, str]]]] = {}
    implied: dict[str, set[str]] = defaultdict(set)
    levels: list[tuple[str, list[Row], list[Row], list[tuple[Row, str]]]] = []
    seen_kinds: list[str] = []
    for kind, found in groupby(batches, key=lambda batch: batch.kind):
        rows: Iterator[Row] = (row for batch in found for row in batch.rows)
        if seen_kinds:
            rows = _noting(rows, implied[seen_kinds[-1]])
        levels.append((kind, *_merge(rows, _standing(kind))))
        seen_kinds.append(kind)
    for kind, new, vanished, renamed in levels:
        recoded, moved, added, gone = _match(new, [row for row in vanished if row[0] not in implied[kind]])
        parts: dict[str, list[dict[str, str]]] = {
            ADDED: [_entry(row) for row in added],
            RENAMED: [_entry(row, old_name=old) for row, old in renamed],
            RECODED: [_entry(row, old_code=old[0]) for row, old in recoded],
            MOVED: [_entry(row, old_code=old[0]) for row, old in moved],
            VANISHED: [_entry(row) for row in gone],
        }
        counts[kind] = {what: len(parts[what]) for what in DIFFERENCES}
        shown[kind] = {what: parts[what][:most] for what in DIFFERENCES}
    return {"counts": counts, "differences": shown}


def _noting(rows: Iterable[Row], parents: set[str]) -> Iterator[Row]:
    for row in rows:
        parents.add(row[2])
        yield row


def _entry(row: Row, **more: str) -> dict[str, str]:
    return {"code": row[0], "name": row[1], "parent": row[2], **more}


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
