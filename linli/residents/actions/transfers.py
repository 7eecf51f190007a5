"""A household is handed from one community to another: one proposes, the other accepts. Until then it is counted where it
is, so that it is nobody's gap."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.events import publish
from linli.core.paths import ancestors
from linli.core.writes import done_before, mark_done
from linli.grid.models import Place
from linli.grid.profile import register_kind
from linli.residents import rules
from linli.residents.access import (
    EDIT,
    Standing,
    find_standing,
    lock_registers,
    may_accept,
    may_give,
    take_household,
)
from linli.residents.actions._dwellings import path_of_dwelling
from linli.residents.actions._entries import sealed
from linli.residents.actions._moving import count_move, end_residence
from linli.residents.events import TransferProposed, TransferSettled
from linli.residents.models import Residence, Transfer

PROPOSED = "proposed"
KEPT_AFTER = timedelta(days=365)  # the answer to a proposal


def propose_transfer(
    *,
    actor: Actor,
    household_id: int,
    to_place_id: int,
    reason: str,
    new_address: str = "",
    write_id: UUID | None = None,
) -> Transfer:
    """Ask the community at `to_place` to take a household over. It stays counted where it is until they accept."""
    with transaction.atomic():
        content = sealed(household=household_id, to=to_place_id, reason=reason, address=new_address)
        before = done_before(actor, "propose_transfer", write_id, content)
        if before:
            return Transfer.objects.get(pk=UUID(before))
        at = take_household(actor, EDIT, household_id)
        here, there = _register_of(at.path), _register(to_place_id)
        _check_can_be_proposed(at, here, there, reason)
        now = clock.now()
        made = Transfer.objects.create(
            id=uuid4(),
            household=at.household,
            from_place=here,
            to_place=there,
            reason=rules.plain(reason)[:300],
            new_address=rules.plain(new_address)[:200],
            by=actor.ref,
            at=now,
            due_at=now + rules.TRANSFER_DUE,
        )
        for path in (at.path, there.path):
            audit.record(actor, "propose_transfer", made, fields=["household"], path=path)
        publish(TransferProposed(str(made.pk), there.path))
        mark_done(actor, "propose_transfer", write_id, content, made.pk)
        return made


def _register(place_id: int) -> Place:
    found = Place.objects.filter(pk=place_id, kind=register_kind(), until_on=None).first()
    if found is None:
        raise Invalid(fields={"to_place_id": _("Choose the community that takes the household over.")})
    return found


def _register_of(path: str) -> Place:
    found = Place.objects.filter(path__in=ancestors(path), kind=register_kind()).first()
    if found is None:
        raise Missing()
    return found


def _check_can_be_proposed(at: Standing, here: Place, there: Place, reason: str) -> None:
    wrong = {}
    if here.pk == there.pk:
        wrong["to_place_id"] = _("This household lives in that community already: move it to another dwelling instead.")
    if not rules.plain(reason):
        wrong["reason"] = _("Say why, so that the other community can decide.")
    if wrong:
        raise Invalid(fields=wrong)
    if not at.is_present:
        raise Conflict(_("This household has departed. Add it again where it lives now."), code="departed")
    if Transfer.objects.filter(household=at.household, state=PROPOSED).exists():
        raise Conflict(_("This household is proposed to another community already."), code="proposed")


def accept_transfer(*, actor: Actor, transfer_id: UUID, dwelling_id: int, write_id: UUID | None = None) -> Transfer:
    """The receiving community takes the household over, into a dwelling of its own, from today. Whoever accepts needs no
    right where it lives until now: the proposal is that right."""
    with transaction.atomic():
        content = sealed(transfer=transfer_id, dwelling=dwelling_id)
        before = done_before(actor, "accept_transfer", write_id, content)
        found = _take(actor, transfer_id, receiving=True)
        if before:
            return found
        to_path = path_of_dwelling(dwelling_id)
        if to_path is None or not to_path.startswith(found.to_place.path):
            raise Invalid(fields={"leaf": _("Choose a dwelling in your own community.")})
        _refuse_settled(found)
        at = _still_there(found)
        end_residence(at)
        Residence.objects.create(household=at.household, dwelling_id=dwelling_id, from_on=clock.today())
        count_move(actor, at, to_path)
        _settle(actor, found, "accepted", "", paths=[at.path, to_path])
        mark_done(actor, "accept_transfer", write_id, content, found.pk)
        return found


def _still_there(found: Transfer) -> Standing:
    at = find_standing(found.household_id)
    if at is None or not at.is_present or not at.path.startswith(found.from_place.path):
        text = _("This household has moved or departed since it was proposed. Refuse it, and say so.")
        raise Conflict(text, code="moved")
    return at


def refuse_transfer(*, actor: Actor, transfer_id: UUID, answer: str, write_id: UUID | None = None) -> Transfer:
    """The receiving community doesn't take the household over, and says why."""
    with transaction.atomic():
        content = sealed(transfer=transfer_id, answer=answer)
        before = done_before(actor, "refuse_transfer", write_id, content)
        found = _take(actor, transfer_id, receiving=True)
        if before:
            return found
        if not rules.plain(answer):
            raise Invalid(fields={"answer": _("Say why, so that the other community knows what to do.")})
        _refuse_settled(found)
        _settle(actor, found, "refused", rules.plain(answer)[:300], paths=[found.from_place.path, found.to_place.path])
        mark_done(actor, "refuse_transfer", write_id, content, found.pk)
        return found


