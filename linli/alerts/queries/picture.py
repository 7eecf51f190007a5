"""The live picture: coverage by place, gaps first, down the tree; the curve and the timeline; the preview before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from linli.alerts.models import Alert, AlertFact
from linli.core.actors import Actor, outermost
from linli.core.paths import ancestors, within
from linli.grid.models import Place
from linli.grid.profile import line_place_kinds
from linli.grid.queries import Holder, find_holder, list_children, list_holders
from linli.residents.queries import MeansCount, count_means
from linli.rounds.models import Round
from linli.rounds.queries import list_answered, list_moments, narrow, read_coverage, roots_of
from linli.rounds.rules import Coverage


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
    children = list(list_children(actor=actor, place=place, permission="alerts.see"))
    assert alert.households is not None and alert.posts is not None  # noqa: S101, PT018 (drafts have no picture)
    inside = [one for one in children if _touches(alert.households, one.path)]
    pairs = [(one.pk, one.path) for one in [place, *inside]]
    households = read_coverage(found=alert.households, places=pairs)
    posts = read_coverage(found=alert.posts, places=pairs)
    holders = list_holders_of([place, *inside])
    answered = list_answered(found=alert.posts, members=[key for key, _path in pairs])
    kinds = line_place_kinds()

    def node(one: Place) -> Node:
        return Node(
            place=one,
            households=households[one.pk],
            posts=posts[one.pk],
            holder=find_holder(one.path, holders),
            confirmed_at=answered[one.pk][0] if one.pk in answered else None,
            owes=one.kind in kinds,
        )

    below = sorted((node(one) for one in inside), key=lambda one: (-one.households.missing, -one.posts.missing))
    return node(place), below


def _touches(found: Round, path: str) -> bool:
    return any(path.startswith(root) or root.startswith(path) for _id, root in roots_of(found))


def list_holders_of(places: Sequence[Place]) -> dict[str, list[Holder]]:
    from linli.grid.queries.line import holders_on_the_way_up

    return holders_on_the_way_up(place.path for place in places)


def curve(*, actor: Actor, alert: Alert, path: str, points: int = 60) -> list[tuple[datetime, int]]:
    """(moment, households reached by then) from issue until now or the end, at most `points` steps."""
    if alert.households is None or alert.issued_at is None:
        return []
    from linli.core import clock

    moments = list_moments(found=alert.households, paths=narrow(actor.paths("alerts.see"), path))
    end = max(alert.ended_at or clock.now(), alert.issued_at)
    step = max((end - alert.issued_at) / points, (end - alert.issued_at).resolution)
    buckets = Counter(min(int((at - alert.issued_at) / step), points - 1) for at in moments)
    found, reached = [(alert.issued_at, 0)], 0
    for bucket in range(points):
        reached += buckets.get(bucket, 0)
        found.append((alert.issued_at + step * (bucket + 1), reached))
    return found


def list_facts(*, alert: Alert) -> list[AlertFact]:
    """The timeline, newest first. The caller has loaded the alert for its actor."""
    return list(alert.facts.select_related("place").order_by("-at", "-id"))


@dataclass(frozen=True)
class Preview:
    """Who a notice would reach, by which means, and who can't be reached by any."""

    means: MeansCount
    posts: int
    vacant: int
    vacant_places: tuple[Place, ...]


def preview(*, actor: Actor, places: Sequence[Place], groups: Sequence[str] = ()) -> Preview:
    """Before anything is sent. Reads only what lies in places where the actor may issue."""
    paths = outermost(part for one in places for part in narrow(actor.paths("alerts.issue"), one.path))
    rows = Place.objects.filter(within("path", paths), kind__in=line_place_kinds(), until_on=None)
    holders = list_holders(paths)
    line = list(rows.order_by("path").only("id", "path", "name", "code", "kind"))
    vacant = [one for one in line if not holders.get(one.path)]
    return Preview(
        means=count_means(paths=paths, groups=groups),
        posts=len(line),
        vacant=len(vacant),
        vacant_places=tuple(vacant[:50]),
    )


def path_names(*, places: Sequence[Place]) -> dict[int, str]:
    """Place id → the names on the way down to it, for a list that mixes places. One query."""
    chain = {path for one in places for path in ancestors(one.path)[-3:]}
    names = dict(Place.objects.filter(path__in=chain).values_list("path", "name"))
    return {one.pk: " · ".join(names[path] for path in ancestors(one.path)[-3:] if path in names) for one in places}
