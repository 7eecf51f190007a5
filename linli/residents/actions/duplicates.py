"""Two records of one person become one, and two again where that was a mistake."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.writes import done_before, mark_done
from linli.grid.actions import Change, record_headcount_changes
from linli.residents import rules
from linli.residents.access import EDIT, PersonStanding, check_may_person, find_person_standing, take_person
from linli.residents.actions._entries import sealed
from linli.residents.models import (
    Answerer,
    Consent,
    ContactCheck,
    Correction,
    GroupMark,
    Household,
    Membership,
    MergedPerson,
    NoDuplicate,
    Person,
)

NUMBERS = {"id_number": ("id_number", "id_index", "id_last4"), "phone": ("phone", "phone_index", "phone_last4")}
COLUMNS = (
    "name", "initials", "sex", "born_on", "id_number", "id_index", "id_last4", "phone", "phone_index", "phone_last4",
    "channels", "language", "registered_here", "registered_place", "status",
)  # fmt: skip
EMPTY: dict[str, Any] = {**dict.fromkeys(COLUMNS, ""), "born_on": None, "registered_here": None, "channels": []}


def merge_people(
    *, actor: Actor, kept_id: int, gone_id: int, take: Mapping[str, bool] | None = None, write_id: UUID | None = None
) -> Person:
    """`gone` is the same person as `kept`, whose record goes on where they live. `take` names columns whose value comes
    from `gone`; what `kept` lacks comes from it anyway. Marks, consents and whom they answer for go along. Both must be
    the actor's to edit, also in two communities."""
    with transaction.atomic():
        chosen = sorted(name for name, wanted in (take or {}).items() if wanted)
        content = sealed(kept=kept_id, gone=gone_id, take=chosen)
        before = done_before(actor, "merge_people", write_id, content)
        kept = check_may_person(actor, EDIT, kept_id)
        if before:
            return kept.person
        gone = check_may_person(actor, EDIT, gone_id)
        take_person(actor, EDIT, kept_id, kept.at.path, gone.at.path)
        kept, gone = check_may_person(actor, EDIT, kept_id), check_may_person(actor, EDIT, gone_id)
        _check_can_merge(kept, gone)
        snapshot = {"kept": _columns(kept.person), "gone": _columns(gone.person)}
        steps = _move_rows(kept, gone)
        _empty(gone.person)
        snapshot["after"] = _fill(kept.person, snapshot["gone"], chosen)
        _leave(actor, gone, steps)
        made = MergedPerson.objects.create(
            id=uuid4(), kept=kept.person, gone=gone.person, before=json.dumps(snapshot), steps=steps, by=actor.ref,
            at=clock.now(),
        )  # fmt: skip
        for path in sorted({kept.at.path, gone.at.path}):
            audit.record(actor, "merge_people", made, fields=["person", *chosen], path=path)
        mark_done(actor, "merge_people", write_id, content, made.pk)
        return kept.person


def _check_can_merge(kept: PersonStanding, gone: PersonStanding) -> None:
    if kept.person.pk == gone.person.pk:
        raise Invalid(fields={"gone": _("Choose two different records.")})
    for one in (kept.person, gone.person):
        if one.erased_at is not None or one.status == rules.MERGED:
            raise Conflict(_("One of these records is merged or erased already."), code="merged")
    if kept.person.id_index and gone.person.id_index and kept.person.id_index != gone.person.id_index:
        raise Conflict(_("These two have different identity numbers, so they are two people."), code="two-numbers")
    if not kept.is_present and gone.is_present:
        text = _("Keep the record of the one who lives here: the other has departed.")
        raise Conflict(text, code="departed")


def _columns(person: Person) -> dict[str, Any]:
    found = {name: getattr(person, name) for name in COLUMNS}
    found["phone_dead_at"] = person.phone_dead_at.isoformat() if person.phone_dead_at else ""
    return found | {"born_on": person.born_on.isoformat() if person.born_on else ""}


