"""Lists and pages of the register, for one actor: masked, scoped, a constant number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import within
from linli.grid.models import Place
from linli.residents import numbers, rules, words
from linli.residents.access import (
    SEE,
    PersonStanding,
    Standing,
    check_may_household,
    check_may_person,
    may_see_address,
    standings,
)
from linli.residents.models import (
    Answerer,
    ContactCheck,
    GroupMark,
    Membership,
    Person,
    Residence,
    answerers_with_phone,
    members_with_means,
)
from linli.residents.queries.reach import (
    Door,
    contact_means,
    count_people,
    describe_households,
    door_of,
    list_groups_of,
)

A_PAGE = 50
WALK = ("hidden", "estate", "building", "building_id", "entrance", "entrance_id", "floor", "room", "household_id")


@dataclass(frozen=True)
class Filters:
    """What a list of households is narrowed to. `text` is a name, its initials, a room, a whole number or four digits."""

    text: str = ""
    group: str = ""
    kind: str = ""
    no_means: bool = False
    protected: bool = False


@dataclass(frozen=True)
class Line:
    """A household in a list."""

    door: Door
    people: int
    groups: frozenset[str]
    means: frozenset[str]


@dataclass(frozen=True)
class LinePage:
    lines: list[Line]
    next_cursor: str = ""
    previous_cursor: str = ""  # lists are walked forward


def list_households(
    *, actor: Actor, place: Place | None = None, filters: Filters | None = None, after: str = "", limit: int = A_PAGE
) -> LinePage:
    """Households in the actor's sight at or below `place`, in walking order (building, entrance, floor, room); those
    whose address is hidden stand at the end, for their place in the order would tell it. `after` is the cursor of the
    page before: a household's id. Raises Missing for a cursor that leads nowhere."""
    rows = _walk(actor, _seen(actor, place))
    rows = _narrow(rows, filters or Filters())
    if after:
        rows = rows.filter(_behind(_keys(actor, after)))
    found = list(rows[: limit + 1])
    doors = [door_of(actor, row) for row in found[:limit]]
    return LinePage(_lines(doors), str(doors[-1].id) if len(found) > limit else "")


def _seen(actor: Actor, place: Place | None) -> QuerySet[Residence]:
    rows = standings(until_on=None).filter(within("path", actor.paths(SEE)))
    return rows.filter(within("path", [place.path])) if place is not None else rows


def _walk(actor: Actor, rows: QuerySet[Residence]) -> QuerySet[Residence]:
    open_paths = within("path", actor.paths("register.protected"))
    return rows.annotate(
        hidden=Case(When(Q(household__protected=False) | open_paths, then=0), default=1),
        estate=Coalesce("dwelling__entrance__building__estate__name", Value("")),
        building=F("dwelling__entrance__building__sort"),
        building_id=F("dwelling__entrance__building_id"),
        entrance=F("dwelling__entrance__sort"),
        entrance_id=F("dwelling__entrance_id"),
        floor=Coalesce("dwelling__floor", -99),
        room=F("dwelling__sort"),
    ).order_by(
        "hidden",
        *(Case(When(hidden=1, then=None), default=F(name)) for name in WALK[1:-1]),
        "household_id",
    )


def _keys(actor: Actor, after: str) -> list[Any]:
    if not after.isdigit() or len(after) > 18:
        raise Missing()
    row = _walk(actor, _seen(actor, None)).filter(household=int(after)).values(*WALK).first()
    if row is None:
        raise Missing()
    return [(name, row[name]) for name in WALK if not row["hidden"] or name in {"hidden", "household_id"}]


def _behind(keys: Sequence[tuple[str, Any]]) -> Q:
    """Rows that come after these keys, compared one key after the other."""
    found, same = Q(pk__in=[]), Q()
    for name, value in keys:
        found |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    return found


def _narrow(rows: QuerySet[Residence], filters: Filters) -> QuerySet[Residence]:
    if filters.kind:
        rows = rows.filter(household__kind=filters.kind)
    if filters.protected:
        rows = rows.filter(household__protected=True)
    if filters.group:
        marked = GroupMark.objects.filter(
            group=filters.group,
            until_on=None,
            person__memberships__household=OuterRef("household"),
            person__memberships__until_on=None,
        )
        rows = rows.filter(Exists(marked))
    if filters.no_means:
        rows = rows.exclude(Exists(members_with_means("household"))).exclude(Exists(answerers_with_phone("household")))
    text = rules.plain(filters.text)[:100]
    return rows.filter(_matching(text)) if text else rows


