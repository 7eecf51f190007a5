"""What is to happen with a claimed delivery: send it now by this means, later, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from linli.core import clock
from linli.messages import rules
from linli.messages.actions.outbox import Result
from linli.messages.models import Sender
from linli.messages.profile import quiet
from linli.messages.queries.outbox import Claimed, Outgoing, Reach
from linli.messages.rules import INBOX, ROBOT, VOICE
from linli.messages.senders import Outcome


@dataclass
class Planned:
    """A delivery and the means that it goes by; without a sender it needs none."""

    claimed: Claimed
    reach: Reach
    sender: Sender | None
    link_id: int | None = None


def plan(one: Claimed, outgoing: Outgoing, now: datetime) -> Planned | Result:
    """The way by which it goes now, or what it is instead."""
    over = _is_over(one, now)
    if over is not None:
        return over
    chosen = _choose(one, outgoing, now)
    if isinstance(chosen, Result) or chosen.reach.channel == INBOX:
        return chosen
    wakes = _quiet_until(one, now)
    return result_of(one, rules.QUEUED, next_at=wakes, now=now) if wakes else chosen


def _is_over(one: Claimed, now: datetime) -> Result | None:
    dispatch = one.dispatch
    if dispatch.stopped_at is not None:
        return result_of(one, rules.STOPPED, now=now)
    if dispatch.expires_at is not None and dispatch.expires_at <= now:
        return result_of(one, rules.FAILED, failure=rules.OVER, now=now)
    if not one.is_there:
        return result_of(one, rules.FAILED, failure=rules.NOT_THERE, now=now)
    return None


def _choose(one: Claimed, outgoing: Outgoing, now: datetime) -> Planned | Result:
    through = {(entry[0], entry[2]) for entry in one.row.tried if len(entry) > 2}
    lacking, back_at = "", None
    for reach in one.reaches:
        if (reach.channel, reach.mark) in through:
            continue
        if reach.channel == VOICE:
            return Planned(one, reach, None)
        if reach.channel == INBOX:
            # Somebody has to look there by themselves: while a sender that would tell them only rests, wait for it.
            return _later(one, back_at, now) if back_at else Planned(one, reach, None)
        senders = _senders_for(one, reach, outgoing)
        if not senders:
            lacking = rules.NO_SENDER
            continue
        ready = [sender for sender in senders if not rules.is_resting(sender.broken_until, now)]
        if ready:
            return Planned(one, reach, ready[0])
        back = min(sender.broken_until or now for sender in senders)
        back_at = back if back_at is None else min(back, back_at)
    if back_at is not None:
        return _later(one, back_at, now)
    last = one.row.tried[-1][1] if one.row.tried else ""
    return result_of(one, rules.FAILED, failure=last or lacking or rules.NO_MEANS, now=now)


def _senders_for(one: Claimed, reach: Reach, outgoing: Outgoing) -> Sequence[Sender]:
    if reach.channel == ROBOT:
        own = outgoing.by_id.get(one.row.recipient)
        return [own] if own else []
    return outgoing.serving(reach.channel, one.row.path)


def _quiet_until(one: Claimed, now: datetime) -> datetime | None:
    hours = quiet()
    if one.dispatch.urgency in hours.broken_by or one.dispatch.kind in rules.ASKED_FOR:
        return None
    begins, ends = one.quiet or (hours.begins, hours.ends)
    return rules.quiet_end(clock.local(now), begins, ends)


def _later(one: Claimed, moment: datetime, now: datetime) -> Result:
    return result_of(one, rules.QUEUED, next_at=max(moment, now + rules.FIRST_WAIT), now=now)


def result_of(one: Claimed, state: str, *, now: datetime, failure: str = "", next_at: datetime | None = None) -> Result:
    """The delivery as it was, but in this state."""
    row = one.row
    ended = state in {rules.FAILED, rules.STOPPED}
    return Result(
        id=row.pk,
        state=state,
        next_at=next_at or now,
        channel=row.channel,
        sender_id=row.sender_id,
        address_index=row.address_index,
        provider_ref=row.provider_ref,
        link_id=row.link_id,
        failure=failure or row.failure,
        tried=row.tried,
        tries=row.tries,
        ended_at=now if ended else None,
    )


def after(planned: Planned, outcome: Outcome, *, now: datetime, chance: float) -> Result:
    """What a delivery is once its letter was handed over, or was not."""
    one, reach = planned.claimed, planned.reach
    same = (one.row.channel, one.row.address_index) == (reach.channel, reach.index)
    tries = (one.row.tries if same else 0) + 1
    found = result_of(one, rules.SENT, now=now)
    found.channel, found.address_index = reach.channel, reach.index
    found.sender_id = planned.sender.pk if planned.sender else None
    found.link_id = planned.link_id or one.row.link_id
    if not outcome.handed_on:
        found.state, found.next_at = rules.QUEUED, now + rules.FIRST_WAIT * (1 + chance)
        return found
    found.tries = tries
    if outcome.ok:
        found.sent_at, found.provider_ref, found.failure = now, outcome.provider_ref, ""
        return found
    found.failure = outcome.failure
    passes = outcome.failure == rules.THROTTLED or tries < rules.MOST_TRIES
    if outcome.failure in rules.PASSING and passes:
        found.state = rules.QUEUED
        found.next_at = now + rules.wait_before(tries, chance, outcome.retry_after_s)
        return found
    found.tried = [*one.row.tried, [reach.channel, outcome.failure, reach.mark]]
    found.tries = 0
    more = {(r.channel, r.mark) for r in one.reaches} - {(entry[0], entry[2]) for entry in found.tried}
    found.state = rules.QUEUED if more else rules.FAILED
    found.ended_at = None if more else now
    return found


def to_hand(planned: Planned, now: datetime) -> Result:
    """Without a sender: into the inbox, or on the list of whoever telephones."""
    found = result_of(planned.claimed, rules.SENT, now=now)
    found.channel, found.address_index, found.sender_id = planned.reach.channel, planned.reach.index, None
    found.link_id = planned.link_id or found.link_id
    if planned.reach.channel == VOICE:
        found.state = rules.TO_CALL
    else:
        found.sent_at = now
    return found
