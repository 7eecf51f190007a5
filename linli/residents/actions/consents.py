"""On which ground data of a person are used for what: recorded, by whose word, and taken back."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.writes import done_before, mark_done
from linli.residents import rules
from linli.residents.access import EDIT, PersonStanding, find_person_standing, take_person
from linli.residents.actions._entries import sealed
from linli.residents.models import Consent
from linli.residents.profile import purposes


def record_ground(
    *,
    actor: Actor,
    person_id: int,
    purpose: str,
    ground: str,
    word: str = "",
    until_on: date | None = None,
    write_id: UUID | None = None,
) -> Consent:
    """From today a purpose may use a person's data on this ground: by whose word, or by which paper. Recorded again while
    it stands, the later word takes the place of the earlier."""
    with transaction.atomic():
        content = sealed(person=person_id, purpose=purpose, ground=ground, word=word, until=until_on)
        before = done_before(actor, "record_ground", write_id, content)
        if before:
            return Consent.objects.get(pk=int(before))
        standing = take_person(actor, EDIT, person_id)
        _check(purpose, ground, word, until_on)
        today = clock.today()
        standing_now = Consent.objects.filter(person=person_id, purpose=purpose, withdrawn_at=None)
        standing_now.exclude(until_on__lte=today).update(until_on=today)
        made = Consent.objects.create(
            person=standing.person,
            purpose=purpose,
            ground=ground,
            word=rules.plain(word)[:100],
            from_on=today,
            until_on=until_on,
            by=actor.ref,
        )
        audit.record(actor, "record_ground", standing.person, fields=[purpose, ground], path=standing.at.path)
        mark_done(actor, "record_ground", write_id, content, made.pk)
        return made


def _check(purpose: str, ground: str, word: str, until_on: date | None) -> None:
    wrong = {}
    if purpose not in purposes():
        wrong["purpose"] = _("Choose what the data are used for.")
    if ground not in rules.GROUNDS:
        wrong["ground"] = _("Choose the ground.")
    if not rules.plain(word):
        wrong["word"] = _("Say by whose word, or by which paper.")
    if until_on is not None and until_on <= clock.today():
        wrong["until_on"] = _("Choose a day after today, or leave it empty.")
    if wrong:
        raise Invalid(fields=wrong)


def withdraw_ground(*, actor: Actor, consent_id: int, write_id: UUID | None = None) -> None:
    """Consent is taken back, at once: by whoever edits the record at the person's word, or by the person on their own
    page. What the law asks for can't be withdrawn."""
    with transaction.atomic():
        content = sealed(consent=consent_id)
        if done_before(actor, "withdraw_ground", write_id, content):
            return
        found = Consent.objects.filter(pk=consent_id).first()
        if found is None:
            raise Missing()
        standing = _standing(actor, found.person_id)
        if found.ground != "consent":
            raise Conflict(_("Only consent can be withdrawn."), code="no-consent")
        Consent.objects.filter(pk=consent_id, withdrawn_at=None).update(
            withdrawn_at=clock.now(), until_on=clock.today()
        )
        audit.record(actor, "withdraw_ground", standing.person, fields=[found.purpose], path=standing.at.path)
        mark_done(actor, "withdraw_ground", write_id, content, consent_id)


def _standing(actor: Actor, person_id: int) -> PersonStanding:
    """For the holder of a link, the page has proven who it is."""
    if actor.kind != "link":
        return take_person(actor, EDIT, person_id)
    standing = find_person_standing(person_id)
    if standing is None:
        raise Missing()
    return standing
