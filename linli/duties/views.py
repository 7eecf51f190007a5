"""What one does with a task. The pages that show tasks stand in the desk, which knows where they come from."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from linli.core.errors import Invalid
from linli.duties import actions, queries
from linli.duties.forms import NOBODY, HandOverForm, NoteForm


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
    write_id, text = entered["write_id"], entered["note"]
    actions.hand_over(actor=request.actor, task=task, to=to, note=text, write_id=write_id)
    messages.success(request, _("Handed over to %(name)s.") % {"name": to.account.name})
    return SeeOther(reverse("my-day"))


@require_POST
def note(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """A note on one line of the task; a later one replaces it."""
    task = queries.get_task(actor=request.actor, task_id=task_id)
    entered = NoteForm(request.POST).checked()
    actions.record_line(actor=request.actor, task=task, **entered)
    return SeeOther(f"{reverse('task', args=[task.pk])}#line-{entered['subject']}")
