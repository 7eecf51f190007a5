"""A second person's word before a notice goes out, where a rule of the profile asks for it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid5

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import check_may_approve, check_may_issue
from linli.alerts.actions.facts import record_fact
from linli.alerts.actions.sending import Notice, check_notice, send_out
from linli.alerts.models import Alert, Approval
from linli.alerts.profile import approval_rules
from linli.alerts.queries.notices import list_approvers
from linli.alerts.rules import APPROVED, DRAFT, F_APPROVED, LAPSED, REFUSED_IT, TAKEN_BACK, WAITING, ApprovalRule
from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.locks import lock
from linli.core.paths import common
from linli.grid.models import Place
from linli.grid.queries import actor_by_id, read_headcounts
from linli.messages import actions as messages
from linli.messages.actions import Recipient, Sending
from linli.messages.rules import ACCOUNT, TASK
from linli.rounds.rules import HOUSEHOLD

DECIDED = _("This was decided already. Load the page again to see how.")


def find_rule(*, actor: Actor, notice: Notice, drill: bool = False) -> ApprovalRule | None:
    """The rule by which a second person is asked about this notice; none asks about what the system sends."""
    rules = approval_rules()
    if actor.kind != "account" or not rules:
        return None
    counts = read_headcounts(places=[(one.pk, one.path) for one in notice.places], unit=HOUSEHOLD)
    told: dict[str, Any] = {
        "urgency": notice.urgency,
        "kinds": [one.kind for one in notice.places],
        "households": sum(one.count for one in counts.values()),
        "local": clock.local(clock.now()).time(),
        "drill": drill,
    }
    return next((rule for rule in rules if rule.fits(**told)), None)


def ask_approval(*, actor: Actor, alert: Alert, rule: ApprovalRule, places: Sequence[Place]) -> bool:
    """Let it wait, and tell everybody who may approve it. False where nobody may: a warning is not held up for want of a
    second person, and the timeline says so. Called within `issue_alert`."""
    approvers = list_approvers(alert=alert)
    if not approvers:
        return False
    now, path = clock.now(), common(place.path for place in places)
    with transaction.atomic():
        alert.state = WAITING
        alert.save(update_fields=["state"])
        made = Approval.objects.create(alert=alert, asked_at=now, lapses_at=now + timedelta(minutes=rule.lapses))
        audit.record(actor, "ask_approval", alert, fields=["state"], path=path)
        sending = Sending(
            source=("alerts", f"{alert.pk}"),
            kind=TASK,
            texts=_texts(alert),
            urgency=alert.urgency,
            expires_at=made.lapses_at,
            path=path,
            url=f"/alerts/{alert.pk}",
        )
        dispatch = messages.begin_dispatch(
            actor=actor, dispatch_id=uuid5(alert.pk, f"approval:{made.pk}"), sending=sending
        )
        told = [Recipient(ACCOUNT, one.account_id, one.path) for one in approvers]
        messages.enqueue(actor=actor, dispatch=dispatch, recipients=told)
    return True


def _texts(alert: Alert) -> dict[str, dict[str, str]]:
    found = {}
    for language, text in alert.texts.items():
        with translation.override(language):
            found[language] = {
                "headline": gettext("A notice waits for your approval"),
                "body": text.get("headline", ""),
            }
    return found


def approve_alert(*, actor: Actor, alert: Alert) -> Alert:
    """The second person says yes: it goes out as its writer's, who must still be allowed to issue it. Approved twice it
    goes out once."""
    check_may_approve(actor, alert)
    with transaction.atomic():
        lock(f"alert:{alert.pk}")
        fresh, asked = _waiting(alert)
        if asked is None:
            if fresh.issued_at is not None:
                return fresh
            raise Conflict(DECIDED)
        writer = actor_by_id(account_id=fresh.issued_by_id)
        places = [one.place for one in fresh.places.select_related("place")]
        try:
            check_may_issue(writer, places)
        except (Forbidden, Missing):
            raise Conflict(_("Its writer may not issue it any more. Write it anew in your own name.")) from None
        notice = Notice(fresh.texts, fresh.urgency, places, fresh.groups, fresh.expires_at, fresh.drill)
        check_notice(notice)
        _decide(actor, asked, APPROVED)
        record_fact(fresh, F_APPROVED)
        messages.stop_source(actor=actor, source=("alerts", str(fresh.pk)))
        return send_out(actor=writer, alert=fresh, notice=notice)


def refuse_alert(*, actor: Actor, alert: Alert, reason: str) -> Alert:
    """The second person says no, and why: it is its writer's draft again."""
    check_may_approve(actor, alert)
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why it must not go out.")})
    return _back_to_draft(actor, alert, REFUSED_IT, reason)


def take_back_alert(*, actor: Actor, alert: Alert) -> Alert:
    """The writer wants to change it after all."""
    if actor.kind != "account" or actor.id != alert.issued_by_id:
        raise Forbidden()
    return _back_to_draft(actor, alert, TAKEN_BACK, "")


def lapse_approvals(*, actor: Actor) -> int:
    """Requests that nobody decided in time."""
    old = Approval.objects.filter(decision="", lapses_at__lte=clock.now(), alert__state=WAITING).select_related("alert")
    return sum(_lapse(actor, one.alert) for one in old[:200])


def _lapse(actor: Actor, alert: Alert) -> bool:
    try:
        return bool(_back_to_draft(actor, alert, LAPSED, ""))
    except Conflict:  # decided in the same moment
        return False


def _waiting(alert: Alert) -> tuple[Alert, Approval | None]:
    fresh = Alert.objects.select_related("replaces").select_for_update(of=("self",)).get(pk=alert.pk)
    return fresh, fresh.approvals.filter(decision="").first() if fresh.state == WAITING else None


def _back_to_draft(actor: Actor, alert: Alert, decision: str, reason: str) -> Alert:
    with transaction.atomic():
        lock(f"alert:{alert.pk}")
        fresh, asked = _waiting(alert)
        if asked is None:
            last = fresh.approvals.order_by("-id").first()
            if last is not None and (last.decision, last.reason) == (decision, reason[:200]):
                return fresh
            raise Conflict(DECIDED)
        _decide(actor, asked, decision, reason)
        fresh.state = DRAFT
        fresh.save(update_fields=["state"])
        messages.stop_source(actor=actor, source=("alerts", str(fresh.pk)))
        return fresh


def _decide(actor: Actor, asked: Approval, decision: str, reason: str = "") -> None:
    asked.decision, asked.reason, asked.decided_at = decision, reason[:200], clock.now()
    asked.decided_by_id = actor.id if actor.kind == "account" else None
    asked.save(update_fields=["decision", "reason", "decided_at", "decided_by"])
    path = common(asked.alert.places.values_list("path", flat=True))
    audit.record(actor, "decide_approval", asked.alert, fields=[decision], reason=reason, path=path)
