"""Making and revoking personal links. Who may hand one out is decided by the room that asks."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.crypto import keyed_hash
from linli.messages.actions.dispatches import in_utc
from linli.messages.models import Delivery, PersonalLink
from linli.messages.rules import ITSELF, READ, UNREAD

BYTES = 24  # 192 random bits


@dataclass(frozen=True)
class Wanted:
    """A link to make: about whom or what, for which alert, handed to whom."""

    subject: int
    source: str = ""
    answers_as: str = ITSELF


@dataclass(frozen=True)
class Made:
    """A link and its token, which is shown once: only its keyed hash is stored."""

    id: int
    token: str


def make_links(
    *, actor: Actor, purpose: str, wanted: Sequence[Wanted], expires_at: datetime, path: str = ""
) -> list[str]:
    """Tokens in the order asked for."""
    made = make_link_rows(actor=actor, purpose=purpose, wanted=wanted, expires_at=expires_at, path=path)
    return [one.token for one in made]


def make_link_rows(
    *, actor: Actor, purpose: str, wanted: Sequence[Wanted], expires_at: datetime, path: str = ""
) -> list[Made]:
    """The same with the ids of the links."""
    tokens = [secrets.token_urlsafe(BYTES) for _one in wanted]
    with transaction.atomic():
        now = clock.now()
        hashes = [keyed_hash(token, "link") for token in tokens]
        ids = _insert(hashes, wanted, (purpose, actor.ref, in_utc(now), in_utc(expires_at)))
        audit.record(actor, "make_links", ("messages.link", purpose), fields=[f"links:{len(tokens)}"], path=path)
    return [Made(ids[hashed], token) for hashed, token in zip(hashes, tokens, strict=True)]


_ROWS = {
    "sqlite": "json_each(%s)",
    "postgresql": "jsonb_array_elements(%s::jsonb)",
}


def _insert(hashes: Sequence[str], wanted: Sequence[Wanted], same: tuple[str, str, str, str]) -> dict[str, int]:
    """Keyed hash → id. One statement whatever their number, at a third of the cost of rows made one by one."""
    sqlite = connection.vendor == "sqlite"
    subject, moment = ("value ->> 1", "%s") if sqlite else ("(value ->> 1)::bigint", "%s::timestamptz")
    rows = [[key, one.subject, one.source, one.answers_as] for key, one in zip(hashes, wanted, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO linli_messages_personallink (token_hash, purpose, subject, source, answers_as, made_by,
                made_at, expires_at)
            SELECT value ->> 0, %s, {subject}, value ->> 2, value ->> 3, %s, {moment}, {moment}
            FROM {_ROWS[connection.vendor]} WHERE 1 = 1 RETURNING token_hash, id""",  # noqa: S608 (constants)
            [*same, json.dumps(rows)],
        )
        return dict(cursor.fetchall())


def revoke_links(
    *, actor: Actor, purpose: str, subject: int, source: str = "", path: str = "", at: datetime | None = None
) -> int:
    """End every link of this purpose and subject at once. `at` is the stamp by which they can be opened again."""
    with transaction.atomic():
        rows = PersonalLink.objects.filter(purpose=purpose, subject=subject, source=source, revoked_at=None)
        ended = rows.update(revoked_at=at or clock.now())
        if ended:
            audit.record(actor, "revoke_links", ("messages.link", subject), fields=[purpose], path=path)
        return ended


def reopen_links(
    *, actor: Actor, purpose: str, subject: int, source: str = "", path: str = "", revoked_at: datetime
) -> int:
    """Undo of the same: those that were revoked at exactly this moment."""
    with transaction.atomic():
        rows = PersonalLink.objects.filter(purpose=purpose, subject=subject, source=source, revoked_at=revoked_at)
        opened = rows.update(revoked_at=None)
        if opened:
            audit.record(actor, "reopen_links", ("messages.link", subject), fields=[purpose], path=path)
        return opened


def note_opened(*, actor: Actor, link: PersonalLink) -> None:
    """The first time a link is opened; no receipt, for previews open links too."""
    if link.opened_at is None:
        with transaction.atomic():
            PersonalLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=clock.now())
            waiting = Delivery.objects.filter(link=link.pk, state__in=UNREAD)
            waiting.update(state=READ, claimed_by=None)
            audit.record(actor, "open_link", ("messages.link", link.pk))
