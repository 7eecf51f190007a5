"""What needs a person: what could not be sent, and whom to call."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.core.middleware import no_referrer
from linli.messages import actions, queries, rules, words
from linli.messages.access import CALL, EDIT
from linli.messages.models import Delivery
from linli.messages.texts import choose

A_PAGE = 50
CALLABLE = {rules.REFUSED, rules.TIMEOUT, rules.UNREACHABLE, rules.PROVIDER_ERROR, rules.BAD_SETUP, rules.NO_SENDER}


def _said(row: Delivery) -> str:
    return choose(row.dispatch.texts, get_language() or "", "", drill=row.dispatch.drill).headline


@require_GET
def unsent(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("why", "")
    chosen = chosen if chosen in words.FAILURES else ""
    rows = queries.list_unsent(actor=request.actor, failure=chosen)
    counts = queries.count_unsent(actor=request.actor)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    lines = [
        {
            "line": line,
            "said": _said(line.row),
            "why": words.FAILURES.get(line.row.failure, (line.row.failure, "")),
            "tried": [(words.CHANNELS.get(one[0], one[0]), words.failure_words(one[1])) for one in line.row.tried],
            "may_retry": line.row.failure not in {rules.OVER},
            "may_call": line.row.kind == rules.HOUSEHOLD and line.row.failure in CALLABLE,
        }
        for line in queries.with_names(actor=request.actor, rows=list(page))
    ]
    shown = {
        "page": page,
        "lines": lines,
        "whys": [(code, words.failure_words(code), n) for code, n in sorted(counts.items(), key=lambda one: -one[1])],
        "chosen": chosen,
        "total": sum(counts.values()),
        "any_retry": any(one["may_retry"] for one in lines),
        "may_call": request.actor.may_somewhere(CALL),
    }
    return render(request, "messages/unsent.html", shown)


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """One, or all of a reason that are shown on the page."""
    ids = [int(key) for key in request.POST.getlist("id") if key.isdigit() and len(key) < 19][:500]
    queries.list_unsent(actor=request.actor)
    again = actions.retry(actor=request.actor, ids=ids)
    if again:
        text = ngettext("%(n)s message is tried again.", "%(n)s messages are tried again.", again) % {"n": again}
        messages.success(request, text)
    else:
        messages.info(request, _("Nothing to try again: it is over, or was sent meanwhile."))
    return redirect("messages-unsent")


@require_POST
def to_calls(request: HttpRequest, delivery_id: int) -> HttpResponse:
    row = queries.get_delivery(actor=request.actor, delivery_id=delivery_id, permission=EDIT)
    actions.list_for_call(actor=request.actor, delivery=row)
    messages.success(request, _("On the list of calls."))
    return redirect("messages-unsent")


# Calls ----------------------------------------------------------------------------------------------------------------


@require_GET
def calls(request: HttpRequest) -> HttpResponse:
    return _calls(request)


def _calls(request: HttpRequest, **more: Any) -> HttpResponse:
    page = Paginator(queries.list_calls(actor=request.actor), A_PAGE).get_page(request.GET.get("page"))
    lines = [
        {"line": line, "said": _said(line.row), "body": _body(line.row)}
        for line in queries.with_names(actor=request.actor, rows=list(page))
    ]
    return no_referrer(render(request, "messages/calls.html", {"page": page, "lines": lines, **more}))


def _body(row: Delivery) -> str:
    return choose(row.dispatch.texts, get_language() or "", "").body


@require_POST
def call_take(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The number in full, once, with an entry in the audit trail."""
    row = queries.get_delivery(actor=request.actor, delivery_id=delivery_id, permission=CALL)
    number = actions.reveal_call(actor=request.actor, delivery=row)
    return _calls(request, taken=row.pk, number=number)


@require_POST
def call_record(request: HttpRequest, delivery_id: int) -> HttpResponse:
    row = queries.get_delivery(actor=request.actor, delivery_id=delivery_id, permission=CALL)
    actions.record_call(actor=request.actor, delivery=row, outcome=request.POST.get("outcome", ""))
    messages.success(request, _("Noted."))
    return redirect("messages-calls")
