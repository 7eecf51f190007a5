"""Double bookings: appointments in breach of what the profile says of seats, combinations and places.

The database finds them, `rules.find_bookings_in_breach` says why; a property test holds the two together.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from linli.core import clock
from linli.core.actors import Actor
from linli.grid.models import Appointment, Place
from linli.grid.profile import post_kinds
from linli.grid.queries.places import get_place
from linli.grid.queries.posts import names_above
from linli.grid.queries.seats import held_at
from linli.grid.rules import Held, PostKind, find_bookings_in_breach


@dataclass(frozen=True)
class Booking:
    """An appointment in breach, why, and what else stands against it. What lies outside the actor's places is counted
    in `elsewhere` and not named."""

    appointment: Appointment
    reasons: list[str]
    above: list[str]
    against: list[Appointment]
    elsewhere: int


def list_double_bookings(*, actor: Actor, code: str) -> "DoubleBookings":
    """Those at a place and below it. Raises Missing where posts aren't seen."""
    return DoubleBookings(actor, get_place(actor=actor, code=code, permission="posts.see"))


class DoubleBookings:
    """A sequence that a paginator can cut, in the order of the tree: one query to count, three a page."""

    def __init__(self, actor: Actor, place: Place):
        self.actor, self.place = actor, place
        self._rows = in_breach().filter(place__in=Place.objects.below(place.path)).order_by("place__path", "id")

    def count(self) -> int:
        return self._rows.count()

    __len__ = count

    def __getitem__(self, part: slice) -> list[Booking]:
        page = list(self._rows.select_related("account", "place")[part])
        if not page:
            return []
        near = list_near(page)
        reasons = find_bookings_in_breach([_held(one) for one in near], post_kinds())
        above = names_above([one.place.path for one in page], below=self.place.path)
        return [self._booking(one, near, reasons[one.pk], above) for one in page if one.pk in reasons]

    def _booking(
        self, one: Appointment, near: list[Appointment], why: set[str], above: dict[str, list[str]]
    ) -> Booking:
        against = [other for other in near if _stands_against(one, other, why)]
        seen = [other for other in against if self.actor.may("posts.see", other.place.path)]
        return Booking(one, sorted(why), above[one.place.path], seen, len(against) - len(seen))


def in_breach() -> QuerySet[Appointment]:
    """Every appointment valid now that breaks a booking rule, found in the database."""
    now = held_at(clock.now()).order_by()
    here = now.filter(place=OuterRef("place"), post_kind=OuterRef("post_kind"))
    theirs = now.filter(account=OuterRef("account"), post_kind=OuterRef("post_kind"))
    breach, personal = Q(pk__in=[]), Q(pk__in=[])
    for seats, codes in _by_figure("seats").items():
        taken = here.values("place").annotate(n=Count("pk")).filter(n__gt=seats)
        another = here.exclude(pk=OuterRef("pk"))  # the same for one seat, and cheaper
        breach |= Q(post_kind__in=codes) & Q(Exists(another if seats == 1 else taken))
    for most, codes in _by_figure("max_places").items():
        places = theirs.values("account").annotate(n=Count("place", distinct=True)).filter(n__gt=most)
        elsewhere = theirs.exclude(place=OuterRef("place"))
        personal |= Q(post_kind__in=codes) & Q(Exists(elsewhere if most == 1 else places))
    for kind in post_kinds().values():
        others = now.filter(account=OuterRef("account"), post_kind__in=_not_with(kind))
        personal |= Q(post_kind=kind.code) & Q(Exists(others))
    # Most people hold one post: they are passed over before the many questions on those who hold more.
    holds_more = Exists(now.filter(account=OuterRef("account")).exclude(pk=OuterRef("pk")))
    breach |= Q(holds_more) & personal
    return held_at(clock.now()).filter(breach)


def list_near(appointments: list[Appointment]) -> list[Appointment]:
    """Everything valid now that may stand against these: the same people's posts, the same places' holders."""
    accounts, places = {one.account_id for one in appointments}, {one.place_id for one in appointments}
    found = held_at(clock.now()).filter(Q(account__in=accounts) | Q(place__in=places))
    return list(found.select_related("account", "place").order_by("place__path", "id"))


def _not_with(kind: PostKind) -> list[str]:
    """The other kinds of post that one person must not hold together with this one."""
    return [
        other.code
        for other in post_kinds().values()
        if other.code != kind.code and other.code not in kind.combines_with and kind.code not in other.combines_with
    ]


def _by_figure(name: str) -> dict[int, list[str]]:
    """Seats (or places) allowed → the kinds of post of which that many are."""
    found: dict[int, list[str]] = defaultdict(list)
    for kind in post_kinds().values():
        found[getattr(kind, name)].append(kind.code)
    return found


def _held(one: Appointment) -> Held:
    return Held(one.pk, one.account_id, one.post_kind, one.place_id)


def _stands_against(one: Appointment, other: Appointment, why: set[str]) -> bool:
    if one.pk == other.pk:
        return False
    same_kind, same_person = other.post_kind == one.post_kind, other.account_id == one.account_id
    return (
        ("seats" in why and same_kind and other.place_id == one.place_id)
        or ("places" in why and same_kind and same_person)
        or ("combination" in why and same_person and other.post_kind in _not_with(post_kinds()[one.post_kind]))
    )
