"""By which numbers and in which order a household is reached, for the outbox. Takes ids that the caller has narrowed; what
is read here is sent to, never shown."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from linli.residents.models import Answerer, Membership, Person
from linli.residents.rules import NEEDS_PHONE

USUAL = ("sms",)  # where a person never said how


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone and how its owner wants to be reached by it. `person_id` is 0 for somebody outside the register."""

    person_id: int
    phone: str
    channels: tuple[str, ...]
    language: str
    relative: bool
    answerer_id: int = 0


def list_contacts(household_ids: Iterable[int]) -> dict[int, list[Contact]]:
    """Household → its contacts: the named one first, then the head and the other members, then whoever answers for it.
    Dead numbers are left out, the same number comes once. Two queries."""
    wanted = list(household_ids)
    found: dict[int, list[Contact]] = defaultdict(list)
    members = Membership.objects.filter(household__in=wanted, until_on=None, person__phone_dead_at=None)
    rows = members.exclude(person__phone_index="").values_list(
        "household_id",
        "household__contact_id",
        "role",
        "person_id",
        "person__phone",
        "person__channels",
        "person__language",
    )
    for household, named, role, person, phone, channels, language in sorted(rows, key=_order):
        del named, role
        found[household].append(Contact(person, phone, _ways(channels), language, relative=False))
    for household, contact in _answerers(wanted):
        found[household].append(contact)
    return {household: _once(contacts) for household, contacts in found.items()}


def _order(row: Sequence[object]) -> tuple[bool, bool, object]:
    _household, named, role, person, *_rest = row
    return (person != named, role != "head", person)


def _ways(channels: Iterable[str]) -> tuple[str, ...]:
    """SMS and calls in the person's own order. Whoever named other channels only is still sent an SMS: those are not
    reached from here, and the phone is on record for this."""
    named = tuple(dict.fromkeys(code for code in channels if code in NEEDS_PHONE))
    return named or USUAL


def _answerers(wanted: Sequence[int]) -> Iterable[tuple[int, Contact]]:
    rows = Answerer.objects.filter(household__in=wanted, until_on=None).select_related("by_person").order_by("id")
    for row in rows:
        person = row.by_person
        if person is None:
            if row.phone:
                yield row.household_id, Contact(0, row.phone, USUAL, "", relative=True, answerer_id=row.pk)
        elif person.phone_index and person.phone_dead_at is None:
            ways = _ways(person.channels)
            yield row.household_id, Contact(person.pk, person.phone, ways, person.language, relative=True)


def _once(contacts: Iterable[Contact]) -> list[Contact]:
    return list({one.phone: one for one in reversed(list(contacts))}.values())[::-1]


def list_homes_of(*, people: Iterable[int]) -> list[int]:
    """Every household in which these people live or lived, for the rooms above when their records are erased. One query."""
    rows = Membership.objects.filter(person__in=list(people)).order_by("household_id")
    return list(rows.values_list("household_id", flat=True).distinct())


def list_own_phones(*, people: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Person → (living phone on record, language), for those who live somewhere. One query."""
    rows = Person.objects.filter(
        Exists(Membership.objects.filter(person=OuterRef("pk"), until_on=None)),
        pk__in=list(people),
        phone_dead_at=None,
        erased_at=None,
    ).exclude(phone_index="")
    return {key: (phone, language) for key, phone, language in rows.values_list("pk", "phone", "language")}
