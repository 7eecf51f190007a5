"""The audit trail: appended in the writer's own transaction, chained a few seconds later (`core.chain`)."""

from collections.abc import Iterable, Sequence
from typing import Any

from linli.core import clock
from linli.core.actors import Actor
from linli.core.models import AuditEntry


def record(
    actor: Actor,
    act: str,
    obj: Any,
    *,
    fields: Sequence[str] = (),
    reason: str = "",
    path: str = "",
) -> None:
    """One entry on one object (a model instance, or a pair of type and id)."""
    record_many(actor, act, [obj], fields=fields, reason=reason, path=path)


def record_many(
    actor: Actor, act: str, objects: Iterable[Any], *, fields: Sequence[str] = (), reason: str = "", path: str = ""
) -> None:
    """The same act on several objects, in one insert. A batch of one kind is best named by the batch itself."""
    at, acted_for = clock.now(), actor.acts_for(path)
    named = [obj if isinstance(obj, tuple) else (obj._meta.label_lower, obj.pk) for obj in objects]
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=at,
            actor=actor.ref,
            act=act,
            object_type=kind,
            object_id=str(key),
            fields=list(fields),
            reason=reason[:300],
            path=path,
            acted_for=acted_for,
        )
        for kind, key in named
    )
