"""Who holds which post, who held it on a day, and who holds the part of one that is vacant."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.grid.models import Account, Appointment, Organisation, Place
from linli.grid.profile import post_at, post_kinds
from linli.grid.queries.places import get_place
from linli.grid.queries.seats import Holder, held_at, list_seats
from linli.grid.rules import PostKind


def list_holders(
    paths: Sequence[str], *, reachable: bool = True, moment: datetime | None = None
) -> dict[str, list[Holder]]:
    """Path of a line place → who stands at its line post now, or stood at a moment, longest in post first, for the
    subtrees of `paths` and the places above them: the holder, or the deputy of one who is away. With `reachable`, only
    those whom something reaches: a holder without means holds no part."""
    above = {path for root in paths for path in ancestors(root)}
    return list_seats(within("place__path", paths) | Q(place__path__in=above), reachable=reachable, moment=moment)


def place_paths(place_ids: Sequence[int]) -> dict[int, str]:
    return dict(Place.objects.filter(pk__in=place_ids).values_list("pk", "path"))


def names_above(paths: Iterable[str], *, below: str = "") -> dict[str, list[str]]:
    """Path → names of the places above it, outermost first, leaving out `below` and what is above that. One query."""
    wanted = {path: [one for one in ancestors(path)[:-1] if len(one) > len(below)] for path in set(paths)}
    every = {one for chain in wanted.values() for one in chain}
    names = dict(Place.objects.filter(path__in=every).values_list("path", "name")) if every else {}
    return {path: [names[one] for one in chain if one in names] for path, chain in wanted.items()}


def day_span(day: date) -> tuple[datetime, datetime]:
    """The first moment of a local day and the first behind it."""
    start, end = (datetime.combine(one, time.min) for one in (day, day + timedelta(days=1)))
    return timezone.make_aware(start), timezone.make_aware(end)


# One post ------------------------------------------------------------------------------------------------------------


def get_appointment(*, actor: Actor, appointment_id: int, permission: str = "posts.see") -> Appointment:
    """Raises Missing where it is not there or not in the actor's places."""
    found = (
        Appointment.objects.visible_to(actor, permission)
        .select_related("account", "place", "organisation")
        .filter(pk=appointment_id)
        .first()
    )
    if found is None:
        raise Missing()
    return found


@dataclass(frozen=True)
class PostOnDay:
    """A kind of post of a place and who held it during some part of a day."""

    kind: PostKind
    held: list[Appointment]


def list_posts_on(*, actor: Actor, code: str, day: date) -> list[PostOnDay]:
    """Who held each post of a place on a day, the posts of the line first. Two queries."""
    place = get_place(actor=actor, code=code, permission="posts.see")
    start, end = day_span(day)
    rows = (
        Appointment.objects.visible_to(actor)
        .filter(Q(until_at=None) | Q(until_at__gt=start), place=place, from_at__lt=end)
        .exclude(until_at=F("from_at"))  # taken back before it began
        .select_related("account", "organisation")
        .order_by("from_at", "id")
    )
    by_kind = defaultdict(list)
    for one in rows:
        by_kind[one.post_kind].append(one)
    kinds = sorted(post_at(place.kind), key=lambda kind: not kind.line)
    known = {kind.code for kind in kinds}
    elsewhere = [post_kinds()[code] for code in by_kind if code not in known and code in post_kinds()]
    return [PostOnDay(kind, by_kind[kind.code]) for kind in [*kinds, *elsewhere]]


def list_post_history(*, actor: Actor, code: str, post_kind: str = "") -> QuerySet[Appointment]:
    """Every appointment to the posts of a place, or to one of them, the newest first."""
    place = get_place(actor=actor, code=code, permission="posts.see")
    rows = Appointment.objects.visible_to(actor).filter(place=place).select_related("account", "organisation", "place")
    if post_kind:
        rows = rows.filter(post_kind=post_kind)
    return rows.order_by("-from_at", "-id")


def list_posts_of(*, actor: Actor, account: Account) -> list[Appointment]:
    """The posts that an account holds now or will hold: all of one's own, another's where one may see posts."""
    rows = Appointment.objects.filter(Q(until_at=None) | Q(until_at__gt=clock.now()), account=account)
    if not is_self(actor, account.pk):
        rows = rows.visible_to(actor)
    return list(rows.select_related("place__parent", "organisation").order_by("place__path", "from_at"))


def list_posts_of_many(*, actor: Actor, accounts: Iterable[Account]) -> dict[int, list[Appointment]]:
    """Account → the posts it holds now in the actor's places. One query."""
    rows = held_at(clock.now()).filter(
        within("place__path", actor.paths("posts.see")), account__in=[one.pk for one in accounts]
    )
    found: dict[int, list[Appointment]] = defaultdict(list)
    for one in rows.select_related("place").order_by("place__path", "id"):
        found[one.account_id].append(one)
    return dict(found)


def is_self(actor: Actor, account_id: int) -> bool:
    return actor.kind == "account" and actor.id == account_id


def list_organisations(*, actor: Actor, place: Place) -> QuerySet[Organisation]:
    """Bodies that may lend a holder to a place: those at the place, above it, or in the actor's places."""
    near = Q(place__path__in=ancestors(place.path)) | within("place__path", actor.paths("posts.appoint"))
    return Organisation.objects.filter(near).select_related("place").order_by("name", "id")


def list_above(*, actor: Actor, place: Place, permission: str) -> list[Place]:
    """The places above one, outermost first, as far up as the actor's own reach."""
    rows = Place.objects.visible_to(actor, permission).filter(path__in=place.ancestor_paths)
    return list(rows.order_by("path"))


def list_places_called(*, actor: Actor, within: Place, texts: Iterable[str]) -> list[Place]:
    """Places at and below one whose code or name is among the texts. One query for each five hundred."""
    wanted = sorted(set(texts))
    found: dict[int, Place] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        rows = Place.objects.visible_to(actor, "posts.see").below(within.path).filter(until_on=None)
        found |= {one.pk: one for one in rows.filter(Q(code__in=part) | Q(name__in=part))}
    return list(found.values())


def list_top_places(*, actor: Actor, permission: str) -> list[Place]:
    """The outermost places in which the actor has a permission; for an actor of everything, the tops of the tree."""
    paths = actor.paths(permission)
    rows = Place.objects.filter(parent=None) if "" in paths else Place.objects.filter(path__in=paths)
    return list(rows.filter(until_on=None).order_by("path"))
