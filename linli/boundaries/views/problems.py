"""Orphans and double claims."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from linli.boundaries import queries
from linli.boundaries.access import may_redraw
from linli.core.errors import Missing
from linli.grid.profile import place_kinds, register_kind
from linli.grid.queries import list_children


@require_GET
def problems(request: HttpRequest) -> HttpResponse:
    if not request.actor.may_somewhere("places.see"):
        raise Missing()
    found = queries.list_problems(actor=request.actor)
    groups = [
        (_("Places that the official tables no longer have, with something in them"), found.vanished, _("Empty it")),
        (_("Entrances in no cell: nobody knocks here"), found.no_cell, _("Place it")),
        (_("Entrances that two communities claim"), found.double_claims, _("Look at it")),
        (_("Appointments at places that are no more"), found.ended_posts, _("End the appointment")),
        (_("Open tasks at places that are no more"), found.ended_tasks, _("Hand it over")),
        (_("Two places of the same name beside each other"), found.same_names, _("Rename it")),
        (_("Places with nothing above them"), found.no_parent, _("Look at it")),
    ]
    shown = {"groups": [group for group in groups if group[1]], "none": found.none}
    return render(request, "boundaries/problems.html", shown)


@require_GET
def orphan(request: HttpRequest, code: str) -> HttpResponse:
    """A place that the official tables no longer have: what is in it, and where that could go."""
    found = queries.get_orphan(actor=request.actor, code=code)
    may = may_redraw(request.actor, found.place)
    low = place_kinds()[found.place.kind].depth >= place_kinds()[register_kind()].depth
    shown = {
        "orphan": found,
        "may": may,
        "merge": queries.list_mergeable(actor=request.actor, place=found.place) if may and low else [],
        "below": [] if low else list_children(actor=request.actor, place=found.place),
        "low": low,
        "register": register_kind(),
    }
    return render(request, "boundaries/orphan.html", shown)
