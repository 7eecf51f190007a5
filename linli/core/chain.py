"""The chain over the audit trail: a single sealer links new entries; whoever verifies is told where it breaks.

A seal holds the digest of its entries and of the seal before. Its `trace` is 12 bytes an entry (id, and the first four
bytes of the running digest): it proves nothing, the digest does that, but it tells which entry is not what it was.
"""

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import clock
from linli.core.locks import lock
from linli.core.models import AuditEntry, AuditSeal

GENESIS = "0" * 64
_MARK = struct.Struct(">Q4s")
AT_ONCE = 900  # ids in one statement: below SQLite's old limit of variables


@dataclass(frozen=True)
class Head:
    """The newest link. Noted elsewhere it proves later that the end of the chain was not cut off or made anew."""

    seal: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seal}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Raises ValueError where the text is no head."""
        seal, _colon, digest = text.strip().partition(":")
        if not seal.isdigit() or len(digest) != len(GENESIS) or set(digest) - set("0123456789abcdef"):
            raise ValueError(text)
        return cls(int(seal), digest)


@dataclass(frozen=True)
class Break:
    """The first place where the chain is not what it was."""

    seal: int
    entry: int | None
    what: str  # changed | missing | added | link | cut

    def words(self) -> str:
        said = {
            "changed": _("audit entry %(entry)s of seal %(seal)s was changed"),
            "missing": _("audit entry %(entry)s of seal %(seal)s was taken away"),
            "added": _("audit entry %(entry)s was put into seal %(seal)s"),
            "link": _("seal %(seal)s of the audit trail was changed, or its entries were put in another order"),
            "cut": _(
                "seal %(seal)s is not the one that was noted: the end of the audit trail was cut off or made anew"
            ),
        }
        return said[self.what] % {"entry": self.entry, "seal": self.seal}


def _line(entry: AuditEntry) -> bytes:
    parts = [entry.id, entry.at.isoformat(), entry.actor, entry.act, entry.object_type, entry.object_id]
    stood_in = [entry.acted_for] if entry.acted_for else []  # entries from before there were deputies keep their digest
    return json.dumps([*parts, entry.fields, entry.reason, entry.path, *stood_in], ensure_ascii=False).encode()


def _walk(before: str, rows: Iterator[AuditEntry] | list[AuditEntry], running: Any = None) -> Iterator[tuple[int, Any]]:
    """Id and running digest after each entry."""
    running = running or hashlib.sha256(before.encode())
    for entry in rows:
        running.update(_line(entry))
        yield entry.id, running


# Sealing -------------------------------------------------------------------------------------------------------------


def seal_new_entries(*, most: int = 20_000) -> int:
    """Chain what is not chained yet; returns how many entries. One sealer at a time."""
    with transaction.atomic():
        lock("audit.seal")
        entries = list(AuditEntry.objects.filter(seal=None).order_by("id")[:most])
        if not entries:
            return 0
        last = AuditSeal.objects.order_by("-id").first()
        trace, digest = bytearray(), ""
        for key, running in _walk(last.digest if last else GENESIS, entries):
            trace += _MARK.pack(key, running.digest()[:4])
        digest = running.hexdigest()
        seal = AuditSeal.objects.create(at=clock.now(), entries=len(entries), digest=digest, trace=bytes(trace))
        _put_into(seal, [one.id for one in entries])
        return len(entries)


def _put_into(seal: AuditSeal, keys: list[int]) -> None:
    """By their ids, never by a range: on PostgreSQL an entry with a lower id may be committed in between."""
    for start in range(0, len(keys), AT_ONCE):
        AuditEntry.objects.filter(id__in=keys[start : start + AT_ONCE]).update(seal=seal)


def forget_before(moment: datetime) -> int:
    """Delete the entries of every seal made before `moment`; the seals stay, so the chain goes on from the last of them.
    Returns how many entries went."""
    with transaction.atomic():
        lock("audit.seal")
        old = AuditSeal.objects.filter(at__lt=moment, forgotten_at=None)
        gone, _each = AuditEntry.objects.filter(seal__in=old).delete()
        old.update(forgotten_at=clock.now(), trace=b"")
        return gone


# Verifying -----------------------------------------------------------------------------------------------------------


def find_break(*, start: int = 0, heads: tuple[Head, ...] = ()) -> Break | None:
    """The first break, or None where the chain holds. `start` trusts the seals before it; `heads` were noted elsewhere."""
    noted = {one.seal: one.digest for one in heads}
    earlier = AuditSeal.objects.filter(id__lt=start).order_by("-id").first()
    before = earlier.digest if earlier else GENESIS
    for seal in AuditSeal.objects.filter(id__gte=start).order_by("id").iterator(chunk_size=200):
        if seal.id in noted and noted.pop(seal.id) != seal.digest:
            return Break(seal.id, None, "cut")
        found = None if seal.forgotten_at else _check(seal, before)
        if found:
            return found
        before = seal.digest
    stray = {key for key in noted if key >= start}
    return Break(min(stray), None, "cut") if stray else None


def _check(seal: AuditSeal, before: str) -> Break | None:
    rows = AuditEntry.objects.filter(seal=seal).order_by("id").iterator(chunk_size=5000)
    running, seen, marks = hashlib.sha256(before.encode()), 0, bytes(seal.trace or b"")
    expected = iter(_MARK.iter_unpack(marks)) if len(marks) == seal.entries * _MARK.size else None
    for key, at in _walk(before, rows, running):
        seen += 1
        if expected is not None and (wrong := _differs(seal.id, key, at.digest()[:4], next(expected, None))):
            return wrong
    if expected is not None and (left := next(expected, None)):
        return Break(seal.id, left[0], "missing")
    if (running.hexdigest(), seen) == (seal.digest, seal.entries):
        return None
    return Break(seal.id, None, "link")


def _differs(seal: int, key: int, digest: bytes, mark: tuple[Any, ...] | None) -> Break | None:
    if mark is None or key < mark[0]:
        return Break(seal, key, "added")
    if key > mark[0]:
        return Break(seal, mark[0], "missing")
    return None if digest == mark[1] else Break(seal, key, "changed")


def head() -> Head | None:
    last = AuditSeal.objects.order_by("-id").first()
    return Head(last.id, last.digest) if last else None


def count_sealed() -> dict[str, Any]:
    """How many entries are chained and how many wait, and the last link."""
    last = head()
    return {
        "seals": AuditSeal.objects.count(),
        "sealed": AuditEntry.objects.exclude(seal=None).count(),
        "unsealed": AuditEntry.objects.filter(seal=None).count(),
        "head": str(last) if last else "",
    }
