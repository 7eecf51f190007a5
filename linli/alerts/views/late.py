"""Records that came too late to be stored at once, for whoever answers for the door now."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.alerts import actions, queries
from linli.alerts.models import LateRecord
from linli.alerts.words import OUTCOMES
from linli.core.errors import Missing

A_PAGE = 50


@require_GET
def late_list(request: HttpRequest) -> HttpResponse:
    if not request.actor.may_somewhere("alerts.answer"):
        raise Missing()
    page = Paginator(queries.list_late(actor=request.actor), A_PAGE).get_page(request.GET.get("page"))
    described = queries.describe_late(actor=request.actor, rows=page.object_list)
    wanted = {UUID(key) for one, _door in described for key in one.alerts}
    notices = queries.notices_of(actor=request.actor, ids=wanted)
    rows = [
        {
            "record": one,
            "door": door,
            "outcome": OUTCOMES.get(one.outcome, one.outcome),
            "why": _why(one),
            "notices": [notices[UUID(key)] for key in one.alerts if UUID(key) in notices],
            "own": one.account_id == request.actor.id,
        }
        for one, door in described
    ]
    return render(request, "alerts/late.html", {"page": page, "rows": rows})


def _why(record: LateRecord) -> str:
    if record.why == "revoked":
        return _("It came from a phone that was revoked.")
    return _("Whoever recorded it no longer answered for this door when it was sent.")


@require_POST
def late_decide(request: HttpRequest, record_id: UUID) -> HttpResponse:
    accept = request.POST.get("accept") == "1"
    actions.decide_late_record(actor=request.actor, record_id=record_id, accept=accept)
    messages.success(
        request, _("Recorded, as made by whoever was there.") if accept else _("Refused: nothing was recorded.")
    )
    return redirect("late-list")
