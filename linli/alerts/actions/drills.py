"""Drills of the line: planned, held by the same engine as a notice, scored at their time, and led into tasks that mend."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.access import check_may_issue
from linli.alerts.actions.notices import Notice, cancel_alert, check_notice, expire_alert, issue_alert
from linli.alerts.models import Drill, DrillPlace
from linli.alerts.queries.drills import find_before, score_of
from linli.alerts.rules import (
    CALLED_OFF,
    DRILL_WAITS,
    EXPIRED,
    ISSUED,
    LAPSED_DRILL,
    PLANNED,
    REPEATS,
    RUNNING,
    SCOPES,
    SCORED,
    next_time,
)
from linli.core import audit, clock
from linli.core.actors import Actor, outermost
from linli.core.errors import Conflict, Invalid, Problem
from linli.core.locks import lock
from linli.core.paths import common
from linli.duties import actions as duties
from linli.duties.rules import MEANS
from linli.grid.models import Place
from linli.grid.queries import actor_by_id, find_holder, holders_on_the_way_up
from linli.messages.texts import mark_drill

MEND_WITHIN = timedelta(days=7)
HEADLINE_MOST = 50  # the mark of a drill stands before it


@dataclass(frozen=True)
class Plan:
    """A drill to hold: what is said, where, by which clock, when, whether households are told too, how often."""

    texts: dict[str, dict[str, str]]
    urgency: str
    places: Sequence[Place]
    planned_at: datetime
    scope: str
    repeat: str = ""


def plan_drill(*, actor: Actor, drill_id: UUID, plan: Plan) -> Drill:
    """Write it down; the clock begins it. The same id again gives the same drill. Raises Invalid at its fields."""
    _check(plan)
    check_may_issue(actor, plan.places)
    with transaction.atomic():
        lock(f"drill:{drill_id}")
        found = Drill.objects.filter(pk=drill_id).first()
        if found is not None:
            if found.planned_by_id != actor.id or found.texts != plan.texts:
                raise Conflict(_("This id was already used for something else."), code="write-id-reused")
            return found
        made = _make(drill_id, actor.id, plan.texts, plan, plan.planned_at)
        by_path = {place.path: place for place in plan.places}
        rows = [DrillPlace(drill=made, place=by_path[path], path=path) for path in outermost(by_path)]
        DrillPlace.objects.bulk_create(rows)
        audit.record(actor, "plan_drill", made, fields=["planned_at", "scope", "repeat"], path=common(by_path))
        return made


def _make(key: UUID, account: int, texts: Any, like: Any, at: datetime) -> Drill:
    return Drill.objects.create(
        id=key,
        texts=texts,
        urgency=like.urgency,
        scope=like.scope,
        repeat=like.repeat,
        planned_at=at,
        planned_by_id=account,
        state=PLANNED,
        made_at=clock.now(),
    )


def _check(plan: Plan) -> None:
    wrong: dict[str, Any] = {}
    try:
        check_notice(Notice(plan.texts, plan.urgency, plan.places))
    except Invalid as problem:
        wrong = dict(problem.fields)
    if any(len(text.get("headline", "")) > HEADLINE_MOST for text in plan.texts.values()):
        wrong["headline"] = _("The headline is too long: 50 characters at most, for 'drill' stands before it.")
    if plan.scope not in SCOPES:
        wrong["scope"] = _("Say who takes part.")
    if plan.repeat not in REPEATS:
        wrong["repeat"] = _("Say how often it is held.")
    if plan.planned_at < clock.now() - timedelta(minutes=10):
        wrong["planned_at"] = _("The drill must lie ahead.")
    if wrong:
        raise Invalid(_("The drill can't be planned yet: please mend the marked fields."), fields=wrong)


def call_off_drill(*, actor: Actor, drill: Drill, reason: str) -> Drill:
    """Before it begins, or in the middle: everybody who was told hears that it is over. Called off twice is once."""
    check_may_issue(actor, [one.place for one in drill.places.select_related("place")])
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why it is called off.")})
    with transaction.atomic():
        fresh = _hold(drill)
        if fresh.state == CALLED_OFF:
            return fresh
        if fresh.state not in (PLANNED, RUNNING):
            raise Conflict(_("This drill is over: its score stays."))
        if fresh.alert is not None and fresh.alert.state == ISSUED:
            cancel_alert(actor=actor, alert=fresh.alert, reason=reason)
        return _end(actor, fresh, CALLED_OFF, reason)


def _hold(drill: Drill) -> Drill:
    lock(f"drill:{drill.pk}")
    return Drill.objects.select_for_update(of=("self",)).select_related("alert").get(pk=drill.pk)


def _end(actor: Actor, drill: Drill, state: str, reason: str = "") -> Drill:
    """Whatever ended it: a repeated one is planned anew, on its next day that lies ahead."""
    drill.state, drill.reason = state, reason[:200]
    drill.save()
    where = common(drill.places.values_list("path", flat=True))
    audit.record(actor, "end_drill", drill, fields=[state], reason=reason, path=where)
    following = _next(drill)
    if following is not None and state != CALLED_OFF:
        key = uuid5(drill.pk, "next")
        if not Drill.objects.filter(pk=key).exists():
            made = _make(key, drill.planned_by_id, drill.texts, drill, following)
            rows = drill.places.values_list("place_id", "path")
            DrillPlace.objects.bulk_create(DrillPlace(drill=made, place_id=place, path=path) for place, path in rows)
    return drill


def _next(drill: Drill) -> datetime | None:
    at: datetime | None = clock.local(drill.planned_at)
    while at is not None and at <= clock.now():
        at = next_time(at, drill.repeat)
    return at


def hold_drills(*, actor: Actor) -> int:
    """Begin what is due, score what is over. Returns how many moved on."""
    moved = 0
    for drill in Drill.objects.filter(state=PLANNED, planned_at__lte=clock.now()).order_by("planned_at")[:50]:
        moved += _begin(actor, drill)
    for drill in Drill.objects.filter(state=RUNNING).select_related("alert")[:200]:
        moved += _finish(actor, drill)
    return moved


def _begin(actor: Actor, drill: Drill) -> bool:
    """By the posts that its planner holds now. An hour that passed by unheld, or a planner who may no longer issue there,
    lets it lapse: nobody is surprised by an old drill."""
    with transaction.atomic():
        fresh = _hold(drill)
        if fresh.state != PLANNED:
            return False
        if clock.now() - fresh.planned_at > DRILL_WAITS:
            _end(actor, fresh, LAPSED_DRILL, str(_("Its hour had passed before it could begin.")))
            return True
        places = [one.place for one in fresh.places.select_related("place")]
        texts = {
            language: {**text, "headline": mark_drill(text["headline"], language)}
            for language, text in fresh.texts.items()
        }
        notice = Notice(texts, fresh.urgency, places, drill=fresh.scope)
        try:
            with transaction.atomic():
                planner = actor_by_id(account_id=fresh.planned_by_id)
                fresh.alert = issue_alert(actor=planner, alert_id=uuid5(fresh.pk, "notice"), notice=notice)
        except Problem as problem:
            _end(actor, fresh, LAPSED_DRILL, str(problem.detail))
            return True
        fresh.state, fresh.before = RUNNING, find_before(drill=fresh)
        fresh.save()
        audit.record(actor, "begin_drill", fresh, path=common(place.path for place in places))
        return True


def _finish(actor: Actor, drill: Drill) -> bool:
    """At the deadline of its urgency; sooner where somebody ended its notice."""
    alert = drill.alert
    if alert is None:
        return False
    if alert.state not in (ISSUED, EXPIRED):
        waits = alert.issued_at is None
        if waits:
            return False  # for a second person's approval
        with transaction.atomic():
            _end(actor, _hold(drill), CALLED_OFF, alert.end_reason)
        return True
    if alert.state == ISSUED and (alert.deadline_at is None or clock.now() < alert.deadline_at):
        return False
    return score_drill(actor=actor, drill=drill)


def score_drill(*, actor: Actor, drill: Drill) -> bool:
    """Freeze what came of it, end its notice, and open a task for each contact that failed. Scored twice is once."""
    with transaction.atomic():
        fresh = _hold(drill)
        if fresh.state != RUNNING or fresh.alert is None:
            return False
        fresh.score = score_of(alert=fresh.alert)
        if fresh.alert.state == ISSUED:
            expire_alert(actor=actor, alert=fresh.alert)
        _open_mending(actor, fresh)
        _end(actor, fresh, SCORED)
        return True


def _open_mending(actor: Actor, drill: Drill) -> None:
    """For whoever stands above a post whose holder nothing reached."""
    failed = drill.score["failed"]
    holders = holders_on_the_way_up([one["path"] for one in failed])
    due = clock.now() + MEND_WITHIN
    tasks = [
        duties.NewTask(MEANS, one["place"], one["path"], find_holder(one["path"], holders, above=True), due)
        for one in failed
    ]
    duties.open_tasks(actor=actor, source=("drills", str(drill.pk)), tasks=tasks)
