"""Pages of drills: the list, a new one, what came of one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.alerts import actions, queries, words
from linli.alerts.access import check_may_issue
from linli.alerts.forms import DrillForm, first_drill
from linli.alerts.models import Drill
from linli.alerts.profile import urgencies
from linli.alerts.rules import PLANNED, RESULTS, RUNNING, SCORED
from linli.alerts.texts import pick
from linli.alerts.views.compose import MOST_OWN, check_may_write
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid
from linli.grid.queries import list_places, list_top_places
from linli.messages.words import CHANNELS, failure_words

PAGE = 20
BETTER_UP = {"percent": True, "in_time": True, "silent": False, "unreached": False, "median_min": False}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    rows = queries.list_drills(actor=request.actor)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    names = queries.names_of_drill_places(drills=list(page))
    shown = {
        "page": page,
        "rows": [_row(one, names) for one in page],
        "may_plan": request.actor.may_somewhere("alerts.issue"),
    }
    return render(request, "alerts/drills/list.html", shown)


def _row(drill: Drill, names: dict[UUID, list[str]]) -> dict[str, Any]:
    return {
        "drill": drill,
        "headline": pick(drill.texts, get_language() or "", "").headline,
        "state": words.DRILL_STATES[drill.state],
        "places": names.get(drill.pk, []),
        "repeat": words.REPEAT_WORDS[drill.repeat] if drill.repeat else "",
    }


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    check_may_write(request)
    own = list_top_places(actor=request.actor, permission="alerts.issue")[:MOST_OWN]
    form = DrillForm(request.POST or None, initial=first_drill(place_codes=[place.code for place in own]))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.plan_drill(
                actor=request.actor, drill_id=form.cleaned_data["alert_id"], plan=_plan(request, form)
            )
        except Invalid as problem:
            form.blame(problem)
        else:
            messages.success(request, _("The drill is planned. It begins by itself."))
            return redirect("drill", made.pk)
    choices = queries.list_choices(actor=request.actor, chosen=form.chosen)
    shown = {"form": form, "choices": choices}
    return render(request, "alerts/drills/new.html", shown, status=422 if form.errors else 200)


def _plan(request: HttpRequest, form: DrillForm) -> actions.Plan:
    data = form.cleaned_data
    return actions.Plan(
        texts=form.texts(),
        urgency=data["urgency"],
        places=list_places(actor=request.actor, codes=data["places"], permission="alerts.issue"),
        planned_at=data["planned_at"],
        scope=data["scope"],
        repeat=data["repeat"],
    )


@require_GET
def drill(request: HttpRequest, drill_id: UUID) -> HttpResponse:
    return _page(request, queries.get_drill(actor=request.actor, drill_id=drill_id))


def _page(request: HttpRequest, found: Drill, problem: Any = "") -> HttpResponse:
    changes = queries.changes_since(drill=found)
    shown = {
        **_row(found, queries.names_of_drill_places(drills=[found])),
        "scope": words.SCOPE_WORDS[found.scope],
        "urgency": urgencies().get(found.urgency),
        "planned": found.state == PLANNED,
        "running": found.state == RUNNING,
        "scored": found.state == SCORED,
        "score": found.score,
        "results": [(words.RESULT_WORDS[name], found.score.get(name, 0)) for name in RESULTS],
        "changes": [_change(name, value) for name, value in changes.items() if name in BETTER_UP],
        "channels": [
            (CHANNELS.get(name, name), answered, told)
            for name, (told, answered) in found.score.get("channels", {}).items()
        ],
        "open": _named(request.actor, found, "open"),
        "failed": _named(request.actor, found, "failed"),
        "may_end": _may_end(request.actor, found),
        "problem": problem,
    }
    return render(request, "alerts/drills/drill.html", shown, status=422 if problem else 200)


def _named(actor: Actor, found: Drill, which: str) -> list[dict[str, Any]]:
    return [
        {
            "post": one,
            "result": words.RESULT_WORDS[one.result],
            "failure": failure_words(one.failure) if one.failure else "",
        }
        for one in queries.list_open_posts(actor=actor, drill=found, which=which)
    ]


def _change(name: str, value: float) -> dict[str, Any]:
    """A figure beside that of the last drill: which way it went, and whether that is better, in words."""
    names = {
        "percent": _("answered, percent"),
        "in_time": _("answered before a reminder"),
        "silent": _("silent"),
        "unreached": _("not reached"),
        "median_min": _("minutes until half had answered"),
    }
    better = None if not value else (value > 0) == BETTER_UP[name]
    return {"words": names[name], "value": f"{value:+g}", "better": better}


def _may_end(actor: Actor, found: Drill) -> bool:
    return found.state in (PLANNED, RUNNING) and all(
        actor.may("alerts.issue", path) for path in found.places.values_list("path", flat=True)
    )


@require_POST
def call_off(request: HttpRequest, drill_id: UUID) -> HttpResponse:
    found = queries.get_drill(actor=request.actor, drill_id=drill_id)
    reason = "".join(sign for sign in request.POST.get("reason", "") if sign.isprintable())[:200]
    try:
        actions.call_off_drill(actor=request.actor, drill=found, reason=reason)
    except Invalid as problem:
        return _page(request, found, problem.fields["reason"])
    messages.success(request, _("The drill is called off. Whoever was told hears of it."))
    return redirect("drill", drill_id)


@require_POST
def end(request: HttpRequest, drill_id: UUID) -> HttpResponse:
    """Score it now, before its time."""
    found = queries.get_drill(actor=request.actor, drill_id=drill_id)
    check_may_issue(request.actor, [one.place for one in found.places.select_related("place")])
    if found.alert is not None and found.alert.issued_at is None:
        raise Conflict(_("It waits for a second person's approval."))
    if not actions.score_drill(actor=request.actor, drill=found) and found.state == PLANNED:
        raise Conflict(_("The drill has not begun yet."))
    messages.success(request, _("The drill is over. This is what came of it."))
    return redirect("drill", drill_id)
