"""Orphans and double claims."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from linli.boundaries import queries
from linli.core.errors import Missing


@require_GET
def problems(request: HttpRequest) -> HttpResponse:
    if not request.actor.may_somewhere("places.see"):
        raise Missing()
    found = queries.list_problems(actor=request.actor)
    groups = [
        (_("Entrances in no cell: nobody knocks here"), found.no_cell, _("Place it")),
        (_("Entrances that two communities claim"), found.double_claims, _("Look at it")),
        (_("Appointments at places that are no more"), found.ended_posts, _("End the appointment")),
        (_("Open tasks at places that are no more"), found.ended_tasks, _("Hand it over")),
        (_("Two places of the same name beside each other"), found.same_names, _("Rename it")),
        (_("Places with nothing above them"), found.no_parent, _("Look at it")),
    ]
    shown = {"groups": [group for group in groups if group[1]], "none": found.none}
    return render(request, "boundaries/problems.html", shown)
