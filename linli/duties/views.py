"""What one does with a task, and residents' questions. The pages that show tasks stand in the desk, which knows where they
come from."""

import re
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core import clock
from linli.core.errors import Invalid
from linli.core.undo import offer_undo
from linli.duties import actions, queries
from linli.duties.access import may_work
from linli.duties.forms import NOBODY, AnswerForm, HandOverForm, NoteForm
from linli.duties.words import KINDS, state_of
from linli.grid.profile import post_name
from linli.grid.queries import get_place, list_places_by_id
from linli.residents.queries import Filters, describe_households, list_households

A_PAGE, MOST_FOUND = 50, 200


class SeeOther(HttpResponseRedirect):
    status_code = 303


@require_POST
def begin(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """I am on it: the task climbs no more."""
    task = queries.get_task(actor=request.actor, task_id=task_id)
    actions.begin_task(actor=request.actor, task=task)
    messages.success(request, _("You have begun: the task stays with you."))
    return SeeOther(reverse("task", args=[task.pk]))


@require_POST
def hand_over(request: HttpRequest, task_id: UUID) -> HttpResponse:
    task = queries.get_task(actor=request.actor, task_id=task_id)
    entered = HandOverForm(request.POST).checked()
    to = queries.find_possible_holder(task=task, appointment_id=entered["to"])
    if to is None:
        raise Invalid(NOBODY, fields={"to": NOBODY})
    write_id, text, before = entered["write_id"], entered["note"], task.appointment_id
    actions.hand_over(actor=request.actor, task=task, to=to, note=text, write_id=write_id)
    words = _("Handed over to %(name)s.") % {"name": to.account.name}
    if before and before != to.pk and request.actor.may("tasks.work", task.area_path):
        offer_undo(request, words, reverse("task-hand-over", args=[task.pk]), to=before)
    else:
        messages.success(request, words)
    return SeeOther(reverse("my-day"))


@require_POST
def note(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """A note on one line of the task; a later one replaces it."""
    task = queries.get_task(actor=request.actor, task_id=task_id)
    entered = NoteForm(request.POST).checked()
    actions.record_line(actor=request.actor, task=task, **entered)
    return SeeOther(f"{reverse('task', args=[task.pk])}#line-{entered['subject']}")


# Questions of residents ----------------------------------------------------------------------------------------------


@require_GET
def question_list(request: HttpRequest) -> HttpResponse:
    """Open ones, the soonest due first; those that were answered; of one place, or of households of a name."""
    text, answered = plain(request.GET.get("q", ""))[:60].strip(), request.GET.get("state") == "answered"
    place = _chosen_place(request)
    households = _households_called(request, text) if text else None
    one = request.GET.get("household", "")
    if one.isdigit():
        households = [int(one[:18])]
    rows = queries.list_questions(
        actor=request.actor, path=place.path if place else "", answered=answered, households=households
    )
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    doors = describe_households(actor=request.actor, ids=[row.household for row in page if row.household is not None])
    now = clock.now()
    context = {
        "page": page,
        "rows": [(row, doors.get(row.household or 0), KINDS[row.kind], row.task.due_at <= now) for row in page],
        "text": text,
        "place": place,
        "answered": answered,
        "filtered": bool(text or place or one or answered),
        "places": list_places_by_id(
            actor=request.actor, ids=[one.place_id for one in request.actor.grants if one.place_id]
        ),
    }
    return render(request, "duties/questions.html", context)


def plain(text: str) -> str:
    """A text from an address without signs that no text has: a database refuses them."""
    return "".join(sign for sign in text if sign.isprintable())


def _households_called(request: HttpRequest, text: str) -> list[int]:
    """By name or door. A number doesn't belong into an address: it finds nothing here."""
    if re.search(r"\d{7}", text):
        return []
    lines = list_households(actor=request.actor, filters=Filters(text=text), limit=MOST_FOUND).lines
    return [one.door.id for one in lines]


def _chosen_place(request: HttpRequest) -> Any:
    code = plain(request.GET.get("place", ""))
    return get_place(actor=request.actor, code=code) if code else None


@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, question_id: UUID) -> HttpResponse:
    """What a household asked, and the answer to it."""
    found = queries.get_question(actor=request.actor, question_id=question_id)
    form = AnswerForm(request.POST if request.method == "POST" else None, initial={"write_id": uuid4()})
    if request.method == "POST" and form.is_valid():
        actions.answer_question(actor=request.actor, question=found, **form.cleaned_data)
        told = _("Answered. The household is told, and reads it on its own page.")
        messages.success(request, told if found.household else _("Answered. Whoever asked is told."))
        return SeeOther(reverse("question", args=[found.pk]))
    context = {
        "question": found,
        "kind": KINDS[found.kind],
        "door": describe_households(actor=request.actor, ids=[found.household or 0]).get(found.household or 0),
        "states": state_of(found.task, clock.now()),
        "post": post_name(found.task.post_kind),
        "may_answer": found.answered_at is None and may_work(request.actor, found.task),
        "form": form,
    }
    return render(request, "duties/question.html", context, status=422 if form.errors else 200)
