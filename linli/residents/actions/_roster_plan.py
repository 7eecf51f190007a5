"""What a roster changes, decided row by row against what is known; nothing is written here."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from linli.core.actors import Actor
from linli.residents import rules
from linli.residents.access import EDIT
from linli.residents.actions._entries import check_person
from linli.residents.actions._roster_state import KnownHousehold, KnownPerson, RosterState
from linli.residents.numbers import phone_indexes
from linli.residents.profile import groups as known_groups
from linli.residents.rules import AnswererEntry, HouseholdRow, ImportOutcome, PersonEntry, RowError

COMPARED = (
    "name",
    "sex",
    "born_on",
    "id_index",
    "phone_index",
    "channels",
    "language",
    "registered_here",
    "registered_place",
    "status",
)
Checked = dict[int, tuple[dict[str, Any], dict[str, str]]]  # id of an entry → its columns and what is wrong


@dataclass
class PersonPlan:
    entry: PersonEntry
    values: dict[str, Any]
    known: KnownPerson | None = None
    changed: list[str] = field(default_factory=list)
    joins: bool = False  # comes into this household: new, moved or back
    departs: bool = False
    role: str = ""
    fresh_groups: list[str] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        return bool(self.changed or self.joins or self.departs or self.fresh_groups)


@dataclass
class HouseholdPlan:
    row: HouseholdRow
    leaf: int
    path: str
    name: str
    known: KnownHousehold | None = None
    moves: bool = False
    changed: list[str] = field(default_factory=list)
    people: list[PersonPlan] = field(default_factory=list)
    fresh_answerers: list[AnswererEntry] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        return bool(self.moves or self.changed or self.fresh_answerers)


def check_entries(rows: Sequence[HouseholdRow], today: date) -> Checked:
    return {id(entry): check_person(entry, today) for row in rows for entry in row.people}


class Planner:
    """Goes through the rows once. What is claimed by one row is not given to another."""

    def __init__(self, actor: Actor, path: str, state: RosterState, checked: Checked):
        self.actor, self.path, self.state, self.checked = actor, path, state, checked
        self.outcome = ImportOutcome()
        self.plans: list[HouseholdPlan] = []
        self.claimed: dict[int, int] = {}  # household → row
        self.taken: dict[int, int] = {}  # person → row
        self.numbers: dict[str, int] = {}  # id index → row
        self.leaf_of: dict[tuple[str, str, str], tuple[int, int]] = {}  # entrance → leaf, row that named it
        self.named_at: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
        self.fresh: dict[tuple[Any, ...], int] = {}  # new people without a number → row

    def fail(self, row: int, column: str, reason: str, **values: str) -> None:
        self.outcome.errors.append(RowError(row, column, reason, values))

    def go(self, rows: Sequence[HouseholdRow]) -> None:
        for row in rows:
            self.named_at[row.door].add(row.name)
        for row in rows:
            self._take(row)

    def _take(self, row: HouseholdRow) -> None:
        people = self._people(row)
        leaf = self._leaf(row) if self._is_named(row) else None
        if leaf is None:
            self._blame_all(row)
            return
        if row.people and not people:
            return  # each of its rows has an error of its own
        plan = HouseholdPlan(row, leaf, self.state.leaves[leaf][0], row.name or _head_of(people))
        plan.known = self._match(row, people, plan)
        if plan.known is not None:
            self.claimed[plan.known.id] = row.row
        plan.people = [one for one in people if self._settle(one, plan)]
        self._compare(plan)
        if plan.known is None and row.people and not plan.people:
            return
        self.plans.append(plan)
        self._count(plan)

    def _blame_all(self, row: HouseholdRow) -> None:
        """The other rows of a household that can't stand anywhere stay out for the same reason."""
        own = [error for error in self.outcome.errors if error.row == row.row]
        told = {error.row for error in self.outcome.errors}
        for entry in row.people:
            if entry.row not in told and own:
                self.fail(entry.row, own[-1].column, own[-1].reason, **own[-1].values)

    def _is_named(self, row: HouseholdRow) -> bool:
        wrong = _household_fault(row)
        if wrong:
            self.fail(row.row, *wrong)
        return wrong is None

    def _leaf(self, row: HouseholdRow) -> int | None:
        """The leaf that the entrance stands in; an error where two claim it or it isn't the actor's."""
        entrance = row.door[:3]
        standing = self.state.doors.leaves.get(entrance)
        leaf = row.place_id or standing or self.leaf_of.get(entrance, (0, 0))[0]
        if not leaf:
            self.fail(row.row, "cell", "cell_missing")
            return None
        if leaf not in self.state.leaves or not self.state.leaves[leaf][0].startswith(self.path):
            self.fail(row.row, "cell", "cell_not_yours")
            return None
        if standing and standing != leaf:
            there = self.state.leaves[standing][1] if standing in self.state.leaves else "?"
            self.fail(row.row, "entrance", "entrance_elsewhere", there=there)
            return None
        first, first_row = self.leaf_of.setdefault(entrance, (leaf, row.row))
        if first != leaf:
            names = {"here": self.state.leaves[leaf][1], "there": self.state.leaves[first][1]}
            self.fail(row.row, "entrance", "entrance_two_cells", other=str(first_row), **names)
            return None
        return leaf

    def _people(self, row: HouseholdRow) -> list[PersonPlan]:
        """Those of the household whose own columns are right."""
        found = []
        for entry in row.people:
            values, wrong = self.checked[id(entry)]
            wrong = {**wrong, **_code_faults(entry)}
            for column, reason in wrong.items():
                self.fail(entry.row, column, reason)
            if wrong:
                continue
            twice = self.numbers.setdefault(values["id_index"], entry.row) if values["id_index"] else entry.row
            if twice != entry.row:
                self.fail(entry.row, "id_number", "id_twice", other=str(twice))
                continue
            found.append(PersonPlan(entry, values, self.state.by_id.get(values["id_index"])))
        return found

    def _match(self, row: HouseholdRow, people: Sequence[PersonPlan], plan: HouseholdPlan) -> KnownHousehold | None:
        """The household of the register that this row is about, if any."""
        here = self.state.at_dwelling.get(self.state.doors.dwellings.get(row.door, 0), [])
        free = [one for one in here if one.id not in self.claimed]
        for one in free:
            if one.name == plan.name:
                return one
        members = {person.known.id for person in people if person.known}
        unnamed = [one for one in free if one.name not in self.named_at[row.door]]  # the others have rows of their own
        sharing = [one for one in unnamed if members & set(one.people) or _has_same_names(one, people)]
        if sharing:
            return sharing[0]
        if not row.name and len(here) == 1 and free:
            return free[0]
        return self._match_elsewhere(people, members)

    def _match_elsewhere(self, people: Sequence[PersonPlan], members: set[int]) -> KnownHousehold | None:
        """A household all of whose members, known by number, now stand at this door has moved."""
        for person in people:
            household = self.state.households.get(person.known.household or 0) if person.known else None
            if (
                household is not None
                and household.id not in self.claimed
                and set(household.people) <= members
                and self.actor.may(EDIT, household.path)
            ):
                return household
        return None

    def _settle(self, plan: PersonPlan, household: HouseholdPlan) -> bool:
        """Who of the register the person is, and what changes. False where the row has an error."""
        if plan.known is None and household.known is not None:
            plan.known = _same_person(plan, household.known, self.taken)
        if plan.known is None and not self._is_first(plan, household):
            return False
        if plan.known is not None and not self._may_take(plan):
            return False
        known = plan.known
        departed = plan.values["status"] == "departed"
        lives_here = known is not None and household.known is not None and known.household == household.known.id
        plan.joins = not lives_here and not (departed and known is not None and known.household is None)
        plan.departs = departed and known is not None and known.household is not None
        plan.role = plan.entry.role
        plan.changed = _differing(plan)
        have = known.groups if known else set()
        plan.fresh_groups = [group for group in dict.fromkeys(plan.entry.groups) if group not in have]
        return True

    def _is_first(self, plan: PersonPlan, household: HouseholdPlan) -> bool:
        """A new person without a number stands once in a household of the file."""
        if plan.values["id_index"]:
            return True
        key = (household.row.door, household.name, plan.values["name"], plan.values["born_on"])
        first = self.fresh.setdefault(key, plan.entry.row)
        if first != plan.entry.row:
            self.fail(plan.entry.row, "name", "person_twice", other=str(first))
        return first == plan.entry.row

    def _may_take(self, plan: PersonPlan) -> bool:
        known, row = plan.known, plan.entry.row
        if known is None:
            return True
        if known.name != plan.values["name"]:
            self.fail(row, "id_number", "id_other_name")
            return False
        first = self.taken.setdefault(known.id, row)
        if first != row:
            self.fail(row, "name", "person_twice", other=str(first))
            return False
        at = self.state.households.get(known.household or 0)
        if known.household and (at is None or not self.actor.may(EDIT, at.path)):
            self.fail(row, "id_number", "id_elsewhere")
            return False
        return True

    def _compare(self, plan: HouseholdPlan) -> None:
        row, known = plan.row, plan.known
        have = known.answerers if known else set()
        plan.fresh_answerers = [one for one in row.answerers if (one.name, phone_indexes(one.phone)[1]) not in have]
        if known is None:
            return
        plan.moves = self.state.doors.dwellings.get(row.door) != known.dwelling
        if row.name and row.name != known.name:
            plan.changed.append("name")
        if row.kind not in {known.kind, "family"}:
            plan.changed.append("kind")
        if row.subkind and row.subkind != known.subkind:
            plan.changed.append("subkind")
        contact = known.people.get(known.contact or 0)
        if row.contact and (contact is None or contact.name != row.contact):
            plan.changed.append("contact")

    def _count(self, plan: HouseholdPlan) -> None:
        counts = self.outcome
        if plan.known is None:
            counts.households_new += 1
        elif plan.is_changed:
            counts.households_changed += 1
        else:
            counts.households_unchanged += 1
        for person in plan.people:
            if person.known is None:
                counts.people_new += 1
            elif person.is_changed:
                counts.people_changed += 1
            else:
                counts.people_unchanged += 1


