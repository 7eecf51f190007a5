"""What the clock starts. A job is a function without arguments that may run twice without harm; a lease keeps several
workers from running it at once. Jobs are listed in `config/wiring.py`."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import close_old_connections, connection, transaction

from linli.core import audit, chain, clock, events
from linli.core.actors import SYSTEM
from linli.core.locks import lock
from linli.core.logs import log
from linli.core.models import DoneWrite, Event, Lease, Throttle

WRITES_KEPT, TRIES_KEPT = timedelta(days=30), timedelta(days=1)
Job = Callable[[], object]
Loop = Callable[[threading.Event], object]
_jobs: dict[str, tuple[Job, timedelta]] = {}
_loops: list[tuple[Loop, Job]] = []


def every(seconds: float, job: Job) -> None:
    _jobs[f"{job.__module__}.{job.__name__}"] = (job, timedelta(seconds=seconds))


def beside(loop: Loop, *, once: Job) -> None:
    """`loop` runs in a thread of every worker until its event is set: what may wait long for others, and must not hold up
    the clock. `once` does in the caller's thread what is due now."""
    if (loop, once) not in _loops:
        _loops.append((loop, once))


def schedule() -> dict[str, float]:
    """Name and period in seconds of each job, for the docs and the operator's page."""
    return {name: period.total_seconds() for name, (_, period) in sorted(_jobs.items())}


@dataclass(frozen=True)
class JobState:
    """How a job fares: when it last ended well, what stopped it the last time, when it is due."""

    name: str
    period_s: float
    last_ok_at: datetime | None
    last_error: str
    next_at: datetime | None


def list_states() -> list[JobState]:
    """Every job of this version; one query."""
    leases = {one.name: one for one in Lease.objects.all()}
    return [
        JobState(name, seconds, found.last_ok_at, found.last_error, found.next_at)
        if (found := leases.get(name))
        else JobState(name, seconds, None, "", None)
        for name, seconds in schedule().items()
    ]


def _claim(name: str, period: timedelta) -> bool:
    with transaction.atomic():
        lock(f"job:{name}")
        lease = Lease.objects.filter(name=name).first()
        if not _is_due(lease.next_at if lease else None, period):
            return False
        Lease.objects.update_or_create(name=name, defaults={"next_at": clock.now() + period * clock.rate()})
        return True


def _is_due(next_at: datetime | None, period: timedelta) -> bool:
    """Periods are real time, also where a demonstration runs fast. A lease further ahead than one period was left by a
    clock that stepped back."""
    now = clock.now()
    return next_at is None or not now < next_at <= now + period * clock.rate()


def run_due() -> int:
    """Run each job whose time has come; returns how many ran. One query where none has: looking takes no lock, so that an
    idle worker is in nobody's way."""
    ran, leases = 0, dict(Lease.objects.values_list("name", "next_at"))
    for name, (job, period) in _jobs.items():
        if _is_due(leases.get(name), period) and _claim(name, period):
            ran += 1
            _run(name, job)
    return ran


def _run(name: str, job: Job) -> None:
    try:
        job()
    except Exception as error:  # one failing job must not stop the others; the operator's page shows it
        log.error("job_failed", job=name, error=type(error).__name__)
        Lease.objects.filter(name=name).update(last_error=type(error).__name__)
    else:
        Lease.objects.filter(name=name).update(last_ok_at=clock.now(), last_error="")


def run_everything(*, upto: timedelta | None = None) -> None:
    """All jobs and all waiting events now, in order: for demonstrations and tests. With `upto`, jobs of a longer period are
    left out."""
    while events.deliver_due():
        pass
    for job, period in _jobs.values():
        if upto is None or period <= upto:
            job()
    for _loop, once in _loops:
        once()
    while events.deliver_due():
        pass


def work(stop: threading.Event, *, pause: float = 0.5) -> None:
    """A worker's life: events as they come, jobs as they fall due, loops beside them, until `stop`."""
    beside_us = [threading.Thread(target=loop, args=(stop,), name=loop.__name__) for loop, _once in _loops]
    for thread in beside_us:
        thread.start()
    while not stop.is_set():
        try:
            busy = events.deliver_due() + run_due()
        except Exception as error:  # the database may be away for a moment; a worker outlives that
            log.error("worker_round_failed", error=type(error).__name__)
            busy = 0
        close_old_connections()
        if not busy:
            stop.wait(pause)
    for thread in beside_us:
        thread.join()


def seal_audit() -> int:
    """Chain the audit entries that are not chained yet."""
    return chain.seal_new_entries()


class AuditBroken(Exception):
    """The chain over the audit trail does not hold."""


def verify_audit() -> None:
    """Check the whole chain of the audit trail once a day; a broken one stands on the operator's page."""
    if chain.find_break() is not None:
        raise AuditBroken


def forget_old_audit() -> None:
    """Entries of the audit trail whose time is over (LINLI_KEEP_AUDIT_DAYS); their seals stay, so the chain goes on."""
    if settings.KEEP_AUDIT_DAYS and (
        gone := chain.forget_before(clock.now() - timedelta(days=settings.KEEP_AUDIT_DAYS))
    ):
        audit.record(SYSTEM, "forget_audit", ("core.auditentry", "old"), reason=f"{gone} entries")


def hasten(name: str) -> bool:
    """Have a worker run a job with its next look. False where this version has no such job."""
    if name not in _jobs:
        return False
    Lease.objects.update_or_create(name=name, defaults={"next_at": clock.now()})
    return True


def forget_old_writes() -> None:
    """What has served its purpose: ids of writes and delivered events after 30 days, counters of tries and failed
    sign-ins after one, sessions once they have ended."""
    now = clock.now()
    month, day = now - WRITES_KEPT, now - TRIES_KEPT
    DoneWrite.objects.filter(at__lt=month).delete()
    Event.objects.filter(at__lt=month).exclude(deliveries__done_at=None).delete()
    Throttle.objects.filter(window_from__lt=day).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    AccessAttempt.objects.filter(attempt_time__lt=day).delete()


def keep_statistics() -> None:
    """How large the tables of an embedded database are, by a small sample. Without it SQLite may read the whole register
    to find the households of one cell; a PostgreSQL server looks to this itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")
