"""What the clock and the queue start here."""

from typing import Any

from linli.alerts import actions, queries
from linli.core.actors import SYSTEM

BATCHES = 20


def advance_alerts() -> None:
    """Every running notice does what is due by now."""
    for alert in queries.list_running():
        actions.advance_alert(actor=SYSTEM, alert=alert)


def spread_alerts() -> None:
    """Messages of notices on their way into the outbox: some batches of each, so that none waits for the largest."""
    for spread_id in queries.list_spreads():
        for _batch in range(BATCHES):
            if not actions.spread_on(actor=SYSTEM, spread_id=spread_id):
                break


def begin_line(payload: dict[str, Any]) -> None:
    """A notice was issued: vacancies are held from the first minute, not from the next tick."""
    alert = queries.find_alert(actor=SYSTEM, alert_id=payload["alert_id"])
    if alert is not None:
        actions.advance_alert(actor=SYSTEM, alert=alert)
