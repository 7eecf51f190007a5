"""A notice goes into the outbox, batch by batch. Issuing it writes a constant number of rows; a worker does the rest, and
one that ends in the middle is followed by another that goes on where it stopped."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from linli.alerts.models import Alert, Spread
from linli.alerts.rules import (
    HOMES,
    ISSUED,
    POSTS,
    S_CANCEL,
    S_HOMES,
    S_NOTICE,
    S_POSTS,
    S_UPDATE,
    STAGES,
    TOLD,
    TOLD_BEFORE,
)
from linli.core import clock
from linli.core.actors import Actor
from linli.core.locks import lock
from linli.core.paths import common
from linli.grid.queries import Holder, find_holder, holders_on_the_way_up
from linli.messages import actions as messages
from linli.messages.actions import Recipient, Sending
from linli.messages.queries import list_groups, list_told, states_of
from linli.messages.rules import ACCOUNT, CANCEL, FAILED, HOUSEHOLD, NOTICE, REMINDER, STOPPED, TASK, UPDATE
from linli.messages.texts import unmark_drill
from linli.residents.queries import contact_means
from linli.rounds.queries import list_silent_homes, page_places_with_members, page_silent_posts

POSTS_A_BATCH, PLACES_A_BATCH, HOMES_A_BATCH, TOLD_A_BATCH = 5_000, 2_000, 5_000, 2_000
KINDS = {S_NOTICE: NOTICE, S_UPDATE: UPDATE, S_CANCEL: CANCEL, S_POSTS: REMINDER, S_HOMES: REMINDER}


def begin_spread(*, actor: Actor, alert: Alert, kind: str, key: str = "") -> None:
    """Note that a message is to go out. Noted twice it goes out once. Called in the transaction that made it due."""
    made, _new = Spread.objects.get_or_create(
        id=uuid5(alert.pk, f"{kind}:{key}"), defaults={"alert": alert, "kind": kind, "made_at": clock.now()}
    )
    messages.begin_dispatch(actor=actor, dispatch_id=made.pk, sending=sending_of(alert, KINDS[kind]))


def use_until(alert: Alert) -> datetime | None:
    """From when on nobody is to be woken for it any more."""
    ends = [one for one in (alert.expires_at, alert.deadline_at) if one is not None]
    return min(ends, default=None)


def sending_of(alert: Alert, kind: str) -> Sending:
    places = [place.path for place in alert.places.all()]
    return Sending(
        source=("alerts", str(alert.pk)),
        kind=kind,
        texts=_texts(alert, kind),
        urgency=alert.urgency,
        expires_at=None if kind == CANCEL else use_until(alert),
        path=common(places),
        drill=bool(alert.drill),
        url=f"/alerts/{alert.pk}",
    )


def _texts(alert: Alert, kind: str) -> dict[str, dict[str, str]]:
    """The notice's own words in each of its languages, with what kind of message it is before them."""
    found = {}
    for language, text in alert.texts.items():
        with translation.override(language):
            headline, body = text.get("headline", ""), text.get("body", "")
            if alert.drill:
                headline = unmark_drill(headline, language)
            if kind == REMINDER:
                headline = gettext("Reminder: %(headline)s") % {"headline": headline}
            elif kind == UPDATE:
                headline = gettext("Update: %(headline)s") % {"headline": headline}
            elif kind == CANCEL:
                headline, body = gettext("Called back: %(headline)s") % {"headline": headline}, alert.end_reason
        found[language] = {"headline": headline, "body": body}
    return found


def spread_on(*, actor: Actor, spread_id: UUID) -> bool:
    """One batch of a message, with how far it has come, in one transaction. False where nothing is left to do."""
    with transaction.atomic():
        lock(f"spread:{spread_id}")
        spread = (
            Spread.objects.select_related("alert__households", "alert__posts", "alert__replaces")
            .select_for_update(of=("self",))
            .filter(pk=spread_id, done_at=None)
            .first()
        )
        if spread is None:
            return False
        stages = STAGES[spread.kind]
        if spread.stage >= len(stages) or not _is_of_use(spread):
            spread.done_at = clock.now()
            spread.save(update_fields=["done_at"])
            return False
        first = spread.stage == 0 and not spread.cursor
        recipients, cursor = _BATCHES[stages[spread.stage]](spread)
        if first and KINDS[spread.kind] != REMINDER:
            recipients = [*recipients, *list_groups(paths=[place.path for place in spread.alert.places.all()])]
        if recipients:
            sending = sending_of(spread.alert, KINDS[spread.kind])
            dispatch = messages.begin_dispatch(actor=actor, dispatch_id=spread.pk, sending=sending)
            messages.enqueue(actor=actor, dispatch=dispatch, recipients=recipients)
        spread.cursor = cursor
        spread.stage += not cursor
        spread.save(update_fields=["cursor", "stage"])
        return True


