"""What the clock and the queue start here."""

import hashlib
from typing import Any
from uuid import UUID

from linli.core import outward
from linli.core.actors import SYSTEM
from linli.core.errors import Problem
from linli.core.logs import log
from linli.core.outward import OutwardError
from linli.exchange import actions, queries
from linli.exchange.models import Feed
from linli.exchange.rules.cap import CAP_TYPE, Refused
from linli.exchange.rules.reading import MOST_BYTES, Entry, parse, read_feed

MOST_AT_ONCE = 40  # new messages of one feed in one reading; the others come with the next
FEED_BYTES = 1_000_000
WANTED = f"{CAP_TYPE}, application/atom+xml, application/rss+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.7"


def read_feeds() -> None:
    """Every feed whose time has come. Nothing is asked inside a transaction, and one feed's fault is not another's."""
    for feed in queries.list_due_feeds():
        if actions.claim_feed(actor=SYSTEM, feed=feed):
            _read(feed)


def note_issued(payload: dict[str, Any]) -> None:
    """A notice was issued: the alert from outside that it began as is settled."""
    actions.note_issued(actor=SYSTEM, alert_id=UUID(payload["alert_id"]))


def _read(feed: Feed) -> None:
    try:
        answer = outward.fetch(feed.address, headers=_headers(feed), most_bytes=FEED_BYTES)
        if answer.status == 304:
            actions.note_reading(actor=SYSTEM, feed=feed, etag=feed.etag, last_modified=feed.last_modified)
            return
        if answer.status != 200:
            actions.note_reading(actor=SYSTEM, feed=feed, error=f"status_{answer.status}")
            return
        entries = _entries(feed, answer.body)
    except OutwardError as error:
        actions.note_reading(actor=SYSTEM, feed=feed, error=error.code)
        return
    except Refused as error:
        actions.note_reading(actor=SYSTEM, feed=feed, error=error.code)
        return
    all_read = _take_in(feed, entries)
    seen = answer.headers if all_read else {}  # what was left out is asked for again
    actions.note_reading(
        actor=SYSTEM, feed=feed, etag=seen.get("etag", ""), last_modified=seen.get("last-modified", "")
    )


def _headers(feed: Feed) -> dict[str, str]:
    found = {"Accept": WANTED, "User-Agent": "Linli"}
    if feed.etag:
        found["If-None-Match"] = feed.etag
    if feed.last_modified:
        found["If-Modified-Since"] = feed.last_modified
    return found


def _entries(feed: Feed, body: bytes) -> list[Entry]:
    """New entries, the oldest first: what an update is about comes in before it."""
    if feed.kind == "cap":
        parse(body)
        rows = [Entry(hashlib.sha256(body).hexdigest(), "", feed.address, body)]
    else:
        rows = list(reversed(read_feed(body)))
    keys = [key_of(one) for one in rows]
    known = queries.list_known(feed=feed, keys=keys)
    fresh = {key: one for key, one in zip(keys, rows, strict=True) if key not in known}
    return list(fresh.values())


def key_of(entry: Entry) -> str:
    return hashlib.sha256(f"{entry.key}\0{entry.updated}\0{entry.address}".encode()).hexdigest()


def _take_in(feed: Feed, entries: list[Entry]) -> bool:
    """True where everything was read. What could not be fetched now is asked for again at the next reading."""
    all_read = len(entries) <= MOST_AT_ONCE
    for entry in entries[:MOST_AT_ONCE]:
        try:
            document = entry.inline or _fetch(entry.address)
        except OutwardError as error:
            log.warning("cap_message_not_fetched", feed=feed.pk, error=error.code)
            all_read = False
            continue
        refused, note = "", ""
        try:
            actions.take_in(actor=SYSTEM, document=document, feed=feed)
        except Problem as problem:
            refused, note = problem.code, str(problem.detail)
        actions.note_entry(actor=SYSTEM, feed=feed, key=key_of(entry), address=entry.address, error=refused, note=note)
    return all_read


def _fetch(address: str) -> bytes:
    answer = outward.fetch(address, headers={"Accept": WANTED, "User-Agent": "Linli"}, most_bytes=MOST_BYTES + 1)
    if answer.status != 200:
        raise OutwardError(f"status_{answer.status}")
    return answer.body
