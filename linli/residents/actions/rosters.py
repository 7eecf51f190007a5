"""A roster goes in as a whole: good rows in one transaction, bad ones named and left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.paths import ancestors
from linli.grid.access import check_may
from linli.grid.actions import Change, WantedDwelling, ensure_dwellings, record_headcount_changes
from linli.grid.models import Place
from linli.grid.profile import register_kind
from linli.residents import numbers
from linli.residents.access import lock_registers
from linli.residents.actions._contacts import contacts_of, note_contacts
from linli.residents.actions._entries import answerer_values
from linli.residents.actions._roster_plan import HouseholdPlan, PersonPlan, Planner, check_entries
from linli.residents.actions._roster_state import KnownHousehold, batches, read_state
from linli.residents.models import Answerer, GroupMark, Household, Membership, Person, Residence
from linli.residents.rules import AnswererEntry, HouseholdRow, ImportOutcome

PERSON_COLUMNS = [one.name for one in Person._meta.fields if one.name not in {"id", "made_at"}]


def import_households(
    *,
    actor: Actor,
    place: Place,
    rows: Sequence[HouseholdRow],
    from_on: date | None = None,
    reason: str = "",
    dry_run: bool = False,
    before_commit: Callable[[ImportOutcome], None] | None = None,
) -> ImportOutcome:
    """Bring households in below a place that keeps a register, or below one of its own places.

    Good rows go in, all or none; the others stand in `errors`. Who is known (by identity number, else by household,
    name and day of birth) is updated where the row says something new, and never doubled. The number of queries depends
    on batches of thousands, not on rows. With `dry_run` only the counts and errors are found.
    """
    if not actor.may("register.import", place.path):
        check_may(actor, "register.import", place, seen_with="register.see")
    checked = check_entries(rows, clock.today())
    with nullcontext() if dry_run else transaction.atomic():
        register = _register_of(place)
        if not dry_run:
            lock_registers(place.path)
        indexes = {values["id_index"] for values, _wrong in checked.values()}
        planner = Planner(actor, place.path, read_state(register, rows, indexes), checked)
        planner.go([_with_good_answerers(row, planner) for row in rows])
        planner.outcome.errors.sort(key=lambda error: error.row)
        if not dry_run and planner.plans:
            _Write(actor, register, planner, from_on or clock.today()).go()
            fields = ["households", "people", "dwellings"]
            audit.record(actor, "import_households", place, fields=fields, reason=reason, path=place.path)
        if before_commit is not None:
            before_commit(planner.outcome)
    return planner.outcome


def _register_of(place: Place) -> Place:
    found = Place.objects.filter(path__in=ancestors(place.path), kind=register_kind()).first()
    if found is None:
        raise Invalid(
            _("A roster belongs to one community. Choose the community, or a place in it."), code="no-register"
        )
    return found


def _with_good_answerers(row: HouseholdRow, planner: Planner) -> HouseholdRow:
    good = []
    for one in row.answerers:
        try:
            values = answerer_values(one.name, one.phone, one.relation)
        except Invalid as error:
            column = "answerer_phone" if "phone" in error.fields else "answerer"
            planner.fail(row.row, column, "phone_invalid" if column == "answerer_phone" else "answerer_incomplete")
        else:
            good.append(AnswererEntry(values["name"], values["phone"], values["relation"]))
    return row if len(good) == len(row.answerers) and not good else replace(row, answerers=tuple(good))


class _Write:
    """One insert a table and batch, then the headcounts."""

    def __init__(self, actor: Actor, register: Place, planner: Planner, day: date):
        self.actor, self.register, self.plans, self.day = actor, register, planner.plans, day
        self.planner, self.today, self.now = planner, clock.today(), clock.now()
        self.household_of: dict[int, int] = {}  # id of a plan → household
        self.person_of: dict[int, int] = {}
        self.moved = {plan.known.id: plan.path for plan in self.plans if plan.known is not None and plan.moves}
        self.moves: dict[str, list[Change]] = {"household": [], "person": []}
        self.joined: dict[str, Counter[str]] = {"household": Counter(), "person": Counter()}

    def go(self) -> None:
        self._write_dwellings()
        self._write_households()
        self._move_households()
        self._write_people()
        self._write_memberships()
        self._write_marks()
        self._write_answerers()
        self._write_contacts()
        for unit in ("household", "person"):
            new = [Change(to_path=path, n=n) for path, n in sorted(self.joined[unit].items())]
            record_headcount_changes(actor=self.actor, unit=unit, changes=[*self.moves[unit], *new])

    def _write_dwellings(self) -> None:
        wanted = [
            WantedDwelling(plan.leaf, row.building, row.room, row.estate, row.entrance, row.floor)
            for plan in self.plans
            for row in (plan.row,)
        ]
        found = ensure_dwellings(actor=self.actor, register=self.register, wanted=wanted, from_on=self.day)
        self.dwellings = found.dwellings
        self.planner.outcome.dwellings_new = found.dwellings_made

    def _write_households(self) -> None:
        new = [plan for plan in self.plans if plan.known is None]
        made = Household.objects.bulk_create(
            Household(name=plan.name, kind=plan.row.kind, subkind=plan.row.subkind, made_at=self.now) for plan in new
        )
        for plan, household in zip(new, made, strict=True):
            self.household_of[id(plan)] = household.pk
            self.joined["household"][plan.path] += 1
        Residence.objects.bulk_create(
            Residence(
                household_id=self.household_of[id(plan)], dwelling_id=self.dwellings[plan.row.door], from_on=self.day
            )
            for plan in new
        )
        self._update_households([(plan, plan.known) for plan in self.plans if plan.known is not None])

    def _update_households(self, plans: Sequence[tuple[HouseholdPlan, KnownHousehold]]) -> None:
        changed = []
        for plan, known in plans:
            self.household_of[id(plan)] = known.id
            if set(plan.changed) - {"contact"}:
                row = plan.row
                name = row.name if "name" in plan.changed else known.name
                kind = row.kind if "kind" in plan.changed else known.kind
                subkind = row.subkind if {"kind", "subkind"} & set(plan.changed) else known.subkind
                changed.append(Household(id=known.id, name=name, kind=kind, subkind=subkind))
        Household.objects.bulk_update(changed, ["name", "kind", "subkind"], batch_size=500)
        audit.record_many(self.actor, "change_household", changed, fields=["name", "kind"], path=self.register.path)

    def _move_households(self) -> None:
        moved = [(plan, plan.known) for plan in self.plans if plan.known is not None and plan.moves]
        _end_rows(Residence, [(known.residence, known.since) for _plan, known in moved], self.today)
        Residence.objects.bulk_create(
            Residence(household_id=known.id, dwelling_id=self.dwellings[plan.row.door], from_on=self.today)
            for plan, known in moved
        )
        for plan, known in moved:
            self.moves["household"].append(Change(from_path=known.path, to_path=plan.path, member=known.id))
            self.moves["person"] += [
                Change(from_path=known.path, to_path=plan.path, member=person) for person in known.people
            ]
        audit.record_many(
            self.actor, "move_household", [("residents.household", known.id) for _plan, known in moved],
            fields=["dwelling"], path=self.register.path,
        )  # fmt: skip

    def _write_people(self) -> None:
        people = [person for plan in self.plans for person in plan.people]
        new = [person for person in people if person.known is None]
        made = Person.objects.bulk_create(Person(made_at=self.now, **person.values) for person in new)
        for person, row in zip(new, made, strict=True):
            self.person_of[id(person)] = row.pk
        for person in people:
            if person.known is not None:
                self.person_of[id(person)] = person.known.id
        self._note_contacts(people)
        self._update_people([one for one in people if set(one.changed) - {"role"} or (one.known and one.departs)])

    def _note_contacts(self, people: Sequence[PersonPlan]) -> None:
        """What the roster tells of a contact confirms it, changed or not."""
        told = [
            pair
            for one in people
            for pair in contacts_of(self.person_of[id(one)], one.values["phone"], one.values["channels"])
        ]
        note_contacts(told, "import")

    def _update_people(self, changed: Sequence[PersonPlan]) -> None:
        """One upsert with all columns: many times faster than a CASE for each row and column."""
        plans = {one.known.id: one for one in changed if one.known}
        for batch in batches(plans):
            rows = list(Person.objects.filter(pk__in=batch))
            for row in rows:
                _take_over(row, plans[row.pk])
            Person.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["id"], update_fields=PERSON_COLUMNS, batch_size=1_000
            )
            audit.record_many(self.actor, "change_person", rows, fields=["person"], path=self.register.path)

    def _write_memberships(self) -> None:
        plans = [(plan, person) for plan in self.plans for person in plan.people]
        leaving = [
            one.known for _plan, one in plans if one.known and one.known.membership and (one.joins or one.departs)
        ]
        _end_rows(Membership, [(one.membership, one.since) for one in leaving], self.today)
        joining = [(plan, one) for plan, one in plans if one.joins and not one.departs]
        Membership.objects.bulk_create(self._membership(plan, one) for plan, one in joining)
        roles = [one for _plan, one in plans if "role" in one.changed and not one.joins and not one.departs]
        Membership.objects.bulk_update(
            [Membership(id=one.known.membership, role=one.role) for one in roles if one.known], ["role"], batch_size=500
        )
        for plan, one in plans:
            self._count_person(plan, one)

    def _membership(self, plan: HouseholdPlan, one: PersonPlan) -> Membership:
        new = one.known is None
        gone = one.values["status"] == "departed"
        return Membership(
            person_id=self.person_of[id(one)],
            household_id=self.household_of[id(plan)],
            role=one.role,
            from_on=self.day if new else self.today,
            until_on=self.today if gone else None,
        )

    def _count_person(self, plan: HouseholdPlan, one: PersonPlan) -> None:
        """A known person's way is named, a new one's only counted. Who moves along with the household is counted there."""
        was = self._path_before(plan, one)
        now = plan.path if one.values["status"] != "departed" else ""
        if one.known is None:
            self.joined["person"][now] += bool(now)
        elif was != now:
            self.moves["person"].append(Change(from_path=was, to_path=now, member=one.known.id))

    def _path_before(self, plan: HouseholdPlan, one: PersonPlan) -> str:
        if one.known is None or one.known.household is None:
            return ""
        if plan.known is not None and one.known.household == plan.known.id:
            return plan.path
        household = one.known.household
        return self.moved.get(household) or self.planner.state.households[household].path

    def _write_marks(self) -> None:
        GroupMark.objects.bulk_create(
            GroupMark(person_id=self.person_of[id(one)], group=group, source="roster", from_on=self.today)
            for plan in self.plans
            for one in plan.people
            for group in one.fresh_groups
        )

    def _write_answerers(self) -> None:
        Answerer.objects.bulk_create(
            Answerer(
                household_id=self.household_of[id(plan)],
                name=one.name,
                phone=one.phone,
                phone_last4=numbers.phone_indexes(one.phone)[1],
                relation=one.relation,
                from_on=self.today,
            )
            for plan in self.plans
            for one in plan.fresh_answerers
        )

    def _write_contacts(self) -> None:
        chosen = []
        for plan in self.plans:
            if not plan.row.contact or (plan.known is not None and "contact" not in plan.changed):
                continue
            names = {one.values["name"]: self.person_of[id(one)] for one in reversed(plan.people)}
            contact = names.get(plan.row.contact)
            if contact:
                chosen.append(Household(id=self.household_of[id(plan)], contact_id=contact))
        Household.objects.bulk_update(chosen, ["contact"], batch_size=500)


def _take_over(row: Person, plan: PersonPlan) -> None:
    for name in ("name", "sex", "born_on", "channels", "language", "registered_here", "registered_place", "status"):
        if name in plan.changed:
            setattr(row, name, plan.values[name])
    row.initials = plan.values["initials"] or row.initials
    for number in ("id", "phone"):
        if f"{number}_index" in plan.changed:
            for column in (f"{number}_index", f"{number}_last4", "id_number" if number == "id" else "phone"):
                setattr(row, column, plan.values[column])
    if "phone_index" in plan.changed:
        row.phone_dead_at = None


def _end_rows(model: Any, rows: Iterable[tuple[int | None, date | None]], today: date) -> None:
    """End present rows today; one that begins later than today ends when it begins."""
    keys = [key for key, since in rows if key is not None and (since is None or since <= today)]
    for batch in batches(keys):
        model.objects.filter(pk__in=batch).update(until_on=today)
