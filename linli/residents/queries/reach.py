"""How households are reached and where they stand, set-based: for the rooms that work on many at once.

These take ids or paths that the caller has narrowed to what its actor may see.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from linli.core.actors import Actor, outermost
from linli.core.paths import narrow, within
from linli.residents.access import may_see_address, standings
from linli.residents.models import (
    LIVING_PHONE,
    Answerer,
    Household,
    Membership,
    Person,
    Residence,
    answerers_with_phone,
    members_with_means,
)
from linli.residents.numbers import phone_last4
from linli.residents.rules import address_of, mask_address, means_of, name_variants, plain

BATCH = 5_000
NAMELESS = "—"  # a household whose name was erased with the person it was called by


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    """So that a query never carries more ids than a database takes."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), BATCH):
        yield wanted[start : start + BATCH]


def contact_means(household_ids: Iterable[int]) -> dict[int, set[str]]:
    """Household → by which of rules.MEANS it is reached; empty where only a knock is left. Two queries a batch."""
    found: dict[int, set[str]] = {}
    for batch in _batches(household_ids):
        phones, channels = set(), defaultdict(set)
        members = Membership.objects.filter(household__in=batch, until_on=None).values_list(
            "household_id", "person__phone_index", "person__phone_dead_at", "person__channels"
        )
        for household, phone, dead_at, named in members:
            channels[household].update(named)
            if phone and dead_at is None:
                phones.add(household)
        answered = set(_answered(batch))
        for household in batch:
            found[household] = means_of(
                has_phone=household in phones, channels=channels[household], has_answerer=household in answered
            )
    return found


def _answered(batch: Sequence[int]) -> Iterable[int]:
    own = ~Q(phone_last4="")
    by_person = Q(by_person__isnull=False, by_person__phone_dead_at=None) & ~Q(by_person__phone_index="")
    rows = Answerer.objects.filter(own | by_person, household__in=batch, until_on=None)
    return rows.values_list("household_id", flat=True)


@dataclass(frozen=True)
class MeansCount:
    """Of the households of some places: how many are reached by a phone, only in other ways, and by nothing."""

    households: int
    phone: int
    answerer: int  # no phone or channel of their own, but somebody answers for them
    other: int  # a channel that needs no phone
    none: int


def count_means(*, paths: Sequence[str], groups: Sequence[str] = ()) -> MeansCount:
    """The same for all households below `paths`, in one query whatever their number."""
    households = Household.objects.below(list(paths))
    if groups:
        households = households.with_groups(groups)
    phone = Membership.objects.filter(LIVING_PHONE, household=OuterRef("pk"), until_on=None)
    rows = households.annotate(
        has_phone=Exists(phone), has_any=Exists(members_with_means()), has_answerer=Exists(answerers_with_phone())
    ).aggregate(
        total=Count("pk"),
        phone=Count("pk", filter=Q(has_phone=True)),
        other=Count("pk", filter=Q(has_any=True, has_phone=False)),
        answerer=Count("pk", filter=Q(has_any=False, has_answerer=True)),
        none=Count("pk", filter=Q(has_any=False, has_answerer=False)),
    )
    return MeansCount(rows["total"], rows["phone"], rows["answerer"], rows["other"], rows["none"])


def list_without_means(*, paths: Sequence[str], groups: Sequence[str] = (), limit: int = 50) -> list[int]:
    """The first of those below `paths` whom nothing but a knock reaches. One query."""
    households = Household.objects.below(list(paths)).without_means()
    if groups:
        households = households.with_groups(groups)
    return list(
        households.order_by("residences__dwelling__entrance__placements__place__path", "pk")[:limit].values_list(
            "pk", flat=True
        )
    )


