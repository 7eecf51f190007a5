"""The operator's page: what is wrong with the deployment, and what mends it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from linli.core import doctor, jobs
from linli.desk import actions
from linli.desk.queries import read_operation
from linli.desk.words import FINDING_STATES, job_words

ELSEWHERE = (  # route, words: pages of other rooms, where this deployment has them
    ("account-list", gettext_lazy("Accounts")),
    ("factor-rules", gettext_lazy("Who needs a second factor")),
    ("channel-list", gettext_lazy("Channels")),
    ("feed-list", gettext_lazy("Feeds of alerts")),
    ("audit", gettext_lazy("Audit trail")),
)


@require_GET
def operation(request: HttpRequest) -> HttpResponse:
    found = read_operation(actor=request.actor)
    rows = [(one, job_words(one.name), _state(one)) for one in found.jobs]
    page = {
        "found": found,
        "findings": [(one, *FINDING_STATES[one.level]) for one in found.findings],
        "grave": sum(one.level != doctor.HINT for one in found.findings),
        "stopped": [row for row in rows if row[2][0] != "done"],
        "running": [row for row in rows if row[2][0] == "done"],
        "ways": [(words, url) for name, words in ELSEWHERE if (url := _url(name))],
    }
    return render(request, "desk/operation.html", page)


def _state(one: jobs.JobState) -> tuple[str, Any]:
    if one.last_error:
        return "stop", _("failed: %(error)s") % {"error": one.last_error}
    return ("done", _("runs")) if one.last_ok_at else ("open", _("has not run yet"))


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@require_POST
def run_job(request: HttpRequest) -> HttpResponse:
    actions.run_job(actor=request.actor, name=request.POST.get("name", "")[:80])
    messages.success(request, _("A worker runs it within a second, where one is alive. Load the page again to see."))
    return redirect("operation")


@require_POST
def delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Try again, or give up for good."""
    if request.POST.get("act") == "give_up":
        actions.give_up_delivery(actor=request.actor, delivery_id=delivery_id, reason=_("given up by an operator"))
        messages.success(request, _("It is given up. What should have followed has to be done by hand."))
    else:
        actions.retry_delivery(actor=request.actor, delivery_id=delivery_id)
        messages.success(request, _("It is tried again within a second."))
    return redirect("operation")