def _head_of(people: Sequence[PersonPlan]) -> str:
    head = next((one for one in people if one.entry.role == "head"), people[0])
    return str(head.values["name"])


def _household_fault(row: HouseholdRow) -> tuple[str, str] | None:
    if not row.building:
        return ("building", "building_missing")
    if not row.name and not row.people:
        return ("household", "household_empty")
    if row.kind not in rules.KINDS or (row.subkind and row.subkind not in rules.SUBKINDS[row.kind]):
        return ("kind", "kind_unknown")
    parts = {name: getattr(row, name) for name in ("estate", "building", "entrance", "room")} | {"household": row.name}
    too_long = next((name for name, text in parts.items() if len(text) > rules.LONGEST[name]), "")
    if too_long:
        return (too_long, "too_long")
    if row.contact and row.contact not in {rules.name_of(one.name) for one in row.people}:
        return ("contact", "contact_unknown")
    return None


def _code_faults(entry: PersonEntry) -> dict[str, str]:
    wrong = {}
    if entry.role and entry.role not in rules.ROLES:
        wrong["role"] = "role_unknown"
    if set(entry.groups) - set(known_groups()):
        wrong["groups"] = "group_unknown"
    return wrong


def _has_same_names(household: KnownHousehold, people: Sequence[PersonPlan]) -> bool:
    names = {person.values["name"] for person in people if not person.known}
    return bool(names & {one.name for one in household.people.values()})


def _same_person(plan: PersonPlan, household: KnownHousehold, taken: dict[int, int]) -> KnownPerson | None:
    """A member with the same name whose number and day of birth don't speak against it; the same day of birth first."""
    values = plan.values
    found = [
        one
        for one in household.people.values()
        if one.id not in taken
        and one.name == values["name"]
        and not (values["id_index"] and one.columns["id_index"])
        and (not values["born_on"] or not one.columns["born_on"] or values["born_on"] == one.columns["born_on"])
    ]
    found.sort(key=lambda one: (one.columns["born_on"] != values["born_on"], one.id))
    return found[0] if found else None


def _differing(plan: PersonPlan) -> list[str]:
    """Columns that the row tells and that are not so yet: what is left empty says nothing."""
    if plan.known is None:
        return []
    known, changed = plan.known, []
    for name in COMPARED:
        value = plan.values[name]
        if name == "status" and not plan.entry.status and known.columns[name] != "departed":
            continue
        if value not in ("", None, []) and value != known.columns[name]:
            changed.append(name)
    if known.membership and plan.entry.role and plan.entry.role != known.role:
        changed.append("role")
    return changed
