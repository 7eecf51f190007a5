"""The live picture: coverage by place, gaps first, down the tree; the curve and the timeline; the preview before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from linli.alerts.models import Alert, AlertFact
from linli.core import clock
from linli.core.actors import Actor, outermost
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.grid.models import Place
from linli.grid.profile import line_place_kinds
from linli.grid.queries import Holder, find_holder, get_place, holders_on_the_way_up, list_children, list_holders
from linli.residents.queries import Door as Address
from linli.residents.queries import MeansCount, count_means, describe_households, list_without_means
from linli.rounds.queries import count_by_how, count_moments, list_answered, narrow, read_coverage, roots_of
from linli.rounds.rules import Coverage, total

MOST_NAMED = 50


@dataclass(frozen=True)
class Node:
    """One place of the picture. `closed`: its own post has confirmed and so has everything below it."""

    place: Place
    households: Coverage
    posts: Coverage
    holder: Holder | None
    confirmed_at: datetime | None
    owes: bool

    @property
    def vacant(self) -> bool:
        return self.owes and (self.holder is None or self.holder.holds_for(self.place.pk))

    @property
    def closed(self) -> bool:
        return self.households.complete and self.posts.complete


def starting_places(*, actor: Actor, alert: Alert) -> list[Place]:
    """Where the actor's picture of an alert begins: the alert's places, or the actor's own where they lie inside."""
    if alert.households is None:
        roots = [one.path for one in alert.places.all()]
    else:
        roots = [path for _id, path in roots_of(alert.households)]
    paths = outermost(part for root in roots for part in narrow(actor.paths("alerts.see"), root))
    return list(Place.objects.filter(path__in=paths).order_by("path"))


def picture(*, actor: Actor, alert: Alert, place: Place) -> tuple[Node, list[Node]]:
    """A place and those right below it, gaps first. A constant number of queries."""
    assert alert.households is not None  # noqa: S101 (drafts have no picture)
    mark = alert.households.close_mark  # a notice that has ended is shown on the grid that it ended on
    children = list_children(actor=actor, place=place, permission="alerts.see", mark=mark)
    roots = [root for _id, root in roots_of(alert.households)]
    inside = [one for one in children if any(one.path.startswith(root) or root.startswith(one.path) for root in roots)]
    node, *below = _nodes(alert, [place, *inside])
    return node, _gaps_first(below)


def _nodes(alert: Alert, places: Sequence[Place]) -> list[Node]:
    assert alert.households is not None and alert.posts is not None  # noqa: S101, PT018
    pairs = [(one.pk, one.path) for one in places]
    households = read_coverage(found=alert.households, places=pairs)
    posts = read_coverage(found=alert.posts, places=pairs)
    holders = holders_on_the_way_up(place.path for place in places)
    answered = list_answered(found=alert.posts, members=[key for key, _path in pairs])
    kinds = line_place_kinds()
    return [
        Node(
            place=one,
            households=households[one.pk],
            posts=posts[one.pk],
            holder=find_holder(one.path, holders),
            confirmed_at=answered[one.pk][0] if one.pk in answered else None,
            owes=one.kind in kinds,
        )
        for one in places
    ]


def _gaps_first(nodes: Sequence[Node]) -> list[Node]:
    return sorted(nodes, key=lambda one: (-one.households.missing, -one.posts.missing))


@dataclass(frozen=True)
class Sight:
    """What an actor sees of an alert: one place (`node`) or, where there are several to begin with, their sum; and the
    places right below, gaps first."""

    node: Node | None
    below: tuple[Node, ...]
    households: Coverage
    posts: Coverage
    starts: tuple[Place, ...]  # where the actor's picture begins

    @property
    def place(self) -> Place | None:
        return self.node.place if self.node else None

    @property
    def here(self) -> int:
        """Households not reached at the place itself, in none of those below."""
        if self.node is None or not self.below:
            return 0
        return max(0, self.households.missing - sum(one.households.missing for one in self.below))


def see(*, actor: Actor, alert: Alert, code: str = "") -> Sight:
    """The picture at a place of the alert, or where the actor's picture begins. Raises Missing where the place is not
    the actor's or the alert doesn't concern it. A constant number of queries."""
    starts = starting_places(actor=actor, alert=alert)
    if alert.households is None or not starts:
        raise Missing()
    if code or len(starts) == 1:
        place = get_place(actor=actor, code=code, permission="alerts.see") if code else starts[0]
        if not any(place.path.startswith(start.path) for start in starts):
            raise Missing()
        node, below = picture(actor=actor, alert=alert, place=place)
        return Sight(node, tuple(below), node.households, node.posts, tuple(starts))
    nodes = _nodes(alert, starts)
    households, posts = total(one.households for one in nodes), total(one.posts for one in nodes)
    return Sight(None, tuple(_gaps_first(nodes)), households, posts, tuple(starts))


