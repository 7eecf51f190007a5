"""What the clock and the queue start here."""

from typing import Any

from linli.alerts import actions, queries
from linli.core.actors import SYSTEM


def advance_alerts() -> None:
    """Every running notice does what is due by now."""
    for alert in queries.list_running():
        actions.advance_alert(actor=SYSTEM, alert=alert)


def begin_line(payload: dict[str, Any]) -> None:
    """A notice was issued: vacancies are held from the first minute, not from the next tick."""
    alert = queries.find_alert(actor=SYSTEM, alert_id=payload["alert_id"])
    if alert is not None:
        actions.advance_alert(actor=SYSTEM, alert=alert)
