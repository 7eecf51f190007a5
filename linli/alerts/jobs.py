"""What the clock and the queue start here."""

from contextlib import suppress
from typing import Any
from uuid import uuid5

from linli.alerts import actions, queries
from linli.alerts.rules import ISSUED
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Missing
from linli.core.retention import kept
from linli.grid.queries import actor_by_id
from linli.messages.rules import ACCOUNT, AS_CONFIRMED, HOUSEHOLD
from linli.residents.queries import list_homes_of
from linli.rounds.rules import REPLY

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


def hold_drills() -> None:
    """Drills begin at their time, and end in their score."""
    actions.hold_drills(actor=SYSTEM)


def lapse_approvals() -> None:
    """Requests for approval that nobody decided in time: the notice is a draft again."""
    actions.lapse_approvals(actor=SYSTEM)


def forget_erased_homes(payload: dict[str, Any]) -> None:
    """Households were erased: what late records say of them goes too."""
    actions.forget_late_notes(actor=SYSTEM, households=payload["household_ids"])


def forget_erased_people(payload: dict[str, Any]) -> None:
    """The same of the homes of people who were erased."""
    actions.forget_late_notes(actor=SYSTEM, households=list_homes_of(people=payload["person_ids"]))


def forget_old_late_notes() -> None:
    """What somebody wrote on a late record that was decided long ago."""
    actions.forget_old_late_notes(actor=SYSTEM, before=clock.now() - kept("late_notes"))


def begin_line(payload: dict[str, Any]) -> None:
    """A notice was issued: vacancies are held from the first minute, not from the next tick."""
    alert = queries.find_alert(actor=SYSTEM, alert_id=payload["alert_id"])
    if alert is not None:
        actions.advance_alert(actor=SYSTEM, alert=alert)


def take_confirmation(payload: dict[str, Any]) -> None:
    """Somebody wrote back that they have received it: a receipt, where the notice still runs."""
    if payload["filed_as"] != AS_CONFIRMED or payload["source_room"] != "alerts":
        return
    alert = queries.find_alert(actor=SYSTEM, alert_id=payload["source_id"])
    if alert is None or alert.state != ISSUED:
        return
    kind, key = payload["recipient_kind"], payload["recipient_id"]
    with suppress(Missing):  # moved out of its places meanwhile, or holds no post any more
        if kind == HOUSEHOLD:
            receipt = uuid5(alert.pk, f"reply:{payload['reply_id']}")
            actions.confirm_household(actor=SYSTEM, alert=alert, household=key, receipt_id=receipt, how=REPLY)
        elif kind == ACCOUNT:
            actions.acknowledge_alert(actor=actor_by_id(account_id=key), alert=alert)
