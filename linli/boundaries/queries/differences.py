"""Editions that were brought in: the list, the numbers of one, its differences with what would happen and what stands
there; and the places that the tables no longer have though something stands in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from linli.boundaries.access import REDRAW
from linli.boundaries.models import Edition, EditionChoice, EditionDifference
from linli.boundaries.queries.standings import Stands, read_standings
from linli.boundaries.rules import ADDED, CHOOSABLE, CHOSEN, DIFFERENCES, LEFT, STATES, VANISHED
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import within
from linli.grid.models import Place

NOTHING = Stands()


@dataclass(frozen=True)
class Wanted:
    """Which differences: all, or some by difference, kind of place, state, a place above, a piece of a name or code, or
    each by itself."""

    what: str = ""
    kind: str = ""
    state: str = ""
    under: str = ""
    words: str = ""
    keys: tuple[int, ...] = ()


def list_editions(*, actor: Actor) -> QuerySet[Edition]:
    """The latest first."""
    if not actor.may_somewhere("places.see"):
        raise Missing()
    return Edition.objects.visible_to(actor).select_related("compared_by").order_by("-compared_at", "-id")


def get_edition(*, actor: Actor, edition_id: int) -> Edition:
    found = list_editions(actor=actor).filter(pk=edition_id).first()
    if found is None:
        raise Missing()
    return found


def count_states(*, actor: Actor, editions: Iterable[Edition]) -> dict[int, dict[str, int]]:
    """Edition → state → number of its differences in the actor's places. One query."""
    rows = EditionDifference.objects.visible_to(actor).filter(edition__in=list(editions)).order_by()
    found: dict[int, dict[str, int]] = {}
    for edition, state, n in rows.values_list("edition_id", "state").annotate(n=Count("pk")):
        found.setdefault(edition, dict.fromkeys(STATES, 0))[state] = n
    return found


def count_settled(*, choice: EditionChoice) -> dict[str, int]:
    """State → how many of what was chosen. The caller made the choice."""
    rows = choice.differences.order_by().values_list("state").annotate(n=Count("pk"))
    return {**dict.fromkeys(STATES, 0), **dict(rows)}


@dataclass(frozen=True)
class Numbers:
    """Of one kind of place: difference → (all, of them to be decided)."""

    kind: str
    counts: Mapping[str, tuple[int, int]]


def count_differences(*, actor: Actor, edition: Edition) -> list[Numbers]:
    """By kind of place and difference, in the actor's places, from the top down. One query."""
    rows = EditionDifference.objects.visible_to(actor).filter(edition=edition).order_by()
    left = Count("pk", filter=Q(state__in=[*CHOOSABLE, CHOSEN]))
    counted = rows.values_list("kind", "what").annotate(n=Count("pk"), left=left)
    found = {(kind, what): (n, open_) for kind, what, n, open_ in counted}
    return [Numbers(kind, {what: found.get((kind, what), (0, 0)) for what in DIFFERENCES}) for kind in edition.kinds]


def list_differences(*, actor: Actor, edition: Edition, wanted: Wanted) -> QuerySet[EditionDifference]:
    """From the top down, in the order of the tree."""
    rows = EditionDifference.objects.visible_to(actor).filter(edition=edition)
    for name in ("what", "kind", "state"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.keys:
        rows = rows.filter(pk__in=wanted.keys)
    if wanted.under:
        top = Place.objects.visible_to(actor).filter(code=wanted.under).values_list("path", flat=True).first()
        rows = rows.filter(within("path", [top] if top else []))
    if words := wanted.words.strip():
        named = Q(name__icontains=words) | Q(old_name__icontains=words)
        rows = rows.filter(named | Q(code__startswith=words) | Q(old_code__startswith=words))
    return rows.select_related("redrawing", "choice__by").order_by("depth", "path", "id")


def list_choosable(*, actor: Actor, edition: Edition, wanted: Wanted) -> QuerySet[EditionDifference]:
    """Of those, what the actor may take over and is not settled."""
    rows = list_differences(actor=actor, edition=edition, wanted=wanted)
    mine = EditionDifference.objects.takeable_by(actor, REDRAW)
    return rows.filter(state__in=CHOOSABLE, pk__in=mine.values("pk"))


@dataclass(frozen=True)
class Look:
    """A difference, what stands there now, and its parent's name where it has one."""

    row: EditionDifference
    stands: Stands
    parent: str
    place: Place | None

    @property
    def ends(self) -> bool:
        return self.row.what == VANISHED and self.stands.empty

    @property
    def is_settled(self) -> bool:
        return self.row.state not in (*CHOOSABLE, CHOSEN)


def look_at(*, rows: Sequence[EditionDifference]) -> list[Look]:
    """A page of differences with what stands there. The same few queries for any number. The caller read the rows for their
    actor."""
    standing = read_standings(paths=[one.path for one in rows if one.what != ADDED])
    codes = {one.old_code or one.code for one in rows} | {one.parent for one in rows} | {one.code for one in rows}
    places = {one.code: one for one in Place.objects.filter(code__in=codes, until_on=None)}
    return [
        Look(
            one,
            standing.get(one.path, NOTHING),
            places[one.parent].name if one.parent in places else "",
            places.get(one.code) or places.get(one.old_code),
        )
        for one in rows
    ]


@dataclass(frozen=True)
class Orphan:
    """A place that an edition no longer has, and that stands because something is in it."""

    place: Place
    stands: Stands
    edition: Edition


def list_orphans(*, actor: Actor, most: int) -> list[Orphan]:
    """Those in the actor's places, each once."""
    rows = EditionDifference.objects.visible_to(actor).filter(state=LEFT, what=VANISHED).select_related("edition")
    found = {one.path: one for one in rows.order_by("path", "edition_id")}
    places = list(Place.objects.filter(path__in=found, until_on=None).order_by("path")[:most])
    standing = read_standings(paths=[one.path for one in places])
    return [Orphan(one, standing[one.path], found[one.path].edition) for one in places]


def get_orphan(*, actor: Actor, code: str) -> Orphan:
    place = Place.objects.visible_to(actor).filter(code=code, until_on=None).first()
    rows = (
        EditionDifference.objects.filter(path=place.path, what=VANISHED) if place else EditionDifference.objects.none()
    )
    found = rows.select_related("edition").order_by("-edition_id").first()
    if place is None or found is None:
        raise Missing()
    return Orphan(place, read_standings(paths=[place.path])[place.path], found.edition)
