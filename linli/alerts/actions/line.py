"""What the clock does to an alert: remind, pass to the level above, send people to the doors, close what is done."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.alerts.actions.facts import record_fact, source_of
from linli.alerts.actions.notices import expire_alert
from linli.alerts.actions.spreading import begin_spread, tell_holders, use_until
from linli.alerts.models import Alert, AlertFact
from linli.alerts.profile import urgencies
from linli.alerts.rules import (
    F_DEADLINE,
    F_HELD,
    F_HOMES_REMINDED,
    F_PASSED,
    F_REMINDED,
    F_VISITS,
    ISSUED,
    S_HOMES,
    S_POSTS,
    due_reminder,
)
from linli.core import clock
from linli.core.actors import Actor, outermost
from linli.core.paths import ancestors, within
from linli.duties import actions as duties
from linli.duties.models import Task
from linli.duties.rules import HOUSEHOLD_SILENCE, POST_SILENCE
from linli.grid.models import Place
from linli.grid.profile import leaf_kinds, line_place_kinds
from linli.grid.queries import Holder, find_holder, list_holders
from linli.rounds.models import Round
from linli.rounds.queries import list_silent_posts, read_coverage, roots_of

CHUNK = 500
SILENT_POSTS = _("Posts below you are silent: reach them")
DOORS = _("Households have not confirmed: knock at their doors")


def advance_alert(*, actor: Actor, alert: Alert) -> None:
    """Do what is due by now. Done twice it changes nothing: each fact and task is written once, in a transaction of its
    own, so that reading a whole district keeps no resident's receipt waiting."""
    if alert.state != ISSUED or alert.issued_at is None or alert.households is None or alert.posts is None:
        return
    now, urgency = clock.now(), urgencies()[alert.urgency]
    if alert.expires_at is not None and alert.expires_at <= now:
        expire_alert(actor=actor, alert=alert)
        return
    roots = [path for _id, path in roots_of(alert.households)]
    holders = list_holders(roots)
    vacant = duties.hold_vacancies(actor=actor, paths=roots)
    if vacant:
        record_fact(alert, F_HELD, count=vacant)
    _remind(actor, alert, roots)
    if now >= urgency.at(alert.issued_at, "pass_post"):
        _pass_up(actor, alert, roots, holders)
    if now >= urgency.at(alert.issued_at, "visit") and not alert.drill:  # nobody walks to the doors for a drill
        _visit(actor, alert, roots, holders)
    if alert.deadline_at and now >= alert.deadline_at:
        record_fact(alert, F_DEADLINE)


def _by_holder(paths: Sequence[str], holders: dict[str, list[Holder]], *, above: bool) -> Counter[Holder]:
    found = (find_holder(path, holders, above=above) for path in paths)
    return Counter(holder for holder in found if holder is not None)


def _remind(actor: Actor, alert: Alert, roots: Sequence[str]) -> None:
    """The newest reminder that is due, once: to the silent posts, to the silent households. Older ones that a worker slept
    through are passed over."""
    assert alert.posts is not None and alert.issued_at is not None  # noqa: S101, PT018 (an issued alert has its rounds)
    urgency, until = urgencies()[alert.urgency], use_until(alert)
    kinds = {F_REMINDED: (S_POSTS, urgency.reminders), F_HOMES_REMINDED: (S_HOMES, urgency.remind_homes)}
    facts = list(AlertFact.objects.filter(alert=alert, kind__in=kinds).values_list("kind", "once"))
    for fact, (kind, minutes) in kinds.items():
        sent = [once.rpartition(":")[2] for one, once in facts if one == fact]
        due = due_reminder(
            issued_at=alert.issued_at,
            now=clock.now(),
            minutes=minutes,
            sent=[int(one) for one in sent if one.isdigit()],
            until=until or clock.now() + timedelta(minutes=1),
        )
        if due is None:
            continue
        silent = len(list_silent_posts(found=alert.posts, paths=roots)) if kind == S_POSTS else 0
        if kind == S_POSTS and not silent:
            continue
        with transaction.atomic():
            if record_fact(alert, fact, once=f"{fact}:{due}", count=silent):
                begin_spread(actor=actor, alert=alert, kind=kind, key=str(due))