def _matching(text: str) -> Q:
    """Of a household: its name, its door where that is not hidden, or one of its members."""
    members = Membership.objects.filter(household=OuterRef("household"), until_on=None)
    door = Q(dwelling__room__in=rules.name_variants("room", text))
    for part in ("name", "estate__name"):
        door |= Q(**{f"dwelling__entrance__building__{part}__startswith": text})
    return Q(household__name__contains=text) | (door & Q(hidden=0)) | Q(Exists(members.filter(_person_matching(text))))


def _person_matching(text: str, prefix: str = "person__") -> Q:
    found = Q(**{f"{prefix}name__contains": text})
    bare = text.replace(" ", "")
    if bare.isascii() and bare.isalpha():
        found |= Q(**{f"{prefix}initials__startswith": bare.lower()})
    if len(bare) == 4 and bare[:3].isdigit():
        found |= Q(**{f"{prefix}phone_last4": numbers.phone_last4(bare)})
        found |= Q(**{f"{prefix}id_last4": numbers.id_last4(bare)})
    for normalise, indexes, name in (
        (numbers.normalise_phone, numbers.phone_indexes, "phone_index"),
        (numbers.normalise_id, numbers.id_indexes, "id_index"),
    ):
        try:
            found |= Q(**{f"{prefix}{name}": indexes(normalise(text))[0]})
        except numbers.BadNumber:
            continue
    return found


def _lines(doors: Sequence[Door]) -> list[Line]:
    ids = [door.id for door in doors]
    people, groups, means = count_people(ids), list_groups_of(ids), contact_means(ids)
    return [
        Line(door, people.get(door.id, 0), frozenset(groups.get(door.id, ())), frozenset(means[door.id]))
        for door in doors
    ]


def count_by_kinds(*, actor: Actor, place: Place | None = None) -> dict[str, int]:
    """Kind of household → how many live at or below the place, in the actor's sight."""
    rows = _seen(actor, place).order_by().values("household__kind").annotate(n=Count("pk"))
    found = {row["household__kind"]: row["n"] for row in rows}
    return {kind: found.get(kind, 0) for kind in rules.KINDS}


@dataclass(frozen=True)
class MemberLine:
    """A person of a household, masked."""

    id: int
    name: str
    role: str
    sex: str
    born_on: date | None
    phone: str
    phone_dead: bool
    id_number: str
    status: str
    groups: tuple[str, ...]
    from_on: date
    until_on: date | None


@dataclass(frozen=True)
class AnswererLine:
    id: int
    name: str
    phone: str
    relation: str
    person_id: int | None
    from_on: date  # when the number of somebody outside the register was written down
    checked_at: datetime | None = None  # when the phone of somebody of the register was last known to be right


@dataclass(frozen=True)
class Stay:
    """Where a household lived, from when until when; the address is empty where it is hidden."""

    address: str
    leaf: str
    from_on: date
    until_on: date | None


@dataclass(frozen=True)
class HouseholdView:
    """A household's page."""

    door: Door
    is_present: bool
    contact: str
    contact_id: int | None
    members: list[MemberLine]
    former: list[MemberLine]
    answerers: list[AnswererLine]
    stays: list[Stay]
    means: frozenset[str]


def get_household(*, actor: Actor, household_id: int) -> HouseholdView:
    """Raises Missing where it is not there or not in the actor's sight."""
    standing = check_may_household(actor, SEE, household_id)
    members, former = _members(household_id)
    names = {one.id: one.name for one in members}
    contact = standing.household.contact_id
    return HouseholdView(
        door=door_of(actor, standing.residence),
        is_present=standing.is_present,
        contact=names.get(contact or 0, ""),
        contact_id=contact,
        members=members,
        former=former,
        answerers=list_answerers(household_id=household_id, actor=actor),
        stays=_stays(actor, standing),
        means=frozenset(contact_means([household_id])[household_id]),
    )


def get_members(*, household_id: int) -> list[MemberLine]:
    """Who lives in a household that the caller has found in the actor's sight."""
    return _members(household_id)[0]


