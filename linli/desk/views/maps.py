"""The map of one's places; the list beside it says the same and is the whole page without script."""

from collections import Counter
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from linli.desk.queries import read_map
from linli.grid.models import Place
from linli.grid.queries import count_without_outline, find_outline, list_above
from linli.grid.rules import SHADES
from linli.grid.words import COVERAGE_SHADES, VACANCY_SHADES


@require_GET
def map_page(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "")[:40]
    view = read_map(actor=request.actor, code=request.GET.get("place", ""), show=show)
    words, counts = COVERAGE_SHADES if view.alert else VACANCY_SHADES, Counter(one.shade for one in view.rows)
    place = view.place
    shown = {
        "view": view,
        "place": place,
        "show": str(view.alert.pk) if view.alert else "",
        "missing": sum(one.missing for one in view.rows),
        "whole": sum(one.whole for one in view.rows),
        "legend": [(one, words[one], counts[one]) for one in SHADES if counts[one]],
        "steps": _steps(request, place, show),
        "source": f"{reverse('map-outlines')}?{urlencode({'place': place.code if place else '', 'levels': 2})}",
        "may_edit": place is not None and request.actor.may("places.edit", place.path),
        "undrawn": count_without_outline(actor=request.actor, place=place) if place else 0,
        "outline": find_outline(place=place) if place else None,
    }
    return render(request, "desk/map.html", shown)


def _steps(request: HttpRequest, place: Place | None, show: str) -> list[tuple[str, str]]:
    """The way from the top of one's own reach, each step a map."""
    if place is None:
        return []
    address = reverse("map")
    above = list_above(actor=request.actor, place=place, permission="places.see")
    found = [(one.name, f"{address}?{urlencode({'place': one.code, 'show': show})}") for one in above]
    return [(_("Map"), address), *found, (place.name, "")]