def _pass_up(actor: Actor, alert: Alert, roots: Sequence[str], holders: dict[str, list[Holder]]) -> None:
    """Each holder above silent posts gets one task; its lines are the silent posts, computed when it is opened."""
    assert alert.posts is not None and alert.deadline_at is not None  # noqa: S101, PT018
    silent = [path for _id, path, _kind in list_silent_posts(found=alert.posts, paths=roots)]
    above = _by_holder(silent, holders, above=True)
    standing = {task.area_path for task in _open(alert, POST_SILENCE)}
    new = [one for one in above if one.path not in standing]
    tasks = [duties.NewTask(POST_SILENCE, one.place_id, one.path, one, alert.deadline_at) for one in above]
    with transaction.atomic():
        if duties.open_tasks(actor=actor, source=source_of(alert), tasks=tasks):
            told = [(one.account_id, one.path) for one in new]
            tell_holders(actor=actor, alert=alert, what=SILENT_POSTS, key="passed", holders=told)
    if silent:
        record_fact(alert, F_PASSED, count=len(silent))
    answered = {one.path for one in above}
    done = [task for task in _open(alert, POST_SILENCE) if task.area_path not in answered]
    duties.close_tasks(actor=actor, tasks=done)


def _open(alert: Alert, kind: str) -> list[Task]:
    source = source_of(alert)
    return list(Task.objects.open().filter(source_room=source[0], source_id=source[1], kind=kind))


def _visit(actor: Actor, alert: Alert, roots: Sequence[str], holders: dict[str, list[Holder]]) -> None:
    """Every place that still has silent households has one open task; one without any has none."""
    assert alert.households is not None and alert.issued_at is not None  # noqa: S101, PT018
    urgency = urgencies()[alert.urgency]
    silent = _missing_by_leaf(alert.households, roots)
    pass_at = max(urgency.at(alert.issued_at, "pass_task"), clock.now() + duties.CLIMB_AGAIN)
    due: datetime = alert.deadline_at or pass_at
    tasks = [
        duties.NewTask(HOUSEHOLD_SILENCE, key, path, find_holder(path, holders), due, pass_at)
        for (key, path), missing in silent.items()
        if missing
    ]
    standing = {task.area_path for task in _open(alert, HOUSEHOLD_SILENCE)}
    with transaction.atomic():
        opened = duties.open_tasks(actor=actor, source=source_of(alert), tasks=tasks)
        if opened:
            new = [
                (one.holder.account_id, one.area_path) for one in tasks if one.holder and one.area_path not in standing
            ]
            tell_holders(actor=actor, alert=alert, what=DOORS, key="visits", holders=new)
    if opened:
        record_fact(alert, F_VISITS, count=sum(silent.values()))
    still = {path for (_key, path), missing in silent.items() if missing}
    done = [task for task in _open(alert, HOUSEHOLD_SILENCE) if task.area_path not in still]
    duties.close_tasks(actor=actor, tasks=done)


def _missing_by_leaf(found: Round, roots: Sequence[str]) -> dict[tuple[int, str], int]:
    """Missing households at each lowest place, from the counters. What hangs above the lowest level (an entrance in no
    cell yet) is the rest of the place above it, and counted there."""
    kinds = set(line_place_kinds()) | set(leaf_kinds())
    rows = Place.objects.filter(within("path", outermost(roots)), kind__in=kinds, until_on=None).order_by("path")
    places = list(rows.values_list("pk", "path"))
    missing: dict[tuple[int, str], int] = {}
    for start in range(0, len(places), CHUNK):
        part = places[start : start + CHUNK]
        read = read_coverage(found=found, places=part)
        missing.update({(key, path): read[key].missing for key, path in part})
    own = {path: count for (_key, path), count in missing.items()}
    for (_key, path), count in missing.items():
        above = next((one for one in reversed(ancestors(path)[:-1]) if one in own), None)
        if above is not None:
            own[above] -= count
    return {key: own[key[1]] for key in missing}