def list_way(*, sight: Sight) -> list[Place]:
    """The places from where the picture begins down to the one looked at."""
    if sight.place is None:
        return []
    starts = [one.path for one in sight.starts]
    chain = [path for path in ancestors(sight.place.path) if any(path.startswith(start) for start in starts)]
    return list(Place.objects.filter(path__in=chain).order_by("path"))


def count_vacant(*, actor: Actor, alert: Alert, paths: Sequence[str]) -> int:
    """Line posts of the alert below `paths` that no reachable person holds now, or held when it ended."""
    if alert.posts is None:
        return 0
    roots = [root for _id, root in roots_of(alert.posts)]
    inside = outermost(part for path in paths for part in _meet(path, roots))
    scope = outermost(part for path in inside for part in narrow(actor.paths("alerts.see"), path))
    rows = Place.objects.filter(within("path", scope), kind__in=line_place_kinds(), until_on=None)
    held = {path for path, found in list_holders(scope, moment=alert.ended_at).items() if found}
    return sum(path not in held for path in rows.values_list("path", flat=True))


def _meet(path: str, roots: Sequence[str]) -> list[str]:
    return [path] if any(path.startswith(root) for root in roots) else [one for one in roots if one.startswith(path)]


def curve(*, actor: Actor, alert: Alert, paths: Sequence[str], points: int = 60) -> list[tuple[datetime, int]]:
    """(moment, households reached by then) from issue until now or the end, at most `points` steps."""
    if alert.households is None or alert.issued_at is None:
        return []
    moments = count_moments(found=alert.households, paths=_seen(actor, paths))
    end = max(alert.ended_at or clock.now(), alert.issued_at)
    step = max((end - alert.issued_at) / points, (end - alert.issued_at).resolution)
    buckets: Counter[int] = Counter()
    for at, n in moments:
        buckets[min(max(int((at - alert.issued_at) / step), 0), points - 1)] += n
    found, reached = [(alert.issued_at, 0)], 0
    for bucket in range(points):
        reached += buckets.get(bucket, 0)
        found.append((alert.issued_at + step * (bucket + 1), reached))
    return found


def _seen(actor: Actor, paths: Sequence[str]) -> list[str]:
    own = actor.paths("alerts.see")
    return outermost(part for path in paths for part in narrow(own, path))


def count_how(*, actor: Actor, alert: Alert, paths: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """How the receipts below `paths` came: of households, of posts."""
    if alert.households is None or alert.posts is None:
        return {}, {}
    seen = _seen(actor, paths)
    return count_by_how(found=alert.households, paths=seen), count_by_how(found=alert.posts, paths=seen)


def list_facts(*, alert: Alert) -> list[AlertFact]:
    """The timeline, newest first. The caller has loaded the alert for its actor."""
    return list(alert.facts.select_related("place").order_by("-at", "-id"))


@dataclass(frozen=True)
class VacantPost:
    """A line post that nobody reachable holds; `holder` answers for its place meanwhile."""

    place: Place
    above: str
    holder: Holder | None


@dataclass(frozen=True)
class Preview:
    """Who a notice would reach, by which means, and who can't be reached by any."""

    means: MeansCount
    without: tuple[Address, ...]  # of those whom no means reaches, the first in walking order
    posts: int
    vacant: tuple[VacantPost, ...]


def preview(*, actor: Actor, places: Sequence[Place], groups: Sequence[str] = ()) -> Preview:
    """Before anything is sent. Reads only what lies in places where the actor may issue."""
    paths = outermost(part for one in places for part in narrow(actor.paths("alerts.issue"), one.path))
    rows = Place.objects.filter(within("path", paths), kind__in=line_place_kinds(), until_on=None)
    holders = list_holders(paths)
    line = list(rows.order_by("path").only("id", "path", "name", "code", "kind"))
    vacant = [one for one in line if not holders.get(one.path)]
    names = name_paths(paths=[one.path for one in vacant])
    lacking = list_without_means(paths=paths, groups=groups, limit=MOST_NAMED)
    doors = describe_households(actor=actor, ids=lacking)
    return Preview(
        means=count_means(paths=paths, groups=groups),
        without=tuple(sorted(doors.values(), key=lambda one: (one.path, one.order))),
        posts=len(line),
        vacant=tuple(VacantPost(one, names[one.path], find_holder(one.path, holders, above=True)) for one in vacant),
    )


def name_paths(*, paths: Sequence[str], depth: int = 3) -> dict[str, str]:
    """Path → the names on the way down to it, the last `depth` of them, for a list that mixes places. One query."""
    chain = {one for path in paths for one in ancestors(path)[-depth:]}
    names = dict(Place.objects.filter(path__in=chain).values_list("path", "name"))
    return {path: " · ".join(names[one] for one in ancestors(path)[-depth:] if one in names) for path in set(paths)}
