"""What the register holds already of what a roster names: read in a few queries, whatever the roster's size."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from linli.grid.models import Place
from linli.grid.queries import DwellingsFound, find_dwellings
from linli.residents.access import standings
from linli.residents.models import Answerer, GroupMark, Membership, Person
from linli.residents.rules import HouseholdRow

BATCH = 5_000
PERSON = ("id", "name", "born_on", "sex", "id_index", "phone_index", "channels", "language")
MORE = ("registered_here", "registered_place", "status")


@dataclass
class KnownPerson:
    id: int
    columns: dict[str, Any]
    household: int | None = None
    membership: int | None = None
    role: str = ""
    since: date | None = None
    groups: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return str(self.columns["name"])


@dataclass
class KnownHousehold:
    id: int
    name: str
    kind: str
    subkind: str
    contact: int | None
    dwelling: int
    leaf: int
    path: str
    residence: int
    since: date
    people: dict[int, KnownPerson] = field(default_factory=dict)
    answerers: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class RosterState:
    doors: DwellingsFound
    leaves: dict[int, tuple[str, str]]  # leaf → path, name
    households: dict[int, KnownHousehold] = field(default_factory=dict)
    at_dwelling: dict[int, list[KnownHousehold]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, KnownPerson] = field(default_factory=dict)


def batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    found = sorted(set(items))
    for start in range(0, len(found), BATCH):
        yield found[start : start + BATCH]


def read_state(register: Place, rows: Sequence[HouseholdRow], id_indexes: Iterable[str]) -> RosterState:
    doors = find_dwellings(register=register, doors=[row.door for row in rows])
    wanted = {row.place_id for row in rows} | set(doors.leaves.values())
    leaves = Place.objects.below(register.path).filter(pk__in=wanted, until_on=None).values_list("pk", "path", "name")
    state = RosterState(doors, {key: (path, name) for key, path, name in leaves})
    for batch in batches(doors.dwellings[row.door] for row in rows if row.door in doors.dwellings):
        _read_households(state, dwelling__in=batch)
    _read_by_number(state, id_indexes)
    others = {person.household for person in state.by_id.values()} - set(state.households) - {None}
    for batch in batches(others):
        _read_households(state, household__in=batch)
    for household in state.households.values():
        state.at_dwelling[household.dwelling].append(household)
    _read_members(state)
    return state


def _read_households(state: RosterState, **which: Any) -> None:
    rows = standings(**which, until_on=None).values_list(
        "household_id", "household__name", "household__kind", "household__subkind", "household__contact_id",
        "dwelling_id", "leaf_id", "path", "id", "from_on",
    )  # fmt: skip
    for row in rows:
        state.households[row[0]] = KnownHousehold(*row)


def _read_by_number(state: RosterState, id_indexes: Iterable[str]) -> None:
    by_key = {}
    for batch in batches(index for index in id_indexes if index):
        for columns in Person.objects.filter(id_index__in=batch).values(*PERSON, *MORE):
            person = KnownPerson(columns["id"], columns)
            state.by_id[columns["id_index"]] = by_key[person.id] = person
    for batch in batches(by_key):
        present = Membership.objects.filter(person__in=batch, until_on=None)
        for key, household, membership, role, since in present.values_list(
            "person_id", "household_id", "id", "role", "from_on"
        ):
            person = by_key[key]
            person.household, person.membership, person.role, person.since = household, membership, role, since


def _read_members(state: RosterState) -> None:
    known = {person.id: person for person in state.by_id.values()}
    names = [f"person__{name}" for name in (*PERSON, *MORE)]
    for batch in batches(state.households):
        rows = Membership.objects.filter(household__in=batch, until_on=None).order_by("id")
        for household, membership, role, since, *values in rows.values_list(
            "household_id", "id", "role", "from_on", *names
        ):
            columns = dict(zip((*PERSON, *MORE), values, strict=True))
            person = known.setdefault(columns["id"], KnownPerson(columns["id"], columns))
            person.household, person.membership, person.role, person.since = household, membership, role, since
            state.households[household].people[person.id] = person
        answerers = Answerer.objects.filter(household__in=batch, until_on=None)
        for household, name, last4 in answerers.values_list("household_id", "name", "phone_last4"):
            state.households[household].answerers.add((name, last4))
    for batch in batches(known):
        for key, group in GroupMark.objects.filter(person__in=batch, until_on=None).values_list("person_id", "group"):
            known[key].groups.add(group)
