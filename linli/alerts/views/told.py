"""Who was sent what about a notice, and how that stands."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from linli.alerts import queries
from linli.alerts.views.office import head_of
from linli.core.errors import Missing
from linli.messages.queries import count_states, list_of_source, with_names
from linli.messages.rules import CONFIRMED, DELIVERED, FAILED, QUEUED, READ, SENT, STOPPED, TO_CALL
from linli.messages.words import CHANNELS, FAILURES, KINDS, STATES

A_PAGE = 50
ORDER = (FAILED, TO_CALL, QUEUED, STOPPED, SENT, DELIVERED, READ, CONFIRMED)


@require_GET
def told(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Every message of the actor's places, what is not with its reader first: why, and by which way."""
    alert = queries.get_alert(actor=request.actor, alert_id=alert_id)
    if alert.households is None:
        raise Missing()
    source, chosen = ("alerts", str(alert.pk)), request.GET.get("state", "")
    chosen = chosen if chosen in ORDER else ""
    counts = count_states(actor=request.actor, source=source)
    rows = list_of_source(actor=request.actor, source=source, state=chosen)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    lines = with_names(actor=request.actor, rows=list(page))
    shown = head_of(request, alert)
    shown |= {
        "page": page,
        "chosen": chosen,
        "total": sum(counts.values()),
        "counts": [(code, STATES[code][1], counts[code]) for code in ORDER if counts.get(code)],
        "lines": [
            {
                "line": one,
                "state": STATES[one.row.state],
                "said": KINDS.get(one.row.dispatch.kind, one.row.dispatch.kind),
                "channel": CHANNELS.get(one.row.channel, one.row.channel) if one.row.channel else "",
                "why": FAILURES.get(one.row.failure),
            }
            for one in lines
        ],
    }
    return render(request, "alerts/office/told.html", shown)
