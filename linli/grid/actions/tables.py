"""The official tables of places, brought in at one go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden
from linli.core.locks import lock
from linli.core.paths import ancestors, within
from linli.grid.actions.headcounts import fold_headcounts
from linli.grid.actions.places import record_added, take_new_names
from linli.grid.models import HeadcountChange, Place
from linli.grid.profile import kind_name, line_place_kinds, place_kinds
from linli.grid.queries.headcounts import last_change, line_unit
from linli.grid.rules import committee_of

VANISHED_SHOWN = 20
Values = tuple[str | int | datetime | None, ...]
COLUMNS = "code, name, kind, committee, parent_id, path, sort"


@dataclass(frozen=True)
class PlaceBatch:
    """Rows of one kind (code, name, parent's code), their parents in a batch before or in the tree already."""

    kind: str
    rows: Sequence[tuple[str, str, str]]


@dataclass
class PlacesImported:
    """What an import of tables did: numbers, and the first codes of places that the tables no longer have."""

    added: int = 0
    renamed: int = 0
    unchanged: int = 0
    vanished: int = 0
    vanished_codes: list[str] = field(default_factory=list)


def import_places(*, actor: Actor, batches: Iterable[PlaceBatch], reason: str = "") -> PlacesImported:
    """Bring whole tables of places in, from the top down. All or nothing; what stands already is not written again; a
    changed name is taken over and the old one kept; a place that is gone is reported, never closed."""
    if not actor.may("places.edit", ""):
        raise Forbidden()
    with transaction.atomic():
        lock("places")
        done = _Import(clock.today())
        for kind, found in groupby(batches, key=lambda batch: batch.kind):
            done.take_level(kind, found)
        done.find_vanished()
        if done.report.added or done.report.renamed:
            _count_added(actor, done)
            audit.record(actor, "import_places", ("grid.place", "tables"), fields=["code", "name"], reason=reason)
    return done.report


class _Known(NamedTuple):
    """A place as it stands in the table."""

    id: int
    code: str
    name: str
    kind: str


class _Import:
    """The running import: the level above by code, what was added where, what was seen."""

    def __init__(self, day: date):
        self.day = day
        self.report = PlacesImported()
        self.above: dict[str, tuple[int, str]] = {}  # code → id and path of the level above
        self.ids: dict[str, int] = {}  # path → id of every level but the last
        self.added_below: dict[str, Counter[str]] = {}  # kind → parent's path → number
        self.before = Place.objects.exists()
        self.seen: set[str] = set()
        self.kinds: list[str] = []

    def take_level(self, kind: str, batches: Iterable[PlaceBatch]) -> None:
        self.kinds.append(kind)
        for batch in batches:
            self._take(batch)
        if place_kinds()[kind].register:
            return  # nothing of the tables stands below: its places need not be looked up again
        rows = Place.objects.filter(kind=kind).values_list("code", "id", "path")
        self.above = {code: (key, path) for code, key, path in rows.iterator(chunk_size=10_000)}
        self.ids |= {path: key for key, path in self.above.values()}

    def _take(self, batch: PlaceBatch) -> None:
        known = _known([row[0] for row in batch.rows]) if self.before else {}
        if self.before:
            self.seen.update(row[0] for row in batch.rows)
        new = [row for row in batch.rows if row[0] not in known] if known else batch.rows
        self._insert(batch.kind, new)
        changed = [(known[code], name) for code, name, _parent in batch.rows if code in known] if known else []
        self._check_kinds(batch.kind, changed)
        changed = [(place, name) for place, name in changed if place.name != name]
        take_new_names([(place.id, name) for place, name in changed], self.day)
        self.report.added += len(new)
        self.report.renamed += len(changed)
        self.report.unchanged += len(batch.rows) - len(new) - len(changed)

    def _check_kinds(self, kind: str, found: Sequence[tuple[_Known, str]]) -> None:
        for place, _name in found:
            if place.kind != kind:
                names = {"code": place.code, "is": kind_name(place.kind), "wanted": kind_name(kind)}
                text = _("The code %(code)s already belongs to a place of another kind (%(is)s, not %(wanted)s).")
                raise Conflict(text % names, code="other-kind")

    def _insert(self, kind: str, rows: Sequence[tuple[str, str, str]]) -> None:
        register = place_kinds()[kind].register
        below = self.added_below.setdefault(kind, Counter())
        made: list[Values] = []
        for code, name, parent in rows:
            if parent:
                parent_id, parent_path = self.above[parent]
                path = f"{parent_path}{code[len(parent) :]}/"  # as path_of makes it
                below[parent_path] += 1
            else:
                parent_id, path = None, f"{code}/"
                below[""] += 1
            # The tables' own order is that of the codes.
            made.append((code, name, kind, committee_of(name) if register else "", parent_id, path, code))
        insert_rows("grid_place", COLUMNS, made)

    def find_vanished(self) -> None:
        """Places of the imported kinds, below the tables' own top places, that the tables don't hold."""
        if not self.before:
            return
        tops = [code for code in Place.objects.filter(parent=None).values_list("code", flat=True) if code in self.seen]
        rows = Place.objects.filter(
            within("path", [f"{code}/" for code in tops]), kind__in=self.kinds, until_on=None
        ).order_by("path")
        for code in rows.values_list("code", flat=True).iterator(chunk_size=10_000):
            if code not in self.seen:
                self.report.vanished += 1
                if len(self.report.vanished_codes) < VANISHED_SHOWN:
                    self.report.vanished_codes.append(code)


def _known(codes: Sequence[str]) -> dict[str, _Known]:
    """Those of the codes that stand already: one range where they come in order, as the tables do."""
    columns = ("id", "code", "name", "kind")
    if all(map(str.isdigit, codes)) and len({len(code) for code in codes}) == 1:
        wanted = set(codes)
        rows = Place.objects.filter(code__gte=min(codes), code__lte=max(codes)).values_list(*columns)
        return {row[1]: _Known(*row) for row in rows.iterator(chunk_size=10_000) if row[1] in wanted}
    found = {}
    for start in range(0, len(codes), 10_000):
        rows = Place.objects.filter(code__in=codes[start : start + 10_000]).values_list(*columns)
        found.update({row[1]: _Known(*row) for row in rows})
    return found


def _count_added(actor: Actor, done: _Import) -> None:
    """Count the places of the line. The first tables of a country would be 90,000 rows of changes and counts: they are
    written as what folding would make of them, in two statements a kind."""
    kinds = [kind for kind in line_place_kinds() if done.added_below.get(kind)]
    units = [line_unit(kind) for kind in kinds]
    lock("headcounts")
    if HeadcountChange.objects.filter(unit__in=units).exists():
        record_added(actor, done.added_below)
        fold_headcounts(actor=actor)
        return
    at = connection.ops.adapt_datetimefield_value(clock.now())
    for kind, unit in zip(kinds, units, strict=True):
        added = {path: n for path, n in done.added_below[kind].items() if path}
        changes: list[Values] = [(unit, "", path, n, at) for path, n in sorted(added.items())]
        insert_rows("grid_headcountchange", "unit, from_path, to_path, n, at", changes)
        upto = last_change()
        HeadcountChange.objects.filter(unit=unit).update(folded_into=upto)
        sums: Counter[str] = Counter()
        for path, n in added.items():
            for above in ancestors(path):
                sums[above] += n
        counts: list[Values] = [(done.ids[path], unit, upto, n, 0) for path, n in sorted(sums.items())]
        insert_rows("grid_headcount", 'place_id, unit, upto, joined, "left"', counts)


def insert_rows(table: str, columns: str, rows: Sequence[Values]) -> None:
    """As near to the bare driver as it goes: COPY on PostgreSQL, one prepared statement on SQLite."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608