def cancel_transfer(*, actor: Actor, transfer_id: UUID, write_id: UUID | None = None) -> Transfer:
    """The giving community takes its proposal back."""
    with transaction.atomic():
        content = sealed(transfer=transfer_id)
        before = done_before(actor, "cancel_transfer", write_id, content)
        found = _take(actor, transfer_id, receiving=False)
        if before:
            return found
        _refuse_settled(found)
        _settle(actor, found, "cancelled", "", paths=[found.from_place.path, found.to_place.path])
        mark_done(actor, "cancel_transfer", write_id, content, found.pk)
        return found


def lapse_transfers(*, actor: Actor) -> int:
    """Proposals that nobody decided for long end by themselves; returns how many."""
    with transaction.atomic():
        old = clock.now() - rules.TRANSFER_LAPSES
        rows = Transfer.objects.filter(state=PROPOSED, at__lt=old).select_related("from_place", "to_place")
        found = list(rows[:500])
        for one in found:
            _settle(actor, one, "lapsed", "", paths=[one.from_place.path])
        Transfer.objects.filter(decided_at__lt=clock.now() - KEPT_AFTER).exclude(answer="").update(answer="")
        return len(found)


def _take(actor: Actor, transfer_id: UUID, *, receiving: bool) -> Transfer:
    """Held until the transaction ends. Raises Missing or Forbidden for whom it is not."""
    rows = Transfer.objects.visible_to(actor).select_related("household", "from_place", "to_place")
    found = rows.filter(pk=transfer_id).first()
    if found is None:
        raise Missing()
    if not (may_accept(actor, found) if receiving else may_give(actor, found)):
        raise Forbidden()
    lock_registers(found.from_place.path, found.to_place.path)
    every = Transfer.objects.select_related("household", "from_place", "to_place")
    return every.select_for_update(of=("self",)).get(pk=transfer_id)


def _refuse_settled(found: Transfer) -> None:
    if found.state != PROPOSED:
        raise Conflict(_("This proposal is settled already."), code="settled")


def _settle(actor: Actor, found: Transfer, state: str, answer: str, *, paths: list[str]) -> None:
    """What was written for the decision has done its work; only the answer stays, for the giving side."""
    found.state, found.answer = state, answer
    found.reason = found.new_address = ""
    found.decided_by, found.decided_at = actor.ref, clock.now()
    found.save()
    for path in sorted(set(paths)):
        audit.record(actor, f"transfer_{state}", found, fields=["household"], path=path)
    publish(TransferSettled(str(found.pk), state))