def _is_of_use(spread: Spread) -> bool:
    """A notice that has ended, or whose time is over, wakes nobody: however late the worker comes."""
    if spread.kind == S_CANCEL:
        return True
    until = use_until(spread.alert)
    return spread.alert.state == ISSUED and (until is None or clock.now() < until)


Batch = tuple[list[Recipient], str]


def _posts(spread: Spread) -> Batch:
    """Who stands at the silent posts, or answers for them; the issuer knows already. Each person once, in all posts."""
    assert spread.alert.posts is not None  # noqa: S101 (an issued alert has its rounds)
    paths = page_silent_posts(found=spread.alert.posts, after=spread.cursor, limit=POSTS_A_BATCH)
    holders = holders_on_the_way_up(paths)
    found: dict[int, Recipient] = {}
    for path in paths:
        standing: Sequence[Holder | None] = holders.get(path) or [find_holder(path, holders)]
        for one in standing:
            if one is not None and one.account_id != spread.alert.issued_by_id:
                found.setdefault(one.account_id, Recipient(ACCOUNT, one.account_id, one.path))
    return list(found.values()), paths[-1] if len(paths) == POSTS_A_BATCH else ""


def _homes(spread: Spread) -> Batch:
    """The silent households that something reaches."""
    assert spread.alert.households is not None  # noqa: S101 (an issued alert has its rounds)
    found = spread.alert.households
    places, behind = page_places_with_members(
        found=found, after=spread.cursor, limit=PLACES_A_BATCH, most=HOMES_A_BATCH
    )
    silent = list_silent_homes(found=found, paths=places) if places else []
    means = contact_means([key for key, _path in silent])
    reached = [Recipient(HOUSEHOLD, key, path) for key, path in silent if means.get(key)]
    return reached, behind


def _told(spread: Spread) -> Batch:
    """Whoever got an earlier message of the same notice."""
    return _who_was_told(spread, spread.alert)


def _told_before(spread: Spread) -> Batch:
    """Whoever got a message of the notice that this one replaces, those who have moved away since too."""
    before = spread.alert.replaces
    return _who_was_told(spread, before) if before is not None else ([], "")


def _who_was_told(spread: Spread, alert: Alert) -> Batch:
    """In the order of kind and id. What was called back before it was sent, or never arrived, told them nothing."""
    source, kind, after = ("alerts", str(alert.pk)), ACCOUNT, 0
    if spread.cursor:
        kind, _colon, last = spread.cursor.partition(":")
        after = int(last)
    told = (one for one in list_told(source=source, kind=kind) if one.id > after)
    part = list(islice(told, TOLD_A_BATCH))
    states = states_of(source=source, kind=kind, ids=[one.id for one in part])
    got = [one for one in part if one.id in states and states[one.id].state not in (STOPPED, FAILED)]
    if len(part) == TOLD_A_BATCH:
        return got, f"{kind}:{part[-1].id}"
    return got, f"{HOUSEHOLD}:0" if kind == ACCOUNT else ""


_BATCHES: dict[str, Callable[[Spread], Batch]] = {POSTS: _posts, HOMES: _homes, TOLD: _told, TOLD_BEFORE: _told_before}


def tell_holders(*, actor: Actor, alert: Alert, what: Any, key: str, holders: Iterable[tuple[int, str]]) -> None:
    """A task of this notice came to these people (account, path). In the transaction that opened the tasks."""
    recipients = [Recipient(ACCOUNT, account, path) for account, path in sorted(set(holders))]
    if not recipients:
        return
    sending = sending_of(alert, TASK)
    texts = {}
    for language, text in alert.texts.items():
        with translation.override(language):
            texts[language] = {"headline": str(what), "body": text.get("headline", "")}
    dispatch = messages.begin_dispatch(
        actor=actor,
        dispatch_id=uuid5(alert.pk, f"task:{key}"),
        sending=replace(sending, texts=texts, url="/"),
    )
    messages.enqueue(actor=actor, dispatch=dispatch, recipients=recipients)


def stop_for_household(*, actor: Actor, alert: Alert, households: Sequence[int]) -> None:
    """They have confirmed: nothing more about this notice goes to them, on any channel."""
    messages.stop(actor=actor, source=("alerts", str(alert.pk)), kind=HOUSEHOLD, ids=households)


def stop_for_accounts(*, actor: Actor, alert: Alert, accounts: Iterable[int]) -> None:
    """The same for people on the line."""
    messages.stop(actor=actor, source=("alerts", str(alert.pk)), kind=ACCOUNT, ids=accounts)
