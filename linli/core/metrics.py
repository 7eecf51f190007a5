"""Figures for Prometheus: requests of each process as they come, everything else read from the database when asked.

Names of routes, jobs and channels only; nothing that leads to a person. prometheus-client is imported on first use, for it
chooses at import whether processes share their figures (PROMETHEUS_MULTIPROC_DIR, set by `linli serve`).
"""

import hmac
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPMethod
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from linli.core import clock, events, jobs
from linli.core.errors import Missing
from linli.core.models import AuditEntry, EventDelivery
from linli.core.upkeep import last_backup_at

SHARED = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = {str(one) for one in HTTPMethod}


@dataclass(frozen=True)
class Gauge:
    """One figure by its labels, read at the moment of asking."""

    name: str
    text: str
    labels: tuple[str, ...]
    values: Sequence[tuple[tuple[str, ...], float]]


Read = Callable[[], Iterable[Gauge]]
_reads: list[Read] = []


def gauge(name: str, text: str, value: float) -> Gauge:
    return Gauge(name, text, (), [((), value)])


def offer(read: Read) -> None:
    """A room's own figures; listed in `config/wiring.py`."""
    if read not in _reads:
        _reads.append(read)


# What a process counts -----------------------------------------------------------------------------------------------


@cache
def _requests() -> Any:
    from prometheus_client import CollectorRegistry, Histogram

    registry = CollectorRegistry()
    labels = ("method", "route", "status")
    return registry, Histogram(
        "linli_request_seconds", "Requests by route.", labels, buckets=BUCKETS, registry=registry
    )


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """One answered request. Costs nothing where no metrics are asked for."""
    if settings.METRICS_TOKEN:
        kind = f"{status // 100}xx"
        _requests()[1].labels(method if method in METHODS else "other", route, kind).observe(seconds)


# What the database knows ---------------------------------------------------------------------------------------------


def read_core() -> Iterable[Gauge]:
    """Events that wait and were given up, jobs and when they last ended well, the audit trail, the database's size."""
    now = clock.now()
    waiting = EventDelivery.objects.filter(done_at=None, attempts__lt=events.MOST_ATTEMPTS).count()
    yield gauge("linli_events_waiting", "Events that a subscriber has not taken up yet.", waiting)
    yield gauge("linli_events_given_up", "Events that were given up.", events.count_failing())
    states = jobs.list_states()
    ages = [((one.name,), (now - one.last_ok_at).total_seconds()) for one in states if one.last_ok_at]
    yield Gauge("linli_job_age_seconds", "Seconds since a job last ended well.", ("job",), ages)
    failing = [((one.name,), float(bool(one.last_error))) for one in states]
    yield Gauge("linli_job_failing", "1 where a job failed the last time.", ("job",), failing)
    unsealed = AuditEntry.objects.filter(seal=None).count()
    yield gauge("linli_audit_unsealed", "Entries of the audit trail that are not chained yet.", unsealed)
    yield gauge("linli_database_bytes", "Size of the database.", _database_bytes())
    backup = last_backup_at()
    if backup:
        yield gauge("linli_backup_age_seconds", "Seconds since the last backup.", (now - backup).total_seconds())


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(cursor.fetchone()[0])


class _Database:
    """What prometheus-client calls a collector."""

    def collect(self) -> Iterable[Any]:
        from prometheus_client.core import GaugeMetricFamily

        for read in _reads:
            for found in read():
                family = GaugeMetricFamily(found.name, found.text, labels=found.labels)
                for labels, value in found.values:
                    family.add_metric(labels, value)
                yield family


# The page ------------------------------------------------------------------------------------------------------------


@login_not_required
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """With the token only; without it the page looks as if it were not there. Not by address: behind a proxy everybody
    comes from this machine."""
    given = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Missing()
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST

    registry = CollectorRegistry()
    registry.register(_Database())
    if os.environ.get(SHARED):
        from prometheus_client.multiprocess import MultiProcessCollector

        shared = CollectorRegistry()
        MultiProcessCollector(shared)
    else:
        shared = _requests()[0]
    return HttpResponse(generate_latest(registry) + generate_latest(shared), content_type=CONTENT_TYPE_LATEST)