def _fill(person: Person, other: dict[str, Any], chosen: list[str]) -> dict[str, Any]:
    """What the kept record has not, or was said to take, comes from the other; numbers with their indexes."""
    groups = {**{name: (name,) for name in COLUMNS}, **NUMBERS}
    del groups["status"], groups["initials"]
    for name in [*(one for names in NUMBERS.values() for one in names[1:])]:
        groups.pop(name)
    groups["name"] = ("name", "initials")
    for name, columns in groups.items():
        if other[name] in ("", None, []) or (getattr(person, name) not in ("", None, []) and name not in chosen):
            continue
        for column in columns:
            setattr(person, column, _typed(column, other[column]))
        if name == "phone":
            person.phone_dead_at = None
    person.save()
    return _columns(person)


def _typed(column: str, value: Any) -> Any:
    return date.fromisoformat(value) if column == "born_on" and value else (None if column == "born_on" else value)


def _empty(person: Person) -> None:
    """The other row stays, empty: what it held is in the sealed snapshot, and no search finds it twice."""
    for name, value in EMPTY.items():
        setattr(person, name, value)
    person.phone_dead_at, person.status = None, rules.MERGED
    person.save()


def _move_rows(kept: PersonStanding, gone: PersonStanding) -> dict[str, Any]:
    """Rows of the other that the kept record takes over, by number. The same few statements for everybody."""
    one, other = kept.person.pk, gone.person.pk
    had = set(GroupMark.objects.filter(person=one, until_on=None).values_list("group", flat=True))
    marks = GroupMark.objects.filter(person=other, until_on=None).exclude(group__in=had)
    answering = Answerer.objects.filter(by_person=other, until_on=None)
    answering = answering.exclude(
        household__in=Answerer.objects.filter(by_person=one, until_on=None).values("household")
    )
    known = ContactCheck.objects.filter(person=one).values("channel")
    steps: dict[str, Any] = {
        "marks": list(marks.values_list("pk", flat=True)),
        "answerers": list(answering.values_list("pk", flat=True)),
        "consents": list(Consent.objects.filter(person=other, withdrawn_at=None).values_list("pk", flat=True)),
        "checks": list(
            ContactCheck.objects.filter(person=other).exclude(channel__in=known).values_list("pk", flat=True)
        ),
        "corrections": list(Correction.objects.filter(person=other).values_list("pk", flat=True)),
        "contacts": list(Household.objects.filter(contact=other).values_list("pk", flat=True)),
    }
    GroupMark.objects.filter(pk__in=steps["marks"]).update(person=one)
    Answerer.objects.filter(pk__in=steps["answerers"]).update(by_person=one)
    Consent.objects.filter(pk__in=steps["consents"]).update(person=one)
    ContactCheck.objects.filter(pk__in=steps["checks"]).update(person=one)
    Correction.objects.filter(pk__in=steps["corrections"]).update(person=one)
    same_home = kept.is_present and kept.at.household.pk in steps["contacts"]
    Household.objects.filter(contact=other).update(contact=None)
    if same_home:
        Household.objects.filter(pk=kept.at.household.pk).update(contact=one)
    return steps


def _leave(actor: Actor, gone: PersonStanding, steps: dict[str, Any]) -> None:
    if not gone.is_present:
        return
    day = max(clock.today(), gone.membership.from_on)
    Membership.objects.filter(pk=gone.membership.pk).update(until_on=day)
    steps["membership"] = gone.membership.pk
    change = Change(from_path=gone.headcount_path, member=gone.person.pk)
    record_headcount_changes(actor=actor, unit="person", changes=[change])


