"""Showing numbers in full: for a stated purpose, counted, and beyond a few only with a second person's word."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing, TooMany
from linli.core.locks import lock
from linli.core.models import AuditEntry
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_may as check_may_at
from linli.grid.models import Place
from linli.residents import rules
from linli.residents.access import check_may_household, check_may_person
from linli.residents.actions._entries import sealed
from linli.residents.actions._grants import has_grant
from linli.residents.models import Answerer, RevealGrant
from linli.residents.profile import purposes
from linli.residents.queries.consents import has_ground

REVEAL = "register.reveal"
HOUR = timedelta(hours=1)


def reveal_numbers(
    *, actor: Actor, person_id: int, fields: Sequence[str], purpose: str, note: str = ""
) -> dict[str, str]:
    """Field → value in full. Raises Invalid without a purpose of rules.PURPOSES, and TooMany past rules.REVEALS_AN_HOUR
    where no second person allowed more. What was shown, to whom and why stands in the audit trail; never the value."""
    with transaction.atomic():
        standing = check_may_person(actor, REVEAL, person_id)
        wanted = [name for name in rules.REVEALABLE if name in fields]
        if not wanted or set(fields) - set(rules.REVEALABLE):
            raise Invalid(fields={"fields": _("Choose what to show.")})
        reason = _checked_purpose(purpose, note)
        _check_ground(person_id, purpose)
        _count(actor, standing.at.path)
        audit.record(actor, "reveal_numbers", standing.person, fields=wanted, reason=reason, path=standing.at.path)
        return {name: str(getattr(standing.person, name)) for name in wanted}


def reveal_answerer(*, actor: Actor, answerer_id: int, purpose: str, note: str = "") -> dict[str, str]:
    """The same for the phone of somebody outside the register who answers for a household."""
    with transaction.atomic():
        found = Answerer.objects.filter(pk=answerer_id).first()
        if found is None:
            raise Missing()
        at = check_may_household(actor, REVEAL, found.household_id)
        reason = _checked_purpose(purpose, note)
        _count(actor, at.path)
        audit.record(actor, "reveal_numbers", found, fields=["phone"], reason=reason, path=at.path)
        return {"phone": found.phone}


def _checked_purpose(purpose: str, note: str) -> str:
    if purpose not in rules.PURPOSES:
        raise Invalid(fields={"purpose": _("Say what you need it for.")})
    note = rules.plain(note)
    if purpose == "other" and not note:
        raise Invalid(fields={"note": _("Say in the note what you need it for.")})
    return f"{purpose}: {note[:200]}" if note else purpose


def _check_ground(person_id: int, purpose: str) -> None:
    """What the profile says needs consent is not done without it."""
    if purpose in purposes() and not has_ground(person_id=person_id, purpose=purpose):
        text = _("This needs the person's consent, and none is on record. Record it on their page, or don't do it.")
        raise Conflict(text, code="no-ground")


def _count(actor: Actor, path: str) -> None:
    """From the audit trail itself, so that the count can't be reset."""
    if actor.kind != "account":
        raise Forbidden()
    lock(f"reveal:{actor.ref}")
    since = clock.now() - HOUR
    shown = AuditEntry.objects.filter(actor=actor.ref, act="reveal_numbers", at__gt=since).count()
    if shown >= rules.REVEALS_AN_HOUR and not has_grant(actor, "reveal", path):
        raise TooMany(
            _(
                "You have shown %(most)s numbers within an hour. Ask a second person to allow more, on the page of grants."
            )
            % {"most": rules.REVEALS_AN_HOUR},
            code="reveals",
        )


def ask_reveal_grant(
    *, actor: Actor, place_id: int, act: str, reason: str, write_id: UUID | None = None
) -> RevealGrant:
    """Ask a second person to allow many reveals, or an export, below a place."""
    with transaction.atomic():
        content = sealed(place=place_id, act=act, reason=reason)
        before = done_before(actor, "ask_reveal_grant", write_id, content)
        if before:
            return RevealGrant.objects.get(pk=int(before))
        place = Place.objects.visible_to(actor, "register.see").filter(pk=place_id).first()
        if place is None:
            raise Missing()
        check_may_at(actor, REVEAL, place, seen_with="register.see")
        if actor.kind != "account":
            raise Forbidden()
        wrong = {}
        if act not in rules.GRANT_ACTS:
            wrong["act"] = _("Choose what you ask for.")
        if not rules.plain(reason):
            wrong["reason"] = _("Say what you need it for.")
        if wrong:
            raise Invalid(fields=wrong)
        made = RevealGrant.objects.create(
            asked_by_id=actor.id or 0, place=place, act=act, reason=rules.plain(reason)[:300], asked_at=clock.now()
        )
        audit.record(actor, "ask_reveal_grant", made, fields=[act], reason=made.reason, path=place.path)
        mark_done(actor, "ask_reveal_grant", write_id, content, made.pk)
        return made


def decide_reveal_grant(*, actor: Actor, grant_id: int, allow: bool, write_id: UUID | None = None) -> RevealGrant:
    """A second person, who may approve there, allows or refuses; an allowance ends after rules.GRANT_LASTS."""
    with transaction.atomic():
        content = sealed(grant=grant_id, allow=allow)
        before = done_before(actor, "decide_reveal_grant", write_id, content)
        grant = RevealGrant.objects.select_for_update(of=("self",)).select_related("place").filter(pk=grant_id).first()
        if grant is None:
            raise Missing()
        check_may_at(actor, "register.approve", grant.place, seen_with="register.see")
        if before:
            return grant
        _check_may_decide(actor, grant)
        now = clock.now()
        grant.decided_by_id, grant.decided_at, grant.allowed = actor.id, now, allow
        grant.expires_at = now + rules.GRANT_LASTS if allow else now
        grant.save()
        act = "allow_reveal_grant" if allow else "refuse_reveal_grant"
        audit.record(actor, act, grant, fields=[grant.act], reason=grant.reason, path=grant.place.path)
        mark_done(actor, "decide_reveal_grant", write_id, content, grant_id)
        return grant


def _check_may_decide(actor: Actor, grant: RevealGrant) -> None:
    if actor.kind != "account" or actor.id == grant.asked_by_id:
        raise Forbidden(_("A second person decides this, not the one who asked."))
    if grant.decided_at is not None:
        raise Conflict(_("This was decided already."), code="decided")
    if grant.asked_at + rules.GRANT_WAITS < clock.now():
        raise Conflict(_("Nobody decided in time. Ask again."), code="lapsed")


def note_reading(*, actor: Actor, kind: str, key: int, path: str) -> None:
    """Somebody opened a household or a person: a line in the trail that the person concerned may ask for."""
    if kind not in {"household", "person"}:
        raise Missing()
    audit.record(actor, f"open_{kind}", (f"residents.{kind}", key), path=path)


def note_own_reading(*, actor: Actor, household_id: int) -> None:
    """People of a home looked at what is held about them, after a second proof."""
    if actor.kind != "link":
        raise Missing()
    audit.record(actor, "open_own_record", ("residents.household", household_id))
