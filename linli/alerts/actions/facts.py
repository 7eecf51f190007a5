"""What every write of a notice shares: by what name other rooms know it, and the lines of its timeline."""

from linli.alerts.models import Alert, AlertFact
from linli.core import clock

SOURCE = "alerts"


def source_of(alert: Alert) -> tuple[str, str]:
    return (SOURCE, str(alert.pk))


def record_fact(alert: Alert, kind: str, *, once: str = "", count: int = 0, note: str = "") -> bool:
    """A line of the timeline, once. True where it is new."""
    row = AlertFact(alert=alert, at=clock.now(), kind=kind, once=once or kind, count=count, note=note)
    if AlertFact.objects.filter(alert=alert, once=row.once).exists():
        return False
    AlertFact.objects.bulk_create([row], ignore_conflicts=True)
    return True