def _members(household_id: int) -> tuple[list[MemberLine], list[MemberLine]]:
    """(present, former). Of those who moved on, and may live elsewhere now, only the name stays."""
    every = Membership.objects.filter(household=household_id).exclude(person__status=rules.MERGED)
    rows = list(every.select_related("person").order_by("id"))
    groups = _groups_of(one.person_id for one in rows)
    present = [_member(one, groups) for one in rows if one.until_on is None]
    gone = {one.person_id: _former(one) for one in rows if one.until_on is not None}
    order = {code: at for at, code in enumerate(rules.ROLES)}
    present.sort(key=lambda one: (order.get(one.role, 99), one.born_on or date.max, one.id))
    here = {one.id for one in present}
    return present, [one for key, one in gone.items() if key not in here]


def _groups_of(person_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    rows = GroupMark.objects.filter(person__in=list(person_ids), until_on=None).order_by("id")
    for person, group in rows.values_list("person_id", "group"):
        found.setdefault(person, []).append(group)
    return {person: tuple(groups) for person, groups in found.items()}


def _member(one: Membership, groups: dict[int, tuple[str, ...]]) -> MemberLine:
    person = one.person
    return MemberLine(
        id=person.pk,
        name=_name_of(person),
        role=one.role,
        sex=person.sex,
        born_on=person.born_on,
        phone=rules.mask_phone(person.phone),
        phone_dead=person.phone_dead_at is not None,
        id_number=rules.mask_id(person.id_number),
        status=person.status,
        groups=groups.get(person.pk, ()),
        from_on=one.from_on,
        until_on=one.until_on,
    )


def _name_of(person: Person) -> str:
    return str(words.ERASED) if person.erased_at else person.name


def _former(one: Membership) -> MemberLine:
    return MemberLine(
        id=one.person_id, name=_name_of(one.person), role=one.role, sex="", born_on=None, phone="", phone_dead=False,
        id_number="", status="departed", groups=(), from_on=one.from_on, until_on=one.until_on,
    )  # fmt: skip


def list_answerers(*, actor: Actor, household_id: int) -> list[AnswererLine]:  # noqa: ARG001
    """Of a household that the caller has found in the actor's sight."""
    checks = ContactCheck.objects.filter(person=OuterRef("by_person"), channel="phone")
    rows = Answerer.objects.filter(household=household_id, until_on=None).select_related("by_person").order_by("id")
    rows = rows.annotate(checked_at=Subquery(checks.values("at")[:1]))
    return [
        AnswererLine(
            id=one.pk,
            name=one.by_person.name if one.by_person else one.name,
            phone=rules.mask_phone(one.by_person.phone if one.by_person else one.phone),
            relation=one.relation,
            person_id=one.by_person_id,
            from_on=one.from_on,
            checked_at=one.checked_at,
        )
        for one in rows
    ]


def _stays(actor: Actor, standing: Standing) -> list[Stay]:
    """Its dwellings in turn; those in places that the actor doesn't see are left out."""
    rows = standings(household=standing.household.pk).order_by("-present", "-from_on", "-id")
    return [
        Stay(
            address=str(row.dwelling) if may_see_address(actor, standing.household, row.path) else "",
            leaf=row.leaf_name,
            from_on=row.from_on,
            until_on=row.until_on,
        )
        for row in rows.filter(within("path", actor.paths(SEE)))
    ]


@dataclass(frozen=True)
class PersonView:
    """A person's page, masked."""

    line: MemberLine
    door: Door
    is_present: bool
    channels: tuple[str, ...]
    language: str
    registered_here: bool | None
    registered_place: str
    initials: str
    marks: list[GroupMark]
    past_marks: list[GroupMark]
    answers_for: list[Door]
    columns: dict[str, Any] = field(default_factory=dict, repr=False)


def get_person(*, actor: Actor, person_id: int) -> PersonView:
    """Raises Missing where the person is not there or not in the actor's sight."""
    standing = check_may_person(actor, SEE, person_id)
    marks = list(GroupMark.objects.filter(person=person_id).order_by("-id"))
    person = standing.person
    present = {person_id: tuple(one.group for one in marks if one.until_on is None)}
    return PersonView(
        line=_member_of(standing, present),
        door=door_of(actor, standing.at.residence),
        is_present=standing.is_present,
        channels=tuple(person.channels),
        language=person.language,
        registered_here=person.registered_here,
        registered_place=person.registered_place,
        initials=person.initials,
        marks=[one for one in marks if one.until_on is None],
        past_marks=[one for one in marks if one.until_on is not None],
        answers_for=_answered_for(actor, person_id),
    )


def _member_of(standing: PersonStanding, groups: dict[int, tuple[str, ...]]) -> MemberLine:
    membership = standing.membership
    membership.person = standing.person
    return _member(membership, groups)


def _answered_for(actor: Actor, person_id: int) -> list[Door]:
    ids = Answerer.objects.filter(by_person=person_id, until_on=None).values_list("household_id", flat=True)
    doors = describe_households(actor=actor, ids=ids)
    return sorted(doors.values(), key=lambda door: door.order)


@dataclass(frozen=True)
class PersonLine:
    """A person in a list, masked."""

    id: int
    name: str
    sex: str
    born_on: date | None
    phone: str
    status: str
    household_id: int


@dataclass(frozen=True)
class PersonPage:
    lines: list[PersonLine]
    next_cursor: str = ""
    previous_cursor: str = ""


def list_people(
    *, actor: Actor, place: Place | None = None, text: str = "", group: str = "", after: str = "", limit: int = A_PAGE
) -> PersonPage:
    """People who live in the actor's sight at or below `place`, in the order in which they were entered. Two queries."""
    below = _seen(actor, place).order_by().values("household")
    rows = Membership.objects.filter(until_on=None, household__in=below).select_related("person").order_by("person_id")
    if group:
        rows = rows.filter(person__marks__group=group, person__marks__until_on=None)
    if rules.plain(text):
        rows = rows.filter(_person_matching(rules.plain(text)[:100]))
    return _person_page(rows, after, limit)


def list_departed(*, actor: Actor, place: Place, after: str = "", limit: int = A_PAGE) -> PersonPage:
    """People who left from the actor's sight at or below `place` and live nowhere on the register."""
    paths = actor.paths(SEE)
    where = "household__residences__dwelling__entrance__placements"
    last = Membership.objects.filter(person=OuterRef("person")).order_by("-until_on", "-id").values("id")[:1]
    rows = (
        Membership.objects.filter(person__status="departed", person__erased_at=None, until_on__isnull=False, pk=last)
        .filter(
            within(f"{where}__place__path", [place.path]) & within(f"{where}__place__path", paths),
            **{f"{where}__until_on": None},
        )
        .select_related("person")
        .order_by("person_id")
        .distinct()
    )
    return _person_page(rows, after, limit)


def _person_page(rows: QuerySet[Membership], after: str, limit: int) -> PersonPage:
    if after:
        if not after.isdigit() or len(after) > 18:
            raise Missing()
        rows = rows.filter(person__gt=int(after))
    found = list(rows[: limit + 1])
    lines = [
        PersonLine(
            id=one.person_id,
            name=_name_of(one.person),
            sex=one.person.sex,
            born_on=one.person.born_on,
            phone=rules.mask_phone(one.person.phone),
            status=one.person.status,
            household_id=one.household_id,
        )
        for one in found[:limit]
    ]
    return PersonPage(lines, str(lines[-1].id) if len(found) > limit else "")


@dataclass(frozen=True)
class GroupCount:
    """People of a group here, and how many of them live in a household that nothing but a knock reaches, or that
    nobody answers for."""

    group: str
    people: int
    households: int
    without_means: int
    without_answerer: int


def count_groups(*, actor: Actor, place: Place | None = None) -> list[GroupCount]:
    """Every group that somebody here is marked as; the widest gaps first. One query."""
    below = _seen(actor, place).order_by().values("household")
    answered = Answerer.objects.filter(household=OuterRef("household"), until_on=None)
    rows = (
        Membership.objects.filter(until_on=None, household__in=below, person__marks__until_on=None)
        .filter(person__marks__isnull=False)
        .annotate(
            group=F("person__marks__group"),
            reached=Exists(members_with_means("household")) | Exists(answerers_with_phone("household")),
            answered=Exists(answered),
        )
        .values("group")
        .annotate(
            people=Count("person", distinct=True),
            households=Count("household", distinct=True),
            unreached=Count("household", distinct=True, filter=Q(reached=False)),
            unanswered=Count("household", distinct=True, filter=Q(answered=False)),
        )
    )
    found = [
        GroupCount(row["group"], row["people"], row["households"], row["unreached"], row["unanswered"]) for row in rows
    ]
    return sorted(found, key=lambda one: (-one.without_means, -one.without_answerer, -one.people, one.group))


def get_columns(*, actor: Actor, person_id: int) -> dict[str, Any]:
    """What a form of a person begins with: all but the numbers, which stay masked until revealed."""
    person: Person = check_may_person(actor, "register.edit", person_id).person
    names = ("name", "sex", "born_on", "language", "registered_here", "registered_place", "channels", "status")
    return {name: getattr(person, name) for name in names}