def unmerge_people(*, actor: Actor, merged_id: UUID, write_id: UUID | None = None) -> Person:
    """They are two after all: both records are as they were. What the kept one was changed to since stays."""
    with transaction.atomic():
        content = sealed(merged=merged_id)
        before = done_before(actor, "unmerge_people", write_id, content)
        found = MergedPerson.objects.select_related("kept", "gone").filter(pk=merged_id).first()
        if found is None:
            raise Missing()
        kept = check_may_person(actor, EDIT, found.kept_id)
        old = check_may_person(actor, EDIT, found.gone_id)
        if before:
            return found.gone
        take_person(actor, EDIT, found.kept_id, kept.at.path, old.at.path)
        found = MergedPerson.objects.select_related("kept", "gone").get(pk=merged_id)
        _check_can_unmerge(found)
        snapshot = json.loads(found.before)
        _give_back(found.kept, snapshot["kept"], snapshot["after"])
        _give_back(found.gone, snapshot["gone"], None)
        _return_rows(found)
        _come_back(actor, found)
        MergedPerson.objects.filter(pk=merged_id).update(undone_at=clock.now(), before="")
        for path in sorted({kept.at.path, old.at.path}):
            audit.record(actor, "unmerge_people", found, fields=["person"], path=path)
        mark_done(actor, "unmerge_people", write_id, content, found.gone_id)
        return found.gone


def _check_can_unmerge(found: MergedPerson) -> None:
    if found.undone_at is not None:
        raise Conflict(_("This was taken back already."), code="undone")
    if found.kept.erased_at is not None or not found.before:
        raise Conflict(_("The record was erased since: nothing is left to give back."), code="erased")
    if found.kept.status == rules.MERGED:
        raise Conflict(_("The kept record was merged into another one since. Take that back first."), code="merged")


def _give_back(person: Person, was: dict[str, Any], after: dict[str, Any] | None) -> None:
    """The columns as they were; of the kept record only those that nobody changed since. A number that the two had
    between them goes back before the other row takes it, for one number stands once."""
    now = _columns(person)
    for name in COLUMNS:
        if after is None or now[name] == after[name]:
            setattr(person, name, _typed(name, was[name]))
    if after is None or now["phone"] == after["phone"]:
        person.phone_dead_at = _moment(was["phone_dead_at"])
    person.save()


def _moment(text: str) -> Any:
    return datetime.fromisoformat(text) if text else None


def _return_rows(found: MergedPerson) -> None:
    steps, kept, gone = found.steps, found.kept_id, found.gone_id
    GroupMark.objects.filter(pk__in=steps["marks"], person=kept).update(person=gone)
    Answerer.objects.filter(pk__in=steps["answerers"], by_person=kept).update(by_person=gone)
    Consent.objects.filter(pk__in=steps["consents"], person=kept).update(person=gone)
    ContactCheck.objects.filter(pk__in=steps["checks"], person=kept).update(person=gone)
    Correction.objects.filter(pk__in=steps["corrections"], person=kept).update(person=gone)
    Household.objects.filter(pk__in=steps["contacts"], contact=None).update(contact=gone)
    Household.objects.filter(pk__in=steps["contacts"], contact=kept).update(contact=gone)


def _come_back(actor: Actor, found: MergedPerson) -> None:
    """Into the household that they were counted in, where it is still there."""
    key = found.steps.get("membership")
    if key is None:
        return
    Membership.objects.filter(pk=key).update(until_on=None)
    standing = find_person_standing(found.gone_id)
    if standing is None or not standing.is_present:  # the household has departed since: so has the person
        Membership.objects.filter(pk=key).update(until_on=clock.today())
        Person.objects.filter(pk=found.gone_id).update(status="departed")
        return
    change = Change(to_path=standing.headcount_path, member=found.gone_id)
    record_headcount_changes(actor=actor, unit="person", changes=[change])


def dismiss_duplicate(*, actor: Actor, one_id: int, other_id: int, write_id: UUID | None = None) -> None:
    """Somebody looked: these are two people. They are not proposed again."""
    with transaction.atomic():
        low, high = sorted((one_id, other_id))
        content = sealed(one=low, other=high)
        if done_before(actor, "dismiss_duplicate", write_id, content):
            return
        one, other = check_may_person(actor, EDIT, low), check_may_person(actor, EDIT, high)
        if low == high:
            raise Invalid(fields={"other": _("Choose two different records.")})
        NoDuplicate.objects.get_or_create(one_id=low, other_id=high, defaults={"by": actor.ref, "at": clock.now()})
        for path in sorted({one.at.path, other.at.path}):
            audit.record(actor, "dismiss_duplicate", one.person, fields=["person"], path=path)
        mark_done(actor, "dismiss_duplicate", write_id, content, low)
