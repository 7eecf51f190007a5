"""Who stands at a post now: its holder, the deputy of one who is away, or nobody."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import BooleanField, Exists, ExpressionWrapper, FilteredRelation, OuterRef, Q, QuerySet

from linli.core import clock
from linli.core.paths import add_up, ancestors
from linli.core.sets import among
from linli.grid.models import Absence, Appointment
from linli.grid.profile import line, post_kinds


@dataclass(frozen=True, slots=True)
class Holder:
    """Who answers for a place on the line: the holder of its own post (or the deputy, while they are away), or whoever
    holds the nearest post above. `stands_in_for` is the name of an absent holder."""

    account_id: int
    appointment_id: int
    name: str
    post_kind: str
    place_id: int
    path: str
    stands_in_for: str = ""

    def holds_for(self, place_id: int) -> bool:
        return self.place_id != place_id


def held_at(moment: datetime) -> QuerySet[Appointment]:
    """Appointments that count at a moment: valid, of a post that the profile knows, of an account in use."""
    return Appointment.objects.valid_at(moment).filter(account__is_active=True, post_kind__in=post_kinds())


def is_away(account: str, moment: datetime) -> Exists:
    """Is the account that a row names in the field `account` away from a post of its own?"""
    return Exists(Absence.objects.running_at(moment).filter(appointment__account=OuterRef(account)))


def holds_a_post(account: str, held: QuerySet[Appointment]) -> Exists:
    """Does the account that a row names in the field `account` hold one of these appointments? Whoever holds none any more
    has left, and stands in for nobody either."""
    return Exists(held.filter(account=OuterRef(account)))


def may_stand(deputy: str, moment: datetime, *, held: QuerySet[Appointment] | None = None) -> Q:
    """Rows whose deputy, named in this field, can be that: holds a post of their own, and is not away from it."""
    posts = held_at(moment) if held is None else held
    return Q(holds_a_post(deputy, posts)) & ~Q(is_away(deputy, moment))


def stands_in(moment: datetime) -> QuerySet[Absence]:
    """Absences of an outer appointment with a deputy who can hold the post: in use, reached by something, not away."""
    return Absence.objects.running_at(moment).filter(
        may_stand("deputy", moment),
        appointment=OuterRef("pk"),
        deputy__is_active=True,
        deputy__reachable=True,
    )


def is_held(moment: datetime) -> Q:
    """Appointments at which somebody can be found: the holder, or the deputy of one who is away."""
    away = Absence.objects.running_at(moment).filter(appointment=OuterRef("pk"))
    return (Q(account__reachable=True) & ~Exists(away)) | Exists(stands_in(moment))


def is_standing_with(appointment: str, account: str, moment: datetime) -> Exists:
    """For rows that name an appointment and an account in these fields: does that account stand at the post now, as its
    holder who is not away or as the deputy of one who is?"""
    seat = Appointment.objects.filter(pk=OuterRef(appointment))
    mine = Q(account=OuterRef(account)) & ~Exists(Absence.objects.running_at(moment).filter(appointment=OuterRef("pk")))
    lent = Absence.objects.running_at(moment).filter(
        may_stand("deputy", moment), appointment=OuterRef("pk"), deputy=OuterRef(OuterRef(account))
    )
    return Exists(seat.filter(mine | Exists(lent)))


def find_holder_by_appointment(key: int) -> Holder | None:
    """Who stands at the post of an appointment of any kind now. None where nobody does."""
    return next(iter(list_standing(Q(pk=key))), None)


def list_seats(where: Q, *, reachable: bool = True, moment: datetime | None = None) -> dict[str, list[Holder]]:
    """Path → who stands at the line post there, or stood at a moment, longest in post first, for the appointments of
    `where`, which must hold all those above them as well. One query.

    An absent holder without a deputy leaves the part to the level above. Where nobody is there either, on the whole way
    up, it stays with them: a part is never nobody's as long as somebody is appointed.
    """
    seats = _rows(where & Q(post_kind__in=[kind.code for kind in line()]), moment)
    rows = seats.order_by("place__path", "from_at", "id")
    present: dict[str, list[Holder]] = defaultdict(list)
    left_alone: dict[str, list[Holder]] = defaultdict(list)
    for row in _seats(rows):
        here = _standing(row) if reachable or row.absence is not None else row.holder
        if here is not None:
            present[row.holder.path].append(here)
        elif row.reachable and row.absence is not None:
            left_alone[row.holder.path].append(row.holder)
    for path, holders in left_alone.items():  # from the top down
        if not any(present.get(one) for one in ancestors(path)):
            present[path] = holders
    return dict(present)


def list_standing(where: Q) -> list[Holder]:
    """Who stands at the posts of these appointments now, of any kind, in line or not; unreachable holders too."""
    rows = _seats(_rows(where).order_by("-place__path", "id"))
    found = [_standing(row) if row.absence is not None else row.holder for row in rows]
    return [one for one in found if one is not None]


def _rows(where: Q, moment: datetime | None = None) -> QuerySet[Appointment]:
    at = moment or clock.now()
    running = FilteredRelation("absences", condition=Q(absences__from_at__lte=at, absences__until_at__gt=at))
    held = _held_then(moment) if moment else held_at(at)
    rows = held.filter(where).annotate(absence=running)
    able = ExpressionWrapper(may_stand("absence__deputy", at, held=held), output_field=BooleanField())
    return rows.annotate(deputy_able=able)


def _held_then(moment: datetime) -> QuerySet[Appointment]:
    """At a moment that is over the appointment alone counts: since when an account is out of use is not told by its row."""
    return Appointment.objects.valid_at(moment).filter(post_kind__in=post_kinds())


class _Absence(NamedTuple):
    deputy_id: int | None
    deputy_name: str | None
    deputy_is_active: bool | None
    deputy_is_reachable: bool | None
    deputy_is_able: bool  # not away from a post of their own, and holding one


class _Seat(NamedTuple):
    holder: Holder
    reachable: bool
    absence: _Absence | None


# In the order of Holder, then of _Seat, then of _Absence: a country's line is read by the hundred thousand.
_FIELDS = (
    "account_id",
    "id",
    "account__name",
    "post_kind",
    "place_id",
    "place__path",
    "account__reachable",
    "absence__id",
)
_DEPUTY = ("deputy_id", "deputy__name", "deputy__is_active", "deputy__reachable")


def _seats(rows: QuerySet[Appointment]) -> Iterator[_Seat]:
    fields = (*_FIELDS, *(f"absence__{one}" for one in _DEPUTY), "deputy_able")
    for *own, reachable, absence, deputy, name, active, reached, able in rows.values_list(*fields):
        found = None if absence is None else _Absence(deputy, name, active, reached, able)
        yield _Seat(Holder(*own), reachable, found)


def _standing(row: _Seat) -> Holder | None:
    holder, reachable, absence = row
    if absence is None:
        return holder if reachable else None
    able = absence.deputy_is_active and absence.deputy_is_reachable and absence.deputy_is_able
    if absence.deputy_id is None or not able:
        return None
    return replace(holder, account_id=absence.deputy_id, name=absence.deputy_name or "", stands_in_for=holder.name)


def find_holder(path: str, holders: dict[str, list[Holder]], *, above: bool = False) -> Holder | None:
    """Who answers for the place with this path: its own holder, or the nearest above. With `above`, the place's own
    post is passed over: to whom its silence climbs."""
    chain = ancestors(path)
    for one in reversed(chain[:-1] if above else chain):
        if holders.get(one):
            return holders[one][0]
    return None


def holders_on_the_way_up(paths: Iterable[str]) -> dict[str, list[Holder]]:
    """Path → who stands at its line post now, for the given places and those above them: no subtree is read. One query."""
    return list_seats(among("place__path", add_up(dict.fromkeys(paths, 1))))


def valid_holdings(pairs: Iterable[tuple[int, int]], *, moment: datetime | None = None) -> set[tuple[int, int]]:
    """Which of these pairs of appointment and account hold now, or held at a moment: the holder's own, or the deputy's while
    it lasts and they hold a post of their own. An absent holder's own counts too: whoever was asked and is away is not
    nobody, the clock gives it on. One query."""
    wanted, at = set(pairs), moment or clock.now()
    running = FilteredRelation("absences", condition=Q(absences__from_at__lte=at, absences__until_at__gt=at))
    held = _held_then(moment) if moment else Appointment.objects.valid_at(at).filter(account__is_active=True)
    rows = (
        held.filter(pk__in={one for one, _account in wanted})
        .annotate(absence=running)
        .annotate(deputy_holds=holds_a_post("absence__deputy", held))
        .values_list("pk", "account_id", "absence__deputy_id", "deputy_holds")
    )
    valid = {(key, holder) for key, holder, _deputy, _holds in rows}
    valid |= {(key, deputy) for key, _holder, deputy, holds in rows if holds}
    return wanted & valid
