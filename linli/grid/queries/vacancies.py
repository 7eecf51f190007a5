"""Posts that nobody holds: places of a kind, times the kinds of post there, less the valid appointments."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value

from linli.core import clock
from linli.core.actors import Actor
from linli.core.paths import within
from linli.grid.models import Place
from linli.grid.profile import line, place_kinds, post_kinds
from linli.grid.queries.places import get_place
from linli.grid.queries.posts import names_above
from linli.grid.queries.seats import Holder, find_holder, held_at, holders_on_the_way_up
from linli.grid.rules import PostKind


@dataclass(frozen=True)
class PostCount:
    """Of a kind of post below a place: at how many places it exists, and at how many of them nobody holds it."""

    kind: PostKind
    posts: int
    vacant: int


@dataclass(frozen=True)
class Vacancy:
    """A post without a holder now. `part_held_by` answers for its place meanwhile (posts of the line only)."""

    kind: PostKind
    place_id: int
    code: str
    name: str
    path: str
    above: list[str]
    part_held_by: Holder | None


class Vacancies:
    """The vacancies below a place as a sequence that a paginator can cut: posts of the line first, then in the order of
    the profile, each in the order of the tree. Counting takes two queries, a page three more, whatever the size."""

    def __init__(self, place: Place, kind: str = ""):
        self.place = place
        self.counts = list_post_counts(place.path)
        self._shown = [one for one in self.counts if one.vacant and kind in ("", one.kind.code)]

    def __len__(self) -> int:
        return sum(one.vacant for one in self._shown)

    count = __len__

    def __getitem__(self, part: slice) -> list[Vacancy]:
        start, stop, _step = part.indices(len(self))
        kinds, skipped = self._window(start, stop)
        if not kinds:
            return []
        rows = list(_union(kinds, self.place.path)[start - skipped : stop - skipped])
        above = names_above([row["path"] for row in rows], below=self.place.path)
        holders = holders_on_the_way_up(row["path"] for row in rows)
        return [_vacancy(row, above, holders) for row in rows]

    def __iter__(self) -> Iterator[Vacancy]:
        return iter(self[0 : len(self)])

    def _window(self, start: int, stop: int) -> tuple[list[PostKind], int]:
        """The kinds of post that a slice touches, and how many vacancies stand before the first of them."""
        kinds: list[PostKind] = []
        seen, skipped = 0, 0
        for one in self._shown:
            if seen < stop and seen + one.vacant > start:
                skipped = skipped if kinds else seen
                kinds.append(one.kind)
            seen += one.vacant
        return kinds, skipped


def _vacancy(row: dict[str, Any], above: dict[str, list[str]], holders: dict[str, list[Holder]]) -> Vacancy:
    kind = post_kinds()[row["post"]]
    path = row["path"]
    part = find_holder(path, holders, above=True) if kind.line else None
    return Vacancy(kind, row["pk"], row["code"], row["name"], path, above[path], part)


def list_vacancies(*, actor: Actor, code: str, kind: str = "") -> Vacancies:
    """The vacancies at a place and below it, of all kinds of post or of one. Raises Missing where posts aren't seen."""
    return Vacancies(get_place(actor=actor, code=code, permission="posts.see"), kind)


def list_vacancies_after(
    *, actor: Actor, code: str, kind: str = "", after: tuple[str, str] | None, limit: int
) -> list[Vacancy]:
    """Up to `limit + 1` of them behind a (kind of post, path), for programs that walk them all: posts filled meanwhile hide
    no others. One query for each kind of post that the page touches, and one more."""
    place = get_place(actor=actor, code=code, permission="posts.see")
    kinds = [one for one in _ordered() if kind in ("", one.code)]
    codes = [one.code for one in kinds]
    if after is not None:
        kinds = kinds[codes.index(after[0]) :] if after[0] in codes else []
    rows: list[dict[str, Any]] = []
    for one in kinds:
        found = _union([one], place.path)
        if after is not None and one.code == after[0]:
            found = found.filter(path__gt=after[1])
        rows += found[: limit + 1 - len(rows)]
        if len(rows) > limit:
            break
    above = names_above([row["path"] for row in rows], below=place.path)
    holders = holders_on_the_way_up(row["path"] for row in rows)
    return [_vacancy(row, above, holders) for row in rows]


def list_post_counts(path: str) -> list[PostCount]:
    """Posts and vacancies below a path by kind of post, the line from its top down first. Two queries."""
    places = Place.objects.below(path).filter(until_on=None, kind__in=place_kinds())
    totals = dict(places.order_by().values_list("kind").annotate(n=Count("pk")))
    here = Q(place__kind__in=[], pk__in=[])
    for kind in post_kinds().values():
        here |= Q(post_kind=kind.code, place__kind=kind.at)
    rows = held_at(clock.now()).filter(within("place__path", [path]), here, place__until_on=None)
    held = dict(rows.order_by().values_list("post_kind").annotate(n=Count("place", distinct=True)))
    return [
        PostCount(kind, totals[kind.at], totals[kind.at] - held.get(kind.code, 0))
        for kind in _ordered()
        if totals.get(kind.at)
    ]


def count_line_posts(path: str) -> tuple[int, int]:
    """(posts, vacant): posts of the line at a path and below it, and how many of them nobody holds now."""
    counts = [one for one in list_post_counts(path) if one.kind.line]
    return sum(one.posts for one in counts), sum(one.vacant for one in counts)


def _ordered() -> list[PostKind]:
    return [*line(), *(kind for kind in post_kinds().values() if not kind.line)]


def _union(kinds: list[PostKind], path: str) -> QuerySet[Any, Any]:
    """One query for several kinds; only those that the page touches are in it."""
    parts = []
    for rank, kind in enumerate(kinds):
        holders = held_at(clock.now()).filter(place=OuterRef("pk"), post_kind=kind.code)
        parts.append(
            Place.objects.below(path)
            .filter(~Exists(holders), kind=kind.at, until_on=None)
            .annotate(rank=Value(rank, IntegerField()), post=Value(kind.code, CharField()))
            .values("rank", "post", "pk", "code", "name", "path")
        )
    found = parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True)
    return found.order_by("rank", "path")
