"""A notice from its draft to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import check_may_issue, find_issuing_grant
from linli.alerts.actions.approvals import ask_approval, find_rule
from linli.alerts.actions.spreading import begin_spread
from linli.alerts.events import AlertEnded, AlertIssued
from linli.alerts.models import Alert, AlertFact, AlertPlace
from linli.alerts.profile import urgencies
from linli.alerts.rules import (
    CANCELLED,
    DRAFT,
    EXPIRED,
    F_CANCELLED,
    F_EXPIRED,
    F_ISSUED,
    F_NOBODY,
    F_UPDATED,
    ISSUED,
    LINE_ONLY,
    S_CANCEL,
    S_NOTICE,
    S_UPDATE,
    UPDATED,
    may_become,
)
from linli.core import audit, clock, events
from linli.core.actors import Actor, outermost
from linli.core.errors import Conflict, Invalid
from linli.core.locks import lock
from linli.core.paths import common
from linli.core.writes import done_before, mark_done
from linli.duties import actions as duties
from linli.duties.rules import SUPERSEDED
from linli.grid.models import Place
from linli.messages import actions as messages
from linli.residents.profile import groups as known_groups
from linli.rounds import actions as rounds
from linli.rounds.rules import HOUSEHOLD, NOBODY, POST

SOURCE = "alerts"
HEADLINE_MOST, BODY_MOST = 60, 2_000


@dataclass(frozen=True)
class Notice:
    """What is to be said, where, to whom and how soon. `texts`: language → headline, body. `drill`: '' or rules.SCOPES."""

    texts: Mapping[str, Mapping[str, str]]
    urgency: str
    places: Sequence[Place]
    groups: Sequence[str] = ()
    expires_at: datetime | None = None
    drill: str = ""


def source_of(alert: Alert) -> tuple[str, str]:
    return (SOURCE, str(alert.pk))


def check_notice(notice: Notice) -> None:
    """Raises Invalid with a message at each field that is wrong."""
    wrong: dict[str, Any] = {}
    if not notice.places:
        wrong["places"] = _("Choose at least one place.")
    if notice.urgency not in urgencies():
        wrong["urgency"] = _("Choose how urgent it is.")
    if set(notice.groups) - set(known_groups()):
        wrong["groups"] = _("This group is not known.")
    if not any(text.get("headline", "").strip() for text in notice.texts.values()):
        wrong["headline"] = _("Say in one line what is the matter.")
    for text in notice.texts.values():
        if len(text.get("headline", "")) > HEADLINE_MOST:
            wrong["headline"] = _("The headline is too long: 60 characters at most.")
        if len(text.get("body", "")) > BODY_MOST:
            wrong["body"] = _("The text is too long: 2,000 characters at most.")
    if notice.expires_at is not None and notice.expires_at <= clock.now():
        wrong["expires_at"] = _("The end must lie ahead.")
    if wrong:
        raise Invalid(_("The notice can't go out yet: please mend the marked fields."), fields=wrong)


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


def send_out(*, actor: Actor, alert: Alert, notice: Notice) -> Alert:
    """What issuing and approving share; the actor is the writer."""
    made, replaces = alert, alert.replaces
    with transaction.atomic():
        _open(actor, made, notice)
        if replaces is not None and may_become(replaces.state, UPDATED):
            _end(actor, replaces, UPDATED, F_UPDATED, "")
        from linli.alerts.actions.answers import credit_own_posts

        credit_own_posts(actor=actor, alert=made, issuing=True)
        audit.record_many(
            actor, "issue_alert", [made], fields=["state"], path=common(place.path for place in notice.places)
        )
        events.publish(AlertIssued(alert_id=str(made.pk)))
        return made


def _check_same(found: Alert, notice: Notice) -> None:
    """Raises Conflict where the id that was sent again says something else now."""
    said = ({language: dict(text) for language, text in notice.texts.items()}, notice.urgency, list(notice.groups))
    paths = set(found.places.values_list("path", flat=True))
    if said != (found.texts, found.urgency, found.groups) or set(outermost(one.path for one in notice.places)) != paths:
        raise Conflict(_("This notice was already issued. Use an update to change it."), code="write-id-reused")


def _open(actor: Actor, made: Alert, notice: Notice) -> None:
    now = clock.now()
    urgency = urgencies()[notice.urgency]
    made.state, made.issued_at, made.deadline_at = ISSUED, now, urgency.at(now, "deadline")
    issuing = find_issuing_grant(actor, notice.places)
    made.issued_post = issuing.post_kind if issuing else ""
    common: dict[str, Any] = {
        "actor": actor,
        "source": source_of(made),
        "places": notice.places,
        "deadline_at": made.deadline_at,
    }
    groups = [NOBODY] if made.drill == LINE_ONLY else notice.groups
    made.households = rounds.open_round(round_id=uuid5(made.pk, HOUSEHOLD), unit=HOUSEHOLD, groups=groups, **common)
    made.posts = rounds.open_round(round_id=uuid5(made.pk, POST), unit=POST, **common)
    made.save()
    record_fact(made, F_ISSUED)
    begin_spread(actor=actor, alert=made, kind=S_UPDATE if made.replaces_id else S_NOTICE)


def record_fact(alert: Alert, kind: str, *, once: str = "", count: int = 0, note: str = "") -> bool:
    """A line of the timeline, once. True where it is new."""
    row = AlertFact(alert=alert, at=clock.now(), kind=kind, once=once or kind, count=count, note=note)
    if AlertFact.objects.filter(alert=alert, once=row.once).exists():
        return False
    AlertFact.objects.bulk_create([row], ignore_conflicts=True)
    return True


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
        return _end(actor, alert, CANCELLED, F_CANCELLED, reason)


def expire_alert(*, actor: Actor, alert: Alert) -> Alert:
    """The end that was set when it was issued."""
    return _end(actor, alert, EXPIRED, F_EXPIRED, "")


def _end(actor: Actor, alert: Alert, state: str, fact: str, reason: str) -> Alert:
    with transaction.atomic():
        fresh = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
        if fresh.state == state:
            return fresh
        if not may_become(fresh.state, state):
            raise Conflict(_("This notice has ended: issue a new one."))
        fresh.state, fresh.ended_at, fresh.end_reason = state, clock.now(), reason[:200]
        fresh.save(update_fields=["state", "ended_at", "end_reason"])
        for found in (fresh.households, fresh.posts):
            if found is not None:
                rounds.close_round(actor=actor, found=found)
        duties.close_source(actor=actor, source=source_of(fresh), outcome=SUPERSEDED)
        record_fact(fresh, fact, note=reason)
        messages.stop_source(actor=actor, source=source_of(fresh))
        if state == CANCELLED and fresh.issued_at is not None:
            begin_spread(actor=actor, alert=fresh, kind=S_CANCEL)
        where = common(fresh.places.values_list("path", flat=True))
        audit.record(actor, "end_alert", fresh, fields=["state"], reason=reason, path=where)
        events.publish(AlertEnded(alert_id=str(fresh.pk), state=state))
        return fresh
