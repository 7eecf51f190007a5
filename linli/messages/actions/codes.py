"""One-time codes: proof that whoever has a personal link in hand has a phone of that home in hand too."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import uuid4

from django.db import transaction

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.crypto import keyed_hash
from linli.core.locks import lock
from linli.messages.actions.dispatches import begin_dispatch, enqueue
from linli.messages.models import OneTimeCode, PersonalLink
from linli.messages.queries.links import code_of
from linli.messages.rules import CODE, CODE_LASTS, PERSON, Recipient, Sending

KEPT = timedelta(days=1)


def _hash(link_id: int, code: str) -> str:
    return keyed_hash(f"{link_id}:{code}", "one-time-code-entered")


def send_codes(
    *, actor: Actor, link: PersonalLink, people: Iterable[int], path: str, texts: Mapping[str, Mapping[str, str]]
) -> None:
    """To the phone on record of each of these people (more than one only where numbers end alike), another to each. What
    was sent for the link before holds no more. The caller has counted the tries, and knows that a sender for SMS serves
    the place."""
    with transaction.atomic():
        lock(f"code:{link.pk}")
        now = clock.now()
        OneTimeCode.objects.filter(link=link, used_at=None).update(used_at=now)
        for person in people:
            key = uuid4()
            OneTimeCode.objects.create(
                id=key,
                link=link,
                person=person,
                code_hash=_hash(link.pk, code_of(key=key)),
                made_at=now,
                expires_at=now + CODE_LASTS,
            )
            sending = Sending(("messages", f"link:{link.pk}"), CODE, texts, expires_at=now + CODE_LASTS, path=path)
            dispatch = begin_dispatch(actor=actor, dispatch_id=key, sending=sending)
            enqueue(actor=actor, dispatch=dispatch, recipients=[Recipient(PERSON, person, path)])
            audit.record(actor, "send_code", ("residents.person", person), path=path)


def use_code(*, actor: Actor, link: PersonalLink, code: str) -> int | None:
    """Whose phone it went to, once; None where it is wrong, over, used already or of another link."""
    digits = "".join(one for one in code if one.isdecimal() and one.isascii())
    with transaction.atomic():
        lock(f"code:{link.pk}")
        rows = OneTimeCode.objects.filter(link=link, used_at=None, expires_at__gt=clock.now())
        found = rows.filter(code_hash=_hash(link.pk, digits)).first()
        if found is None:
            return None
        found.used_at = clock.now()
        found.save(update_fields=["used_at"])
        audit.record(actor, "use_code", ("residents.person", found.person))
        return found.person


def forget_old_codes(*, actor: Actor) -> int:
    with transaction.atomic():
        gone, _tables = OneTimeCode.objects.filter(expires_at__lt=clock.now() - KEPT).delete()
        if gone:
            audit.record(actor, "forget_messages", ("messages.code", "old"), fields=[f"rows:{gone}"])
        return gone
