"""The list of erasures outside the database. A backup holds whom was erased since; a restore reads this list and erases
them again, so the list must outlive the database: one JSON object a line, appended and synced, readable to its owner only,
and without personal data."""

import fcntl
import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from linli.core import clock
from linli.core.locks import lock
from linli.core.logs import log
from linli.core.models import Erasure


@dataclass(frozen=True)
class Entry:
    """One line: which row was erased, when it had been made, on which ground, and when."""

    id: UUID
    kind: str
    subject: int
    made_at: datetime
    ground: str
    at: datetime


def note(*, kind: str, subjects: Sequence[tuple[int, datetime]], ground: str) -> None:
    """Rows (number, when it was made) were erased. Call it in the transaction that erases them."""
    at = clock.now()
    Erasure.objects.bulk_create(
        (
            Erasure(id=uuid4(), kind=kind, subject=key, made_at=made_at, ground=ground, at=at)
            for key, made_at in subjects
        ),
        batch_size=1_000,
    )
    transaction.on_commit(_write_soon)


def note_replayed(entries: Collection[Entry]) -> None:
    """These are done here too, whether or not there was anything to erase: never again."""
    now = clock.now()
    rows = (Erasure(**asdict(one), listed_at=now) for one in entries)
    Erasure.objects.bulk_create(rows, batch_size=1_000, ignore_conflicts=True)


def list_new(entries: Sequence[Entry]) -> list[Entry]:
    """Those that this database has not seen, each once."""
    found: dict[UUID, Entry] = {one.id: one for one in entries}
    keys = list(found)
    for start in range(0, len(keys), 1_000):
        for key in Erasure.objects.filter(pk__in=keys[start : start + 1_000]).values_list("pk", flat=True):
            del found[key]
    return list(found.values())


def _write_soon() -> None:
    """Right after the commit. What fails here (a full disk) is taken up by the job; the erasing itself is done."""
    try:
        write_list()
    except OSError as error:
        log.error("erasure_list_failed", error=type(error).__name__)


def write_list() -> int:
    """Bring what is not on the list yet to it. A process killed in between writes a line twice; a reader counts its id
    once."""
    with transaction.atomic():
        lock("erasures.list")
        rows = list(Erasure.objects.filter(listed_at=None).order_by("at", "id")[:5_000])
        if not rows:
            return 0
        append([Entry(one.id, one.kind, one.subject, one.made_at, one.ground, one.at) for one in rows])
        Erasure.objects.filter(pk__in=[one.pk for one in rows]).update(listed_at=clock.now())
        return len(rows)


def append(entries: Sequence[Entry], path: Path | None = None) -> None:
    """All lines in one write, on the disk before this returns. Several processes take turns."""
    text = "".join(json.dumps(asdict(one), default=_plain, sort_keys=True) + "\n" for one in entries)
    path = path or Path(settings.ERASURE_LIST)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path) as descriptor:
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"  # a machine that went down in the middle of a line
        data = ("\n" if torn else "").encode() + text.encode()
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    _sync_folder(path.parent)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def read_list(path: Path | None = None) -> list[Entry]:
    """Every entry in order; a torn line is left out, for its erasure is written again. No file: none."""
    path = path or Path(settings.ERASURE_LIST)
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            raw = json.loads(line)
            entry = Entry(
                UUID(raw["id"]),
                str(raw["kind"]),
                int(raw["subject"]),
                datetime.fromisoformat(raw["made_at"]),
                str(raw["ground"]),
                datetime.fromisoformat(raw["at"]),
            )
        except (ValueError, KeyError, TypeError):
            continue
        found.append(entry)
    return found
