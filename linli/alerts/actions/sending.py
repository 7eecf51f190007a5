"""A notice goes out and comes to its end: what issuing, approving, updating and calling back share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import find_issuing_grant
from linli.alerts.actions.answers import credit_own_posts
from linli.alerts.actions.facts import record_fact, source_of
from linli.alerts.actions.spreading import begin_spread
from linli.alerts.events import AlertEnded, AlertIssued
from linli.alerts.models import Alert
from linli.alerts.profile import urgencies
from linli.alerts.rules import (
    CANCELLED,
    F_ISSUED,
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
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid
from linli.core.paths import common
from linli.duties import actions as duties
from linli.duties.rules import SUPERSEDED
from linli.grid.models import Place
from linli.messages import actions as messages
from linli.residents.profile import groups as known_groups
from linli.rounds import actions as rounds
from linli.rounds.rules import HOUSEHOLD, NOBODY, POST

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


def send_out(*, actor: Actor, alert: Alert, notice: Notice) -> Alert:
    """What issuing and approving share; the actor is the writer."""
    made, replaces = alert, alert.replaces
    with transaction.atomic():
        _open(actor, made, notice)
        if replaces is not None and may_become(replaces.state, UPDATED):
            end_alert(actor=actor, alert=replaces, state=UPDATED, fact=F_UPDATED, reason="")
        credit_own_posts(actor=actor, alert=made, issuing=True)
        audit.record_many(
            actor, "issue_alert", [made], fields=["state"], path=common(place.path for place in notice.places)
        )
        events.publish(AlertIssued(alert_id=str(made.pk)))
        return made


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


def end_alert(*, actor: Actor, alert: Alert, state: str, fact: str, reason: str) -> Alert:
    """Its figures and receipts stay, its tasks close, nothing more of it is sent. Ended twice is ended once."""
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
