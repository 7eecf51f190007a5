"""Every write may be sent twice: networks fail in mid-tap.

An action takes `write_id`, made by the client. `done_before` gives the first result for the same content and raises for
other content; `mark_done` is called in the action's own transaction.
"""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Conflict
from linli.core.locks import lock
from linli.core.models import DoneWrite

UNDO_WITHIN = timedelta(minutes=10)


def digest_of(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()


def done_before(actor: Actor, act: str, write_id: UUID | None, content: Any) -> str | None:
    """The id of what this write made the first time, or None where it is new. Call it inside the transaction."""
    if write_id is None:
        return None
    lock(f"write:{write_id}")
    found = DoneWrite.objects.filter(id=write_id).first()
    if found is None:
        return None
    if (found.actor, found.act, found.digest) != (actor.ref, act, digest_of(content)):
        raise Conflict(_("This id was already used for something else."), code="write-id-reused")
    return found.result


def mark_done(actor: Actor, act: str, write_id: UUID | None, content: Any, result: Any) -> None:
    if write_id is not None:
        DoneWrite.objects.create(
            id=write_id, actor=actor.ref, act=act, digest=digest_of(content), result=str(result), at=clock.now()
        )


def find_fresh(actor: Actor, act: str, subject: Any) -> str | None:
    """What the actor's own act on a subject left, where it is not older than ten minutes: the undo of a slip. A result is
    the subject, or the subject, '@' and what is needed to take the act back."""
    rows = DoneWrite.objects.filter(actor=actor.ref, act=act, at__gte=clock.now() - UNDO_WITHIN)
    found = rows.filter(Q(result=f"{subject}") | Q(result__startswith=f"{subject}@")).order_by("-at").first()
    return found.result.partition("@")[2] if found else None


def check_fresh(actor: Actor, act: str, subject: Any) -> str:
    """The same; raises Conflict where it is somebody else's, or older."""
    found = find_fresh(actor, act, subject)
    if found is None:
        raise Conflict(_("This is no longer fresh: it can't be undone. Write down how it is now."), code="too-late")
    return found
