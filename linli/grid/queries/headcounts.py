"""Readings of headcounts: the same few queries for a cell and for a country."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q, Subquery, Sum

from linli.core.actors import outermost
from linli.core.paths import add_up, ancestors, hull, within
from linli.core.sets import among
from linli.grid.models import Headcount, HeadcountChange, Place
from linli.grid.profile import line_place_kinds


@dataclass(frozen=True)
class Reading:
    """Cumulative numbers below a place up to a change. `redrawn`: how many more (or fewer) stand below it because places
    were redrawn, who neither came nor went."""

    joined: int = 0
    left: int = 0
    redrawn: int = 0

    @property
    def count(self) -> int:
        return self.joined - self.left + self.redrawn

    def __add__(self, other: "Reading") -> "Reading":
        return Reading(self.joined + other.joined, self.left + other.left, self.redrawn + other.redrawn)


def steps_of(from_path: str, to_path: str, n: int, *, redrawn: bool) -> Iterator[tuple[str, Reading]]:
    """Path → what a change adds to its reading, for every place that only one of the two ends stands in."""
    was, is_now = set(ancestors(from_path)), set(ancestors(to_path))
    for path in is_now - was:
        yield path, Reading(redrawn=n) if redrawn else Reading(joined=n)
    for path in was - is_now:
        yield path, Reading(redrawn=-n) if redrawn else Reading(left=n)


def last_change() -> int:
    """The mark of this moment: the id of the last change. Inside a transaction under lock 'headcounts' it is exact."""
    return HeadcountChange.objects.aggregate(last=Max("id"))["last"] or 0


def read_headcounts(*, places: Iterable[tuple[int, str]], unit: str, upto: int | None = None) -> dict[int, Reading]:
    """Place id → reading, for pairs of id and path; `upto` a mark, or None for now. Two queries."""
    wanted = dict(places)
    found = dict.fromkeys(wanted, Reading()) | _folded(list(wanted), unit, upto)
    by_path = {path: key for key, path in wanted.items()}
    for from_path, to_path, n, redrawn in _unfolded(list(wanted.values()), unit, upto):
        for path, step in steps_of(from_path, to_path, n, redrawn=redrawn):
            if path in by_path:
                found[by_path[path]] += step
    return found


def _folded(place_ids: list[int], unit: str, upto: int | None) -> dict[int, Reading]:
    rows = Headcount.objects.filter(place_id=OuterRef("pk"), unit=unit).order_by("-upto")
    if upto is not None:
        rows = rows.filter(upto__lte=upto)
    keys = Place.objects.filter(pk__in=place_ids).annotate(row=Subquery(rows.values("id")[:1])).values("row")
    found = Headcount.objects.filter(id__in=keys).values_list("place_id", "joined", "left", "redrawn")
    return {place: Reading(*row) for place, *row in found}


def _unfolded(paths: list[str], unit: str, upto: int | None) -> list[tuple[str, str, int, bool]]:
    """Changes up to the mark that no fold up to the mark holds, summed over equal ends."""
    rows = HeadcountChange.objects.filter(unit=unit)
    pending = Q(folded_into=None)
    if upto is not None:
        rows = rows.filter(id__lte=upto)
        pending |= Q(folded_into__gt=upto)
    near = hull(outermost(paths), most=16)
    rows = rows.filter(pending).filter(within("from_path", near) | within("to_path", near))
    found = rows.values("from_path", "to_path", "redrawn").annotate(total=Sum("n"))
    return [(row["from_path"], row["to_path"], row["total"], row["redrawn"]) for row in found]


def may_hold(unit: str) -> Q:
    """Places at or below which a member was ever counted: all those with members now, and few others. Where a country's
    register has only begun, that is a small part of its places. One query now, and a part of the caller's."""
    waiting = HeadcountChange.objects.filter(unit=unit, folded_into=None).exclude(to_path="")
    paths = waiting.values_list("to_path", flat=True).distinct()
    read = Exists(Headcount.objects.filter(place=OuterRef("pk"), unit=unit))
    return Q(read) | among("path", add_up(dict.fromkeys(paths, 1)))


def list_moves(*, since: int, unit: str, upto: int | None = None) -> list[HeadcountChange]:
    """Changes after a mark that name their member, in order: who moved, from where to where."""
    rows = HeadcountChange.objects.filter(unit=unit, id__gt=since, member__isnull=False).order_by("id")
    return list(rows if upto is None else rows.filter(id__lte=upto))


def line_unit(kind: str) -> str:
    """The unit under which places of a line kind are counted: one post each."""
    return f"post:{kind}"


def count_line_places(*, places: Iterable[tuple[int, str]], upto: int | None = None) -> dict[int, int]:
    """Place id → how many places of the line's kinds stand at and below it. A place counts itself by rule: the changes of
    a post unit carry the parent's path, so that a country's import need not write a row for each of its places."""
    wanted = dict(places)
    kinds = line_place_kinds()
    # The kind is looked at here: as a condition beside a short list of ids it tempts SQLite to read every place of a country.
    standing = Place.objects.standing_at(upto).filter(pk__in=wanted).values_list("pk", "kind")
    own = {key for key, kind in standing if kind in kinds}
    sums = {key: int(key in own) for key in wanted}
    for kind in kinds:
        for key, reading in read_headcounts(places=wanted.items(), unit=line_unit(kind), upto=upto).items():
            sums[key] += reading.count
    return sums
