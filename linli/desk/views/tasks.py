"""Tasks of one's places, and one task."""

from typing import Any
from uuid import UUID, uuid4

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from linli.alerts.queries import name_paths
from linli.core import clock
from linli.desk.queries import name_sources, read_task
from linli.duties.forms import HandOverForm
from linli.duties.models import Task
from linli.duties.queries import list_tasks
from linli.duties.rules import CORRECTION, ERASURE, TRANSFER
from linli.duties.words import CAUSES, KINDS, state_of
from linli.grid.profile import post_name
from linli.grid.queries import line_post_at

A_PAGE = 50


@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    """The soonest due first, so what is overdue stands on top."""
    kind, whose = request.GET.get("kind", ""), request.GET.get("whose", "")
    rows = list_tasks(actor=request.actor, only_open=whose != "closed", mine=whose == "mine")
    if whose == "closed":
        rows = rows.exclude(closed_at=None).order_by("-closed_at", "id")
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    now, tasks = clock.now(), list(page)
    sources = name_sources(actor=request.actor, tasks=tasks)
    names = name_paths(paths=[one.area_path for one in tasks], depth=2)
    context = {
        "page": page,
        "rows": [
            (one, names[one.area_path], KINDS.get(one.kind, one.kind), sources.get(one.source_id), state_of(one, now))
            for one in tasks
        ],
        "kinds": KINDS.items(),
        "kind": kind,
        "whose": whose,
        "everybody": [("", _("Everybody's")), ("mine", _("Mine")), ("closed", _("Closed"))],
    }
    return render(request, "desk/tasks.html", context)


@require_GET
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    view = read_task(actor=request.actor, task_id=task_id)
    form = HandOverForm(holders=view.holders, initial={"write_id": uuid4()}) if view.holders else None
    context: dict[str, Any] = {
        "view": view,
        "task": view.task,
        "words": KINDS.get(view.task.kind, view.task.kind),
        "states": state_of(view.task, clock.now()),
        "post": post_name(view.task.post_kind),
        "moves": [(one, CAUSES.get(one.cause, one.cause), post_name(one.to_post_kind)) for one in view.moves],
        "lines": [(one, line_post_at(one.place), post_name(line_post_at(one.place))) for one in view.lines],
        "about": _about(view.task),
        "may_appoint": request.actor.may("posts.appoint", view.task.area_path),
        "form": form,
        "mine": view.task.holder_id == request.actor.id,
    }
    return render(request, "desk/task.html", context)


def _about(task: Task) -> str:
    """The page where something of the register is decided; '' for tasks that are worked on here."""
    if task.source_room != "residents":
        return ""
    pages = {CORRECTION: "correction", TRANSFER: "transfer"}
    if task.kind in pages:
        return reverse(pages[task.kind], args=[task.source_id])
    return f"{reverse('erasure-due')}?place={task.area.code}" if task.kind == ERASURE else ""
