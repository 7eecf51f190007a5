"""What is held about the people of a home and who looked at it, for themselves: on the page of their link, after a second
proof. The page has checked both; here only what that proof opens is read."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.models import AuditEntry
from linli.core.paths import ancestors
from linli.grid.queries import name_posts
from linli.residents.access import find_standing
from linli.residents.models import Answerer, Membership, Person
from linli.residents.numbers import phone_last4
from linli.residents.queries.consents import GroundLine, list_grounds
from linli.residents.queries.freshness import Freshness, list_freshness
from linli.residents.queries.register import AnswererLine, MemberLine, get_members, list_answerers
from linli.residents.queries.requests import CorrectionLine, list_corrections_of

READ_ACTS = ("open_household", "open_person", "reveal_numbers", "export_register")
MOST_READINGS = 400


@dataclass(frozen=True)
class OwnPerson:
    """All that is held of one person, numbers masked."""

    line: MemberLine
    channels: tuple[str, ...]
    language: str
    registered_here: bool | None
    registered_place: str
    grounds: list[GroundLine]
    fresh: list[Freshness]


@dataclass(frozen=True)
class Reading:
    """On a day somebody in a post looked: how, what for (a code of rules.PURPOSES or empty), and how often."""

    on: date
    post: str
    act: str
    purpose: str
    times: int


@dataclass(frozen=True)
class OwnRecord:
    place: str
    people: list[OwnPerson]
    others: list[str]  # they have phones of their own, and look by those
    answerers: list[AnswererLine]
    requests: list[CorrectionLine]
    readings: list[Reading]


def find_people_by_last4(*, household: int, last4: str) -> list[int]:
    """Members of the household whose phone ends so; with them, those who have no phone of their own, for somebody has to
    look for a child. Nobody where no phone ends so. Two queries, right or wrong."""
    digits = phone_last4(last4)
    rows = Membership.objects.filter(household=household, until_on=None, person__erased_at=None).order_by("id")
    known = list(rows.values_list("person_id", "person__phone_last4", "person__phone_dead_at"))
    Answerer.objects.filter(household=household, phone_last4=digits).exists()  # takes as long whoever's phone it is
    own = [key for key, end, dead in known if end == digits and dead is None]
    return own + [key for key, end, _dead in known if not end] if own else []


def find_people_of_phone(*, household: int, person_id: int) -> list[int]:
    """Whose record a code opens that went to this person's phone: those with the same phone, the person first, and those
    without any. Nobody where the person lives there no more or the phone is dead. One query."""
    rows = Membership.objects.filter(household=household, until_on=None, person__erased_at=None).order_by("id")
    known = list(rows.values_list("person_id", "person__phone_index", "person__phone_dead_at"))
    mine = next((index for key, index, dead in known if key == person_id and index and dead is None), None)
    if mine is None:
        return []
    same = [key for key, index, dead in known if index == mine and dead is None and key != person_id]
    return [person_id, *same, *(key for key, index, _dead in known if not index)]


def read_own_record(*, actor: Actor, household: int, people: Collection[int]) -> OwnRecord:
    """Raises Missing where the household lives nowhere any more, or none of the people lives in it."""
    at = find_standing(household)
    if actor.kind != "link" or at is None or not at.is_present:
        raise Missing()
    members = get_members(household_id=household)
    order = {key: at for at, key in enumerate(people)}  # whose digits they were comes first
    mine = sorted((one for one in members if one.id in order), key=lambda one: order[one.id])
    if not mine:
        raise Missing()
    persons = {one.person_id: one.person for one in Membership.objects.filter(
        household=household, until_on=None, person__in=[one.id for one in mine]
    ).select_related("person")}  # fmt: skip
    return OwnRecord(
        place=at.residence.leaf_name,  # type: ignore[attr-defined]
        people=[_own(actor, one, persons) for one in mine],
        others=[one.name for one in members if one not in mine],
        answerers=list_answerers(actor=actor, household_id=household),
        requests=[one for one in list_corrections_of(household_id=household) if one.person_id in {None, *persons}],
        readings=_readings(household, [one.id for one in mine], at.path),
    )


def _own(actor: Actor, line: MemberLine, persons: dict[int, Person]) -> OwnPerson:
    person = persons[line.id]
    channels = tuple(person.channels)
    return OwnPerson(
        line=line,
        channels=channels,
        language=person.language,
        registered_here=person.registered_here,
        registered_place=person.registered_place,
        grounds=list_grounds(actor=actor, person_id=line.id),
        fresh=list_freshness(person_id=line.id, phone=line.phone, channels=channels),
    )


def _readings(household: int, people: Collection[int], path: str) -> list[Reading]:
    """The post and the place, never the name: it is the office that answers for it."""
    of_people = Q(object_type="residents.person", object_id__in=[str(key) for key in people])
    of_home = Q(object_type="residents.household", object_id=str(household))
    exports = Q(act="export_register", path__in=ancestors(path))
    rows = AuditEntry.objects.filter(of_people | of_home | exports, act__in=READ_ACTS).order_by("-at")
    found = list(rows[:MOST_READINGS])
    posts = name_posts([(one.actor, one.path or path, one.at) for one in found])
    counted = Counter(
        (clock.local(one.at).date(), post, one.act, one.reason.partition(":")[0] if one.act == "reveal_numbers" else "")
        for one, post in zip(found, posts, strict=True)
    )
    lines = [Reading(*key, times) for key, times in counted.items()]
    return sorted(lines, key=lambda one: (one.on, one.post, one.act, one.purpose), reverse=True)
