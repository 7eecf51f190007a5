"""A notice's picture as a map, with the list of the same figures beside it."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from linli.alerts import queries
from linli.alerts.models import Alert
from linli.alerts.rules import DRAFT, ISSUED
from linli.alerts.views.office import STOP_POLLING, head_of
from linli.core.errors import Missing
from linli.grid.rules import SHADES
from linli.grid.words import COVERAGE_SHADES

SECONDS = 5


@require_GET
def alert_map(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    alert = _issued(request, alert_id)
    shown = head_of(request, alert, request.GET.get("place", ""), route="alert-map")
    shown |= _figures(alert, shown["sight"])
    place = shown["sight"].place
    shown["source"] = f"{reverse('map-outlines')}?{urlencode({'place': place.code if place else '', 'levels': 2})}"
    return render(request, "alerts/office/map.html", shown)


@require_GET
def alert_map_figures(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The list beside the map, fetched anew while the notice runs; the map takes its shades from it."""
    alert = _issued(request, alert_id)
    sight = queries.see(actor=request.actor, alert=alert, code=request.GET.get("place", ""))
    status = 200 if alert.state == ISSUED else STOP_POLLING
    shown = {"alert": alert, **_figures(alert, sight)}
    return render(request, "alerts/office/parts/map_rows.html", shown, status=status)


def _issued(request: HttpRequest, alert_id: UUID) -> Alert:
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    if found.state == DRAFT or found.households is None:
        raise Missing()
    return found


def _figures(alert: Alert, sight: queries.Sight) -> dict[str, Any]:
    rows = queries.list_map_rows(sight=sight)
    counts = Counter(one.shade for one in rows)
    code = sight.place.code if sight.place else ""
    return {
        "sight": sight,
        "rows": rows,
        "down": bool(sight.below),
        "legend": [(one, COVERAGE_SHADES[one], counts[one]) for one in SHADES if counts[one]],
        "address": f"{reverse('alert-map-figures', args=[alert.pk])}?{urlencode({'place': code})}",
        "seconds": SECONDS,
    }
