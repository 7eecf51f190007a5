"""A notice from its draft to its end."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import check_may_issue
from linli.alerts.actions.approvals import ask_approval, find_rule
from linli.alerts.actions.facts import record_fact
from linli.alerts.actions.sending import Notice, check_notice, end_alert, send_out
from linli.alerts.models import Alert, AlertPlace
from linli.alerts.rules import (
    CANCELLED,
    DRAFT,
    EXPIRED,
    F_CANCELLED,
    F_EXPIRED,
    F_NOBODY,
    UPDATED,
    may_become,
)
from linli.core import audit, clock
from linli.core.actors import Actor, outermost
from linli.core.errors import Conflict, Invalid
from linli.core.locks import lock
from linli.core.paths import common
from linli.core.writes import done_before, mark_done
from linli.grid.models import Place


def draft_alert(*, actor: Actor, alert_id: UUID, notice: Notice, replaces: Alert | None = None) -> Alert:
    """Write down a notice without sending it; written again it is changed while it is a draft."""
    check_notice(notice)
    check_may_issue(actor, notice.places)
    with transaction.atomic():
        lock(f"alert:{alert_id}")
        found = Alert.objects.filter(pk=alert_id).first()
        if found is not None and (found.state != DRAFT or found.issued_by_id != actor.id):
            raise Conflict(_("This notice was already issued. Use an update to change it."))
        made = found or Alert(id=alert_id, issued_by_id=actor.id, made_at=clock.now(), state=DRAFT)
        made.texts = {language: dict(text) for language, text in notice.texts.items()}
        made.urgency, made.groups = notice.urgency, list(notice.groups)
        made.expires_at, made.replaces, made.drill = notice.expires_at, replaces, notice.drill
        made.save(force_insert=found is None)
        _set_places(made, notice.places)
        told = ["texts", "urgency", "places", "groups", "expires_at"]
        audit.record(actor, "draft_alert", made, fields=told, path=common(place.path for place in notice.places))
        return made


def _set_places(alert: Alert, places: Sequence[Place]) -> None:
    alert.places.all().delete()
    by_path = {place.path: place for place in places}
    AlertPlace.objects.bulk_create(
        AlertPlace(alert=alert, place=by_path[path], path=path) for path in outermost(by_path)
    )


def issue_alert(*, actor: Actor, alert_id: UUID, notice: Notice, replaces: Alert | None = None) -> Alert:
    """Send a notice down the line. The number of rows written does not depend on how many it concerns; the same id sent
    again gives the same alert."""
    with transaction.atomic():
        lock(f"alert:{alert_id}")
        found = Alert.objects.filter(pk=alert_id).first()
        if found is not None and found.state != DRAFT and found.issued_by_id == actor.id:
            _check_same(found, notice)
            return found
        made = draft_alert(actor=actor, alert_id=alert_id, notice=notice, replaces=replaces)
        rule = find_rule(actor=actor, notice=notice, drill=bool(notice.drill))
        if rule is not None and ask_approval(actor=actor, alert=made, rule=rule, places=notice.places):
            return made
        if rule is not None:
            record_fact(made, F_NOBODY)
        return send_out(actor=actor, alert=made, notice=notice)


def _check_same(found: Alert, notice: Notice) -> None:
    """Raises Conflict where the id that was sent again says something else now."""
    said = ({language: dict(text) for language, text in notice.texts.items()}, notice.urgency, list(notice.groups))
    paths = set(found.places.values_list("path", flat=True))
    if said != (found.texts, found.urgency, found.groups) or set(outermost(one.path for one in notice.places)) != paths:
        raise Conflict(_("This notice was already issued. Use an update to change it."), code="write-id-reused")


def update_alert(*, actor: Actor, alert: Alert, alert_id: UUID, notice: Notice) -> Alert:
    """Replace a notice by another: the old one ends with its figures kept, the new one goes down the line afresh."""
    check_may_issue(actor, [one.place for one in alert.places.select_related("place")])
    if not may_become(alert.state, UPDATED) and not Alert.objects.filter(pk=alert_id, replaces=alert).exists():
        raise Conflict(_("This notice has ended: issue a new one."))
    return issue_alert(actor=actor, alert_id=alert_id, notice=notice, replaces=alert)


def cancel_alert(*, actor: Actor, alert: Alert, reason: str, write_id: UUID | None = None) -> Alert:
    """Call a notice back. Its receipts stay; its tasks are closed. Cancelled twice is cancelled once."""
    check_may_issue(actor, [one.place for one in alert.places.select_related("place")])
    if not reason.strip():
        raise Invalid(_("Say why it is cancelled."), fields={"reason": _("Say why it is cancelled.")})
    content = [str(alert.pk), reason]
    with transaction.atomic():
        if done_before(actor, "cancel_alert", write_id, content):
            return Alert.objects.get(pk=alert.pk)
        mark_done(actor, "cancel_alert", write_id, content, alert.pk)
        return end_alert(actor=actor, alert=alert, state=CANCELLED, fact=F_CANCELLED, reason=reason)


def expire_alert(*, actor: Actor, alert: Alert) -> Alert:
    """The end that was set when it was issued."""
    return end_alert(actor=actor, alert=alert, state=EXPIRED, fact=F_EXPIRED, reason="")
