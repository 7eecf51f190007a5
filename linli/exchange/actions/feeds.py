"""Feeds are kept by operators and read by the clock."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock, outward
from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.writes import done_before, mark_done
from linli.exchange.models import Feed, FeedEntry
from linli.exchange.words import fetch_words
from linli.grid.access import check_operator
from linli.grid.models import Place

SLOWEST = timedelta(hours=6)
KINDS = ("atom", "cap")


@dataclass(frozen=True)
class FeedValues:
    """What an operator says of a feed."""

    name: str
    address: str
    kind: str
    place: Place
    period_minutes: int = 5
    is_on: bool = True
    certificate: str = ""


def _check(values: FeedValues, own: int | None) -> None:
    wrong: dict[str, Any] = {}
    if not values.name.strip():
        wrong["name"] = _("Give the feed a name.")
    if values.kind not in KINDS:
        wrong["kind"] = _("Choose what stands at the address.")
    if not 1 <= values.period_minutes <= 1_440:
        wrong["period_minutes"] = _("From 1 minute to a day (1440).")
    try:
        outward.split(values.address)
    except outward.OutwardError as error:
        wrong["address"] = fetch_words(error.code)
    if Feed.objects.filter(address=values.address.strip()).exclude(pk=own or 0).exists():
        wrong["address"] = _("This address is read already.")
    if values.certificate.strip() and not _is_certificate(values.certificate):
        wrong["certificate"] = _("This is no certificate: it begins with -----BEGIN CERTIFICATE-----.")
    if wrong:
        raise Invalid(fields=wrong)


def _is_certificate(text: str) -> bool:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        load_pem_x509_certificate(text.strip().encode())
    except ValueError:
        return False
    return True


def add_feed(*, actor: Actor, values: FeedValues, write_id: UUID | None = None) -> Feed:
    """From now on its alerts come in. Sent twice, there is one."""
    check_operator(actor)
    content = [values.name, values.address, values.kind, values.place.pk]
    with transaction.atomic():
        before = done_before(actor, "add_feed", write_id, content)
        if before:
            return Feed.objects.get(pk=int(before))
        _check(values, None)
        made = Feed(made_at=clock.now(), next_at=clock.now(), made_by_id=actor.id or None)
        _put(made, values)
        mark_done(actor, "add_feed", write_id, content, made.pk)
        audit.record(actor, "add_feed", made, fields=["address", "place"], path=values.place.path)
        return made


def _put(feed: Feed, values: FeedValues) -> None:
    feed.name, feed.address, feed.kind = values.name.strip()[:80], values.address.strip()[:500], values.kind
    feed.place, feed.period_minutes, feed.is_on = values.place, values.period_minutes, values.is_on
    feed.certificate = values.certificate.strip()
    feed.save()


def change_feed(*, actor: Actor, feed: Feed, values: FeedValues) -> Feed:
    """Another address or place, another period, on or off; it is read anew at once."""
    check_operator(actor)
    with transaction.atomic():
        _check(values, feed.pk)
        fresh = Feed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
        fresh.etag = fresh.last_modified = fresh.error = ""
        fresh.failures, fresh.next_at = 0, clock.now()
        _put(fresh, values)
        audit.record(actor, "change_feed", fresh, fields=["address", "place", "is_on"], path=values.place.path)
        return fresh


def read_feed_now(*, actor: Actor, feed: Feed) -> None:
    """Don't wait for its time."""
    check_operator(actor)
    with transaction.atomic():
        Feed.objects.filter(pk=feed.pk).update(next_at=clock.now(), etag="", last_modified="")
        audit.record(actor, "read_feed_now", feed, path=feed.place.path)


def claim_feed(*, actor: Actor, feed: Feed) -> bool:
    """True for the one worker that reads it now. A worker that dies loses its turn, not the feed."""
    del actor
    now = clock.now()
    later = now + timedelta(minutes=feed.period_minutes)
    return bool(
        Feed.objects.filter(pk=feed.pk, is_on=True, next_at=feed.next_at, next_at__lte=now).update(next_at=later)
    )


def note_reading(*, actor: Actor, feed: Feed, error: str = "", etag: str = "", last_modified: str = "") -> None:
    """How reading went. After a failure it is tried again later and later, at most six hours on."""
    del actor
    failures = min(feed.failures + 1, 20) if error else 0
    period = timedelta(minutes=feed.period_minutes)
    pause = min(period * 2 ** min(failures, 10), max(SLOWEST, period)) if error else period
    now = clock.now()
    found: dict[str, Any] = {"failures": failures, "error": error[:40], "next_at": now + pause}
    if not error:
        found |= {"read_at": now, "etag": etag[:200], "last_modified": last_modified[:60]}
    Feed.objects.filter(pk=feed.pk).update(**found)


def note_entry(*, actor: Actor, feed: Feed, key: str, address: str, error: str = "", note: str = "") -> None:
    """A message of the feed was read, and why it was refused where it was."""
    del actor
    FeedEntry.objects.get_or_create(
        feed=feed,
        key=key,
        defaults={"address": address[:500], "error": error[:40], "note": note[:300], "at": clock.now()},
    )
