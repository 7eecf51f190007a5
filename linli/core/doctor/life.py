"""Checks of what goes on: the database, the worker, jobs and deliveries, the backup, the audit trail."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from linli.core import clock, events, jobs, upkeep
from linli.core.doctor.findings import UNSAFE, WARNING, Finding
from linli.core.models import AuditEntry, AuditSeal, Lease

A_DAY = timedelta(hours=26)  # a daily backup may be late by two hours
A_WEEK = timedelta(days=8)
SKEW_S = 2.0
MANY_ROWS = 50_000


def check_database() -> Iterator[Finding]:
    """Reachable, of this version, on the same time."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Finding(
            "not-migrated",
            UNSAFE,
            _("The database is behind this version of Linli."),
            _("Pages and jobs don't start on it."),
            "linli backup … && linli migrate",
        )
    if connection.vendor == "postgresql":
        yield from _check_clocks()
    yield from _check_statistics()


def _check_clocks() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())")
        skew = abs(float(cursor.fetchone()[0]) - clock.machine_time())
    if skew > SKEW_S:
        yield Finding(
            "clock-skew",
            UNSAFE if skew > 60 else WARNING,
            _("The clocks of this machine and of the database are %(n)s seconds apart.") % {"n": round(skew)},
            _("Deadlines, reminders and appointments begin and end at the wrong time."),
            _("Set both by NTP: timedatectl set-ntp true"),
        )


def _check_statistics() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'core_auditentry'")
            rows = (cursor.fetchone() or [0])[0]
            lacking = rows > MANY_ROWS and "sqlite_stat1" not in _sqlite_tables()
        else:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_user_tables"
                " WHERE n_live_tup > %s AND last_analyze IS NULL AND last_autoanalyze IS NULL",
                [MANY_ROWS],
            )
            lacking = bool(cursor.fetchone()[0])
    if lacking:
        yield Finding(
            "no-statistics",
            WARNING,
            _("The database does not know how large its tables are."),
            _("Lists may take seconds instead of milliseconds."),
            _("Let a worker run ('linli worker'); on PostgreSQL: ANALYZE, and turn autovacuum on."),
        )


def _sqlite_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master")
        return {row[0] for row in cursor.fetchall()}


def check_worker() -> Iterator[Finding]:
    """Without a worker no alert advances, no message leaves, nothing is sealed."""
    last = upkeep.last_sign_of_life()
    now = clock.now()
    if last is None or now - last > timedelta(minutes=2) * clock.rate():
        when = {"when": f"{clock.local(last):%Y-%m-%d %H:%M}"} if last else {}
        yield Finding(
            "no-worker",
            UNSAFE,
            _("No worker has run since %(when)s.") % when if when else _("No worker has ever run."),
            _("Alerts don't advance, messages don't leave, tasks don't pass on."),
            _("Start 'linli serve', or 'linli worker' where it runs with --no-worker."),
        )
    for lease in Lease.objects.exclude(last_error="").order_by("name")[:10]:
        yield Finding(
            "audit-broken" if lease.name.endswith(".verify_audit") else "job-failing",
            UNSAFE if lease.name.endswith(".verify_audit") else WARNING,
            _("The job %(name)s failed the last time it ran (%(error)s).")
            % {"name": lease.name.removeprefix("linli."), "error": lease.last_error},
            _("What it does is not done."),
            "linli audit verify"
            if lease.name.endswith(".verify_audit")
            else _("Look for job_failed in the log; run it again on the operator's page."),
        )


def check_jobs() -> Iterator[Finding]:
    """Every job of this version runs: an old worker knows only those of its own."""
    if upkeep.last_sign_of_life() is None:
        return
    horizon = clock.now() - timedelta(minutes=10)
    leases = dict(Lease.objects.values_list("name", "next_at"))
    late = [name for name in jobs.schedule() if name in leases and leases[name] < horizon]
    if late and upkeep.find_live_workers():
        yield Finding(
            "job-late",
            WARNING,
            _("%(n)s jobs are overdue, for example %(name)s.")
            % {"n": len(late), "name": late[0].removeprefix("linli.")},
            _("A worker of an older version doesn't know them, or one job takes very long."),
            _("Start every 'linli worker' anew after an upgrade."),
        )


def check_deliveries() -> Iterator[Finding]:
    failing = events.count_failing()
    if failing:
        yield Finding(
            "deliveries-given-up",
            WARNING,
            _("%(n)s events were given up after %(tries)s tries.") % {"n": failing, "tries": events.MOST_ATTEMPTS},
            _("What should have followed from them has not happened."),
            _("Read the error on the operator's page, mend it, and have them tried again there."),
        )


def check_backup() -> Iterator[Finding]:
    """A backup of yesterday, made by `linli backup`."""
    last = upkeep.last_backup_at()
    age = clock.now() - last if last else None
    if settings.DEMO or (age is not None and age <= A_DAY):
        return
    when = _("The last backup is of %(when)s.") % {"when": f"{clock.local(last):%Y-%m-%d %H:%M}"} if last else ""
    yield Finding(
        "no-backup",
        UNSAFE if age is not None and age > A_WEEK else WARNING,
        when or _("There has never been a backup."),
        _("A broken disk would take everything since."),
        "linli backup /backup --keep 14",
    )


def check_audit() -> Iterator[Finding]:
    """Entries are chained within seconds."""
    horizon = clock.now() - timedelta(minutes=10)
    waiting = AuditEntry.objects.filter(seal=None, at__lt=horizon).count()
    if waiting:
        yield Finding(
            "audit-unsealed",
            WARNING,
            _("%(n)s entries of the audit trail are not chained yet.") % {"n": waiting},
            _("Until then they could be changed without anybody seeing it."),
            _("Let a worker run: it chains them within seconds."),
        )
    bare = AuditSeal.objects.filter(forgotten_at=None).order_by("-id").first()
    if bare is not None and not AuditEntry.objects.filter(seal=bare).exists():
        yield Finding(
            "audit-emptied",
            UNSAFE,
            _("The newest seal of the audit trail has no entries."),
            _("Somebody has taken them away."),
            "linli audit verify",
        )