def member_paths(household_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Household → (leaf place, path) where it lives now. Those who departed are left out. One query a batch."""
    found: dict[int, tuple[int, str]] = {}
    for batch in _batches(household_ids):
        rows = standings(household__in=batch, until_on=None).values_list("household_id", "leaf_id", "path")
        found.update({household: (leaf, path) for household, leaf, path in rows})
    return found


@dataclass(frozen=True)
class Door:
    """A household as a line of a list: who, behind which door. `hidden`: a protected address that is not for this
    actor; its parts are then empty."""

    id: int
    name: str
    kind: str
    subkind: str
    protected: bool
    hidden: bool
    building: str
    entrance: str
    floor: int | None
    room: str
    leaf_id: int
    leaf: str
    path: str
    order: tuple[str, str, str, int, str, int]  # of walking: estate, building, entrance, floor, room; hidden ones last

    @property
    def address(self) -> str:
        return address_of(self.building, self.entrance, self.room)

    @property
    def masked(self) -> str:
        return mask_address(self.building, self.entrance, self.room)


def door_of(actor: Actor, residence: Residence) -> Door:
    """Of a row of `standings()`: no query of its own."""
    household, dwelling = residence.household, residence.dwelling
    path, leaf = residence.path, residence.leaf_name  # type: ignore[attr-defined]
    hidden = not may_see_address(actor, household, path)
    entrance = dwelling.entrance
    estate = entrance.building.estate.name if entrance.building.estate else ""
    floor = -99 if dwelling.floor is None else dwelling.floor
    order = (estate, entrance.building.sort, entrance.sort, floor, dwelling.sort, household.pk)
    return Door(
        id=household.pk,
        name=household.name or NAMELESS,
        kind=household.kind,
        subkind=household.subkind,
        protected=household.protected,
        hidden=hidden,
        building="" if hidden else str(entrance.building),
        entrance="" if hidden else entrance.name,
        floor=None if hidden else dwelling.floor,
        room="" if hidden else dwelling.room,
        leaf_id=residence.leaf_id,  # type: ignore[attr-defined]
        leaf=leaf,
        path=path,
        order=("\U0010ffff", "", "", 0, "", household.pk) if hidden else order,
    )


def describe_households(*, actor: Actor, ids: Iterable[int]) -> dict[int, Door]:
    """Household → its door, for those in the actor's sight; sort by `order` to walk them. One query a batch."""
    found: dict[int, Door] = {}
    for batch in _batches(ids):
        rows = standings(household__in=batch, until_on=None)
        for row in rows.filter(within("path", actor.paths("register.see"))):
            found[row.household_id] = door_of(actor, row)
    return found


def find_household_by_dwelling_and_last4(
    *, paths: Sequence[str], building: str, entrance: str, room: str, last4: str
) -> int | None:
    """The household behind this door that has a phone ending so on record (a member's, or of one who answers for it).

    For a page without an account: wrong and unknown take the same one query and give the same None, and so do two
    households that both fit.
    """
    digits = phone_last4(plain(last4).replace(" ", "")[:8])
    members = Membership.objects.filter(household=OuterRef("household"), until_on=None, person__phone_last4=digits)
    answerers = Answerer.objects.filter(
        Q(phone_last4=digits) | Q(by_person__phone_last4=digits), household=OuterRef("household"), until_on=None
    )
    rows = standings(
        until_on=None,
        dwelling__entrance__building__name__in=name_variants("building", building),
        dwelling__entrance__name__in=name_variants("entrance", entrance),
        dwelling__room__in=name_variants("room", room),
    )
    known = rows.filter(within("path", paths)).filter(Exists(members) | Exists(answerers))
    found = list(known.values_list("household_id", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def count_people(household_ids: Iterable[int]) -> dict[int, int]:
    """Household → how many live in it now."""
    found: dict[int, int] = {}
    for batch in _batches(household_ids):
        rows = Membership.objects.filter(household__in=batch, until_on=None).values("household")
        found.update({row["household"]: row["n"] for row in rows.annotate(n=Count("pk"))})
    return found


def list_groups_of(household_ids: Iterable[int]) -> dict[int, set[str]]:
    """Household → the vulnerable groups of its members."""
    found: dict[int, set[str]] = defaultdict(set)
    for batch in _batches(household_ids):
        rows = Person.objects.filter(
            memberships__household__in=batch, memberships__until_on=None, marks__until_on=None, marks__isnull=False
        )
        for household, group in rows.values_list("memberships__household_id", "marks__group"):
            found[household].add(group)
    return dict(found)


def list_languages_of(household_ids: Iterable[int]) -> dict[int, list[str]]:
    """Household → the languages of its members, the most spoken first. One query a batch."""
    found: dict[int, list[str]] = defaultdict(list)
    for batch in _batches(household_ids):
        rows = Membership.objects.filter(household__in=batch, until_on=None).exclude(person__language="")
        spoken = rows.values("household", "person__language").annotate(n=Count("pk"))
        for row in spoken.order_by("household", "-n", "person__language"):
            found[row["household"]].append(row["person__language"])
    return dict(found)


def dead_phones() -> QuerySet[Membership]:
    return Membership.objects.filter(until_on=None, person__phone_dead_at__isnull=False).exclude(person__phone_index="")


def count_dead_phones(*, paths: Sequence[str]) -> dict[str, int]:
    """Path → how many people below it have a number that reaches nobody. One query."""
    where = "household__residences__dwelling__entrance__placements"
    rows = dead_phones().filter(
        within(f"{where}__place__path", outermost(paths)),
        household__residences__until_on=None,
        **{f"{where}__until_on": None},
    )
    found = Counter(rows.values_list(f"{where}__place__path", flat=True))
    return {path: sum(n for one, n in found.items() if one.startswith(path)) for path in paths}


def list_dead_contacts(*, actor: Actor, path: str) -> list[Door]:
    """The households below `path` with a number that reaches nobody, in walking order, as far as the actor sees them."""
    rows = standings(until_on=None).filter(within("path", narrow(actor.paths("register.see"), path)))
    doors = [door_of(actor, row) for row in rows.filter(Exists(dead_phones().filter(household=OuterRef("household"))))]
    return sorted(doors, key=lambda door: door.order)
