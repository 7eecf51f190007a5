"""Something about a record is wrong: whoever can't change it asks, whoever can decides, through the same act as ever."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing, TooMany
from linli.core.events import publish
from linli.core.locks import lock
from linli.core.writes import done_before, mark_done
from linli.residents import rules, words
from linli.residents.access import EDIT, SEE, Standing, check_may, check_may_household, find_standing
from linli.residents.actions._contacts import note_contact
from linli.residents.actions._entries import PERSON_COLUMNS, check_person, sealed
from linli.residents.actions.erasures import erase_person
from linli.residents.actions.people import change_person
from linli.residents.events import CorrectionAsked, CorrectionSettled
from linli.residents.models import Correction, Membership, Person
from linli.residents.rules import PersonEntry

WAITING = "waiting"
MOST_WAITING = 10
KEPT_AFTER = timedelta(days=365)


def ask_correction(
    *,
    actor: Actor,
    household_id: int,
    field: str,
    value: str = "",
    person_id: int | None = None,
    write_id: UUID | None = None,
) -> Correction:
    """One of rules.CORRECTABLE is wrong; `value` is what would be right, or what there is to say. By a worker who sees the
    household, or by the holder of its link: the page of the link has proven whose it is. Raises Invalid as the form of the
    record itself would."""
    with transaction.atomic():
        content = sealed(household=household_id, person=person_id, field=field, value=value)
        before = done_before(actor, "ask_correction", write_id, content)
        if before:
            return Correction.objects.get(pk=UUID(before))
        at = _standing(actor, household_id)
        lock(f"corrections:{household_id}")
        person = _person(at, person_id)
        text = _checked(field, value, person)
        waiting = Correction.objects.filter(household=household_id, state=WAITING)
        if waiting.count() >= MOST_WAITING:
            raise TooMany(_("There are many requests about this home already. Wait until they are decided."))
        now = clock.now()
        made = Correction.objects.create(
            id=uuid4(),
            household_id=household_id,
            person=person,
            field=field,
            value=text,
            asked_by=actor.ref,
            asked_as="resident" if actor.kind == "link" else "worker",
            asked_at=now,
            expires_at=now + rules.CORRECTION_LAPSES,
        )
        audit.record(actor, "ask_correction", made, fields=[field], path=at.path)
        publish(CorrectionAsked(str(made.pk), at.path))
        mark_done(actor, "ask_correction", write_id, content, made.pk)
        return made


def _standing(actor: Actor, household_id: int) -> Standing:
    if actor.kind == "account":
        return check_may_household(actor, SEE, household_id)
    at = find_standing(household_id)
    if actor.kind != "link" or at is None or not at.is_present:
        raise Missing()
    return at


def _person(at: Standing, person_id: int | None) -> Person | None:
    if person_id is None:
        return None
    living = Membership.objects.filter(household=at.household, person=person_id)
    found = living.order_by("-id").select_related("person").first()
    if found is None or found.person.erased_at or found.person.status == rules.MERGED:
        raise Missing()
    return found.person


def _checked(field: str, value: str, person: Person | None) -> str:
    if field not in rules.CORRECTABLE:
        raise Invalid(fields={"field": _("Choose what is wrong.")})
    if (person is None) != (field in rules.OF_A_HOUSEHOLD) and field != "other":
        raise Invalid(fields={"field": _("Choose what is wrong.")})
    if field in rules.WRITTEN_BY_HAND | {"erase"}:
        text = rules.plain(value)[: rules.LONGEST_REQUEST]
        if not text and field != "erase":
            raise Invalid(fields={"value": _("Say in a few words what would be right.")})
        return text
    assert person is not None  # noqa: S101 (every other field is a person's)
    _read(field, value, person)
    return rules.plain(value)[:100]


def _read(field: str, value: str, person: Person) -> dict[str, Any]:
    """The change, as `change_person` takes it. Raises Invalid at `value`."""
    typed: Any = rules.plain(value)
    if not typed:
        raise Invalid(fields={"value": _("Say what would be right.")})
    if field == "born_on":
        try:
            typed = date.fromisoformat(typed)
        except ValueError:
            raise Invalid(fields={"value": words.reason("date_invalid")}) from None
    now = {name: getattr(person, name) for name in PERSON_COLUMNS}
    entry = PersonEntry(**{**now, field: typed, "channels": tuple(person.channels)})
    _values, wrong = check_person(entry)
    if wrong:
        raise Invalid(fields={"value": words.reason(next(iter(wrong.values())))})
    return {field: typed}


def approve_correction(*, actor: Actor, correction_id: UUID, write_id: UUID | None = None) -> Correction:
    """It is right: the record is changed by the same act as by hand. What a person must put right themselves (who lives
    here, the address) is approved once that is done."""
    with transaction.atomic():
        content = sealed(correction=correction_id)
        before = done_before(actor, "approve_correction", write_id, content)
        found, at = _take(actor, correction_id)
        if before:
            return found
        _refuse_settled(found)
        _apply(actor, found)
        _settle(actor, found, "approved", "", at.path)
        mark_done(actor, "approve_correction", write_id, content, found.pk)
        return found


def _apply(actor: Actor, found: Correction) -> None:
    if found.field in rules.WRITTEN_BY_HAND or found.person is None:
        return
    if found.field == "erase":
        erase_person(actor=actor, person_id=found.person.pk, ground="asked")
        return
    change_person(actor=actor, person_id=found.person.pk, changes=_read(found.field, found.value, found.person))
    if found.field == "phone" and found.asked_as == "resident":
        note_contact([found.person.pk], "phone", "self")


def refuse_correction(*, actor: Actor, correction_id: UUID, answer: str, write_id: UUID | None = None) -> Correction:
    """The record stays as it is; whoever asked reads why."""
    with transaction.atomic():
        content = sealed(correction=correction_id, answer=answer)
        before = done_before(actor, "refuse_correction", write_id, content)
        found, at = _take(actor, correction_id)
        if before:
            return found
        if not rules.plain(answer):
            raise Invalid(fields={"answer": _("Say why: whoever asked reads it.")})
        _refuse_settled(found)
        _settle(actor, found, "refused", rules.plain(answer)[:300], at.path)
        mark_done(actor, "refuse_correction", write_id, content, found.pk)
        return found


def lapse_corrections(*, actor: Actor) -> int:
    """Requests that nobody decided for long end by themselves; old ones are forgotten. Returns how many ended."""
    with transaction.atomic():
        rows = Correction.objects.filter(state=WAITING, expires_at__lte=clock.now())
        found = list(rows[:500])
        for one in found:
            at = find_standing(one.household_id)
            _settle(actor, one, "lapsed", "", at.path if at else "")
        Correction.objects.filter(decided_at__lt=clock.now() - KEPT_AFTER).delete()
        return len(found)


def _take(actor: Actor, correction_id: UUID) -> tuple[Correction, Standing]:
    rows = Correction.objects.select_related("household", "person")
    found = rows.visible_to(actor, SEE).filter(pk=correction_id).first()
    at = find_standing(found.household_id) if found else None
    if found is None or at is None:
        raise Missing()
    check_may(actor, EDIT, at.path)
    if actor.ref == found.asked_by:
        raise Forbidden(_("Somebody else decides this, not the one who asked."))
    lock(f"corrections:{found.household_id}")
    return Correction.objects.select_related("household", "person").get(pk=correction_id), at


def _refuse_settled(found: Correction) -> None:
    if found.state != WAITING:
        raise Conflict(_("This request is decided already."), code="settled")


def _settle(actor: Actor, found: Correction, state: str, answer: str, path: str) -> None:
    """What was asked for is in the record by now, or is nobody's business; only what came of it stays, for a year."""
    now = clock.now()
    Correction.objects.filter(pk=found.pk).update(
        state=state, answer=answer, value="", decided_by=actor.ref, decided_at=now
    )
    found.state, found.answer, found.value, found.decided_at = state, answer, "", now
    audit.record(actor, f"correction_{state}", found, fields=[found.field], path=path)
    publish(CorrectionSettled(str(found.pk), state))
