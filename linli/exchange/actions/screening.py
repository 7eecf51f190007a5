"""A person decides what becomes of an alert from outside. Whatever goes out goes through the actions of alerts, with the
checks and approvals that hold there."""

from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts import actions as alerts
from linli.alerts.actions import BODY_MOST, HEADLINE_MOST, Notice
from linli.alerts.models import Alert
from linli.alerts.profile import urgencies
from linli.alerts.rules import ISSUED as RUNNING
from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.locks import lock
from linli.core.writes import done_before, mark_done
from linli.duties import actions as duties
from linli.duties.rules import DONE
from linli.exchange.access import check_may_decide, own_paths
from linli.exchange.actions.incoming import open_task, source_of
from linli.exchange.models import Incoming
from linli.exchange.profile import cap
from linli.exchange.queries import list_places_meant
from linli.exchange.rules import states
from linli.exchange.rules.areas import urgency_in


def begin_notice(*, actor: Actor, incoming: Incoming) -> Alert:
    """A draft with what the alert says, for the actor's own places that it means; of an update, one that replaces what was
    issued before. Asked again it gives the same draft, as it has been changed since."""
    places = list_places_meant(incoming=incoming, paths=own_paths(actor, incoming))
    if not places:
        raise Missing()
    key = uuid5(incoming.pk, actor.ref)
    with transaction.atomic():
        fresh = _lock(incoming)
        found = Alert.objects.filter(pk=key).first()
        if found is not None:
            return found
        replaces = running_before(fresh) if fresh.msg_type == "Update" else None
        made = alerts.draft_alert(actor=actor, alert_id=key, notice=_notice(fresh, places), replaces=replaces)
        if actor.may("alerts.issue", fresh.path) and states.may_become(fresh.state, states.DRAFTED):
            _decide(actor, fresh, states.DRAFTED, alert=made)
            duties.begin_tasks(actor=actor, source=source_of(fresh), path=fresh.path)
        audit.record(actor, "begin_notice_from_alert", fresh, fields=["alert"], path=fresh.path)
        return made


def running_before(incoming: Incoming) -> Alert | None:
    """What was issued for the earlier alert that this one is about, and still runs."""
    earlier = incoming.about
    return earlier.alert if earlier is not None and earlier.alert and earlier.alert.state == RUNNING else None


def _lock(incoming: Incoming) -> Incoming:
    lock(f"incoming:{incoming.pk}")
    return Incoming.objects.select_related("about__alert", "place").get(pk=incoming.pk)


def _notice(incoming: Incoming, places: Any) -> Notice:
    known = cap()
    infos = incoming.said["infos"]
    first = infos[0] if infos else {"urgency": "Unknown", "severity": "Unknown"}
    codes = {code: known.urgencies.get(code, ()) for code in urgencies()}
    ends = incoming.expires_at
    return Notice(
        texts=_texts(infos) or {settings.LANGUAGE_CODE: {"headline": incoming.identifier[:HEADLINE_MOST], "body": ""}},
        urgency=urgency_in(first["urgency"], first["severity"], codes),
        places=places,
        expires_at=ends if ends and ends > clock.now() else None,
    )


def _texts(infos: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """By our languages; what comes in another stands where the deployment's own is written, to be translated."""
    found: dict[str, dict[str, str]] = {}
    for info in infos:
        language = cap().language(info["language"]) or settings.LANGUAGE_CODE
        headline = info["headline"] or info["event"]
        body = "\n\n".join(part for part in (info["description"], info["instruction"]) if part)
        found.setdefault(language, {"headline": _cut(headline, HEADLINE_MOST), "body": _cut(body, BODY_MOST)})
    return found


def _cut(text: str, most: int) -> str:
    """Shortened where it is longer than a notice may be; whoever issues it reads it first."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _decide(actor: Actor, incoming: Incoming, state: str, *, alert: Alert | None = None, reason: str = "") -> None:
    if not states.may_become(incoming.state, state):
        raise Conflict(_("This was decided already: load the page again."))
    incoming.state, incoming.reason, incoming.decided_at = state, reason[:200], clock.now()
    incoming.decided_by_id = actor.id if actor.kind == "account" else None
    incoming.alert = alert or incoming.alert
    incoming.save(update_fields=["state", "reason", "decided_at", "decided_by", "alert"])


def dismiss_incoming(*, actor: Actor, incoming: Incoming, reason: str, write_id: UUID | None = None) -> Incoming:
    """Nothing is to be issued for it, and why. Its task is done."""
    check_may_decide(actor, incoming)
    if not reason.strip():
        text = _("Say why nothing needs to be issued.")
        raise Invalid(text, fields={"reason": text})
    content = [str(incoming.pk), reason]
    with transaction.atomic():
        fresh = _lock(incoming)
        if done_before(actor, "dismiss_incoming", write_id, content):
            return fresh
        mark_done(actor, "dismiss_incoming", write_id, content, fresh.pk)
        _decide(actor, fresh, states.DISMISSED, reason=reason.strip())
        duties.close_source(actor=actor, source=source_of(fresh), outcome=DONE)
        audit.record(actor, "dismiss_incoming", fresh, fields=["state"], reason=reason.strip(), path=fresh.path)
        return fresh


def reopen_incoming(*, actor: Actor, incoming: Incoming) -> Incoming:
    """A dismissal is taken back, or what seemed to concern others does concern us. Done twice it is done once."""
    check_may_decide(actor, incoming)
    with transaction.atomic():
        fresh = _lock(incoming)
        if fresh.state == states.NEW:
            return fresh
        if not fresh.paths:
            fresh.paths = [fresh.path]
            fresh.save(update_fields=["paths"])
        _decide(actor, fresh, states.NEW)
        open_task(actor=actor, incoming=fresh)
        audit.record(actor, "reopen_incoming", fresh, fields=["state"], path=fresh.path)
        return fresh


def call_back(*, actor: Actor, incoming: Incoming, reason: str, write_id: UUID | None = None) -> Incoming:
    """The sender cancelled its alert, so the notice issued for it is cancelled too."""
    check_may_decide(actor, incoming)
    content = [str(incoming.pk), reason]
    with transaction.atomic():
        fresh = _lock(incoming)
        if done_before(actor, "call_back", write_id, content):
            return fresh
        running = running_before(fresh)
        if fresh.msg_type != "Cancel" or running is None:
            raise Conflict(_("There is no notice of ours that this could call back."))
        mark_done(actor, "call_back", write_id, content, fresh.pk)
        alerts.cancel_alert(actor=actor, alert=running, reason=reason)
        _decide(actor, fresh, states.CALLED_BACK, alert=running, reason=reason.strip())
        duties.close_source(actor=actor, source=source_of(fresh), outcome=DONE)
        audit.record(actor, "call_back", fresh, fields=["state"], reason=reason.strip(), path=fresh.path)
        return fresh


def note_issued(*, actor: Actor, alert_id: UUID) -> int:
    """A notice that began as an alert from outside has gone out; returns how many alerts that settles."""
    with transaction.atomic():
        rows = list(Incoming.objects.select_for_update(of=("self",)).filter(alert=alert_id, state=states.DRAFTED))
        for one in rows:
            one.state = states.ISSUED
            one.save(update_fields=["state"])
            duties.close_source(actor=actor, source=source_of(one), outcome=DONE)
            audit.record(actor, "note_issued", one, fields=["state"], path=one.path)
        return len(rows)
