"""Receipts climbing back: of posts, of households, at the door."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import check_may_answer_at
from linli.alerts.actions.facts import source_of
from linli.alerts.actions.spreading import stop_for_accounts, stop_for_household
from linli.alerts.models import Alert
from linli.alerts.queries.owed import posts_answered_by
from linli.alerts.rules import DRAFT
from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.writes import done_before, mark_done
from linli.duties import actions as duties
from linli.residents.queries import member_paths
from linli.rounds import actions as rounds
from linli.rounds.intake import Receipt
from linli.rounds.models import Attempt, Round
from linli.rounds.queries import is_member
from linli.rounds.rules import AT_DOOR, HELD_PART, IN_APP, ISSUED, OUTCOMES, SPOKEN_TO

SKEW = timedelta(minutes=5)  # phones' clocks differ


def open_rounds(alert: Alert) -> tuple[Round, Round]:
    """Of the households and of the posts. Raises Missing where the notice was not issued."""
    if alert.state == DRAFT or alert.households is None or alert.posts is None:
        raise Missing()
    return alert.households, alert.posts


def acknowledge_alert(*, actor: Actor, alert: Alert, write_id: UUID | None = None) -> int:
    """The holder has read it: credited for every post held in its places, and for every vacant one whose part is theirs.
    One person in two posts is asked once. Returns how many posts were credited; sent again, how many the first time."""
    if actor.kind != "account":
        raise Forbidden()
    with transaction.atomic():
        before = done_before(actor, "acknowledge_alert", write_id, str(alert.pk))
        if before is not None:
            return int(before)
        done = credit_own_posts(actor=actor, alert=alert)
        stop_for_accounts(actor=actor, alert=alert, accounts=[actor.id])
        mark_done(actor, "acknowledge_alert", write_id, str(alert.pk), done)
        return done


def credit_own_posts(*, actor: Actor, alert: Alert, issuing: bool = False) -> int:
    """What `acknowledge_alert` and `issue_alert` share."""
    _households, posts = open_rounds(alert)
    mine, held = posts_answered_by(actor, posts)
    if not mine and not held and not issuing:
        raise Missing()
    at = clock.now()
    receipts = [_post_receipt(actor, posts, place, at, ISSUED if issuing else IN_APP) for place in mine]
    receipts += [_post_receipt(actor, posts, place, at, HELD_PART) for place in held]
    if not receipts:
        return 0
    return len(rounds.record_receipts(actor=actor, found=posts, receipts=receipts).credited)


def _post_receipt(actor: Actor, found: Round, place_id: int, at: datetime, how: str) -> Receipt:
    key = uuid5(found.pk, f"{place_id}:{actor.ref}:{at.timestamp()}")
    return Receipt(id=key, member=place_id, at=at, how=how, by=actor.ref)


def confirm_household(
    *, actor: Actor, alert: Alert, household: int, receipt_id: UUID, how: str, within_paths: Sequence[str] = ()
) -> bool:
    """A household has received it, by its own tap, through a relative or by the shared link. False where it had confirmed
    before: two confirmations at once count once. Raises Missing where the alert does not concern it."""
    households, _posts = open_rounds(alert)
    receipt = Receipt(id=receipt_id, member=household, at=clock.now(), how=how, by=actor.ref)
    with transaction.atomic():
        new = rounds.record_receipt(actor=actor, found=households, receipt=receipt, within=within_paths)
        if new:
            stop_for_household(actor=actor, alert=alert, households=[household])
        return new


def confirm_households(*, actor: Actor, alert: Alert, receipts: Sequence[Receipt]) -> rounds.Intake:
    """Many receipts at once, from a gateway or a sheet typed back. The actor's own places limit what is credited."""
    households, _posts = open_rounds(alert)
    paths = actor.paths("alerts.answer")
    if not paths:
        raise Forbidden()
    check_moments(alert, receipts)
    with transaction.atomic():
        done = rounds.record_receipts(actor=actor, found=households, receipts=receipts, within=[p for p in paths if p])
        if done.credited:
            stop_for_household(actor=actor, alert=alert, households=list(done.credited))
        return done


def check_moments(alert: Alert, receipts: Sequence[Receipt]) -> None:
    """Raises Invalid where a receipt was given before there was a notice, or lies ahead."""
    last, first = clock.now() + SKEW, (alert.issued_at or clock.now()) - SKEW
    wrong = {f"receipts.{at}.at": one for at, one in enumerate(receipts) if not first <= one.at <= last}
    if wrong:
        raise Invalid(fields=dict.fromkeys(wrong, _("A receipt is given between the notice and now: check the clock.")))


def record_knock(
    *,
    actor: Actor,
    alert: Alert,
    household: int,
    outcome: str,
    attempt_id: UUID,
    at: datetime | None = None,
    note: str = "",
) -> Attempt:
    """Someone stood at the door. 'Spoken to' is a receipt; everything else is a reason."""
    households, _posts = open_rounds(alert)
    if outcome not in OUTCOMES:
        raise Invalid(_("Choose what came of the knock."), fields={"outcome": _("Choose what came of the knock.")})
    moment = _moment(alert, at)
    leaf = member_paths([household]).get(household)
    if leaf is None:
        raise Missing()
    check_may_answer_at(actor, leaf[1])
    if not is_member(found=households, household=household, path=leaf[1]):
        raise Missing()
    with transaction.atomic():
        attempt = rounds.record_attempt(
            actor=actor,
            found=households,
            attempt_id=attempt_id,
            member=household,
            outcome=outcome,
            at=moment,
            path=leaf[1],
            note=note[:200],
        )
        if outcome == SPOKEN_TO:
            receipt = Receipt(uuid5(attempt_id, "receipt"), household, moment, AT_DOOR, actor.ref)
            rounds.record_receipt(actor=actor, found=households, receipt=receipt)
            stop_for_household(actor=actor, alert=alert, households=[household])
        duties.begin_tasks(actor=actor, source=source_of(alert), path=leaf[1])
        return attempt


def _moment(alert: Alert, at: datetime | None) -> datetime:
    now = clock.now()
    if at is None:
        return now
    if at > now + SKEW:
        raise Invalid(_("The time of the knock lies ahead: check the clock of the phone."))
    if alert.issued_at and at < alert.issued_at:
        raise Invalid(_("The time of the knock lies before the notice."))
    return min(at, now)


def undo_knock(*, actor: Actor, attempt: Attempt) -> None:
    """Take back a knock recorded by mistake; its receipt goes with it."""
    leaf = member_paths([attempt.member]).get(attempt.member)
    if leaf is None:
        raise Missing()
    check_may_answer_at(actor, leaf[1])
    if attempt.by != actor.ref and not actor.may("alerts.issue", leaf[1]):
        raise Forbidden(_("Only who recorded it, or the office, can take it back."))
    if attempt.round.closed_at is not None:
        raise Conflict(_("The notice has ended: its record can't be changed any more."))
    rounds.withdraw_attempt(actor=actor, attempt=attempt, path=leaf[1])
