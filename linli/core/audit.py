"""The audit trail: appended in the writer's own transaction, chained a few seconds later by a single sealer."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from linli.core import clock
from linli.core.actors import Actor
from linli.core.locks import lock
from linli.core.models import AuditEntry, AuditSeal

GENESIS = "0" * 64


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
    at = clock.now()
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
        )
        for kind, key in named
    )


def _line(entry: AuditEntry) -> bytes:
    parts = [entry.id, entry.at.isoformat(), entry.actor, entry.act, entry.object_type, entry.object_id]
    return json.dumps([*parts, entry.fields, entry.reason, entry.path], ensure_ascii=False).encode()


def _digest(before: str, entries: Iterable[AuditEntry]) -> tuple[str, int]:
    digest, count = hashlib.sha256(before.encode()), 0
    for entry in entries:
        digest.update(_line(entry))
        count += 1
    return digest.hexdigest(), count


def seal_new_entries(*, most: int = 20_000) -> int:
    """Chain what is not chained yet; returns how many entries. One sealer at a time."""
    with transaction.atomic():
        lock("audit.seal")
        entries = list(AuditEntry.objects.filter(seal=None).order_by("id")[:most])
        if not entries:
            return 0
        last = AuditSeal.objects.order_by("-id").first()
        digest, count = _digest(last.digest if last else GENESIS, entries)
        seal = AuditSeal.objects.create(at=clock.now(), entries=count, digest=digest)
        AuditEntry.objects.filter(seal=None, id__gte=entries[0].id, id__lte=entries[-1].id).update(seal=seal)
        return count


def find_broken_seal() -> int | None:
    """The id of the first link whose entries are not what they were, or None where the chain holds."""
    before = GENESIS
    for seal in AuditSeal.objects.order_by("id").iterator():
        digest, count = _digest(before, AuditEntry.objects.filter(seal=seal).order_by("id").iterator())
        if (digest, count) != (seal.digest, seal.entries):
            return seal.id
        before = digest
    return None


def count_sealed() -> dict[str, Any]:
    """How many entries are chained and how many wait, and the last link: whoever notes it elsewhere can prove later that
    the end of the chain was not cut off."""
    last = AuditSeal.objects.order_by("-id").first()
    return {
        "seals": AuditSeal.objects.count(),
        "sealed": AuditEntry.objects.exclude(seal=None).count(),
        "unsealed": AuditEntry.objects.filter(seal=None).count(),
        "last_digest": last.digest if last else "",
    }
