"""What tells whether the deployment is kept well: live workers, the newest backup."""

from datetime import datetime, timedelta

from linli.core import clock
from linli.core.models import AuditEntry, Lease

ALIVE = timedelta(seconds=30)


def last_sign_of_life() -> datetime | None:
    """When a worker last ended a job well."""
    return Lease.objects.exclude(last_ok_at=None).order_by("-last_ok_at").values_list("last_ok_at", flat=True).first()


def find_live_workers() -> bool:
    """Has any job run a moment ago?"""
    last = last_sign_of_life()
    return last is not None and abs(clock.now() - last) < ALIVE * clock.rate()


def last_backup_at() -> datetime | None:
    return AuditEntry.objects.filter(act="back_up").order_by("-at").values_list("at", flat=True).first()


def list_backups(*, most: int = 5) -> list[AuditEntry]:
    """The newest first, as the audit trail tells of them."""
    return list(AuditEntry.objects.filter(act__in=("back_up", "restore", "export_deployment")).order_by("-at")[:most])
