"""Pages of the tree: down from one's own places, each with its figures, its gaps and what stands on it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from linli.core import clock
from linli.core.errors import Conflict, Invalid, Missing
from linli.grid import actions, queries
from linli.grid.access import check_may
from linli.grid.forms.places import DayForm, PlaceForm
from linli.grid.models import Place
from linli.grid.profile import kind_name, leaf_kinds, place_kinds, register_kind
from linli.grid.rules import PlaceKind
from linli.grid.views.accounts import take, write_id

CHILDREN, BUILDINGS = 100, 40


def link_to(place: Place) -> str:
    return reverse("place", kwargs={"code": place.code})


def steps_to(request: HttpRequest, place: Place, *, last: str = "") -> list[tuple[str, str]]:
    """The way from the top of one's own reach to a place, or to a page of it."""
    above = queries.list_above(actor=request.actor, place=place, permission="places.see")
    steps = [(_("Places"), reverse("place-tree")), *((one.name, link_to(one)) for one in above)]
    return [*steps, (place.name, link_to(place) if last else ""), *([(last, "")] if last else [])]


def kind_below(place: Place) -> PlaceKind | None:
    depth = place_kinds()[place.kind].depth + 1
    return next((kind for kind in place_kinds().values() if kind.depth == depth), None)


@require_GET
def place_tree(request: HttpRequest) -> HttpResponse:
    """One's own places; where it is one only, what stands below it."""
    mine = queries.list_top_places(actor=request.actor, permission="places.see")
    if not request.actor.may_somewhere("places.see"):
        raise Missing()
    page = Paginator(mine, CHILDREN).get_page(request.GET.get("page"))
    return render(request, "grid/place_tree.html", {"page": page, "rows": queries.read_figures(list(page))})


@require_GET
def place(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.get_place(actor=request.actor, code=code)
    children = queries.list_children(actor=request.actor, place=found)
    page = Paginator(children, CHILDREN).get_page(request.GET.get("page"))
    figures, *rows = queries.read_figures([found, *page])
    register = queries.find_register(actor=request.actor, place=found)
    below = kind_below(found)
    shown = {
        "place": found,
        "steps": steps_to(request, found),
        "figures": figures,
        "rows": rows,
        "page": page,
        "below": below,
        "below_name": kind_name(below.code) if below else "",
        "may_edit": found.until_on is None and request.actor.may("places.edit", found.path),
        "may_redraw": _may_redraw(request, found),
        "redraw_kinds": _redraw_kinds(found),
        "keeps_register": found.kind == register_kind(),
        **(_premises(request, found) if register else {}),
    }
    return render(request, "grid/place.html", shown)


def _may_redraw(request: HttpRequest, place: Place) -> bool:
    """Whoever keeps what stands above a place redraws it."""
    return place.until_on is None and request.actor.may("places.redraw", "".join(place.ancestor_paths[-1:]))


def _redraw_kinds(place: Place) -> list[tuple[str, str]]:
    """What can be done to the boundaries of a place, as the room of boundaries calls it: above the community names only."""
    kinds = [("rename", pgettext("a place", "Rename"))]
    if place_kinds()[place.kind].depth >= place_kinds()[register_kind()].depth:
        more = [("split", pgettext("a place", "Split")), ("merge", pgettext("a place", "Merge"))]
        kinds = [*more, ("move", pgettext("a place", "Move")), *kinds]
    if place.kind in leaf_kinds():
        kinds.append(("shift", _("Give entrances away")))
    return kinds


def _premises(request: HttpRequest, place: Place) -> dict[str, Any]:
    """Buildings with their entrances on a day, and the entrances that no cell holds."""
    form = DayForm(request.GET)
    day: date | None = form.cleaned_data["day"] if form.is_valid() else None
    buildings = Paginator(queries.list_buildings_at(actor=request.actor, place=place), BUILDINGS)
    page = buildings.get_page(request.GET.get("buildings"))
    day = None if day == clock.today() else day
    return {
        "in_register": True,
        "day": day,
        "day_form": DayForm(initial={"day": day or clock.today()}),
        "buildings_page": page,
        "buildings": queries.list_entrances_of(actor=request.actor, buildings=list(page), place=place, day=day),
        "gaps": queries.list_entrances_in_no_cell(actor=request.actor, place=place)
        if place.kind == register_kind()
        else [],
    }


@require_http_methods(["GET", "POST"])
def place_add(request: HttpRequest, code: str) -> HttpResponse:
    parent = queries.get_place(actor=request.actor, code=code)
    check_may(request.actor, "places.edit", parent)
    below = kind_below(parent)
    if below is None:
        raise Missing()
    form = PlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_place(
                actor=request.actor, parent=parent.code, write_id=write_id(request), **form.cleaned_data
            )
        except (Invalid, Conflict) as problem:
            take(form, problem)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": made.name})
            return redirect(link_to(parent))
    title = _("Add: %(kind)s") % {"kind": kind_name(below.code)}
    return show_form(request, form, parent, title, _("Add"))


@require_GET
def place_history(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.get_place(actor=request.actor, code=code)
    past = queries.list_place_past(actor=request.actor, place=found)
    shown = {"place": found, "past": past, "steps": steps_to(request, found, last=_("History"))}
    return render(request, "grid/place_history.html", shown)


def show_form(request: HttpRequest, form: Any, place: Place, title: str, button: str, **more: Any) -> HttpResponse:
    """The page of one form that belongs to a place."""
    shown = {"form": form, "place": place, "title": title, "button": button, **more}
    shown["steps"] = steps_to(request, place, last=title)
    return render(request, "grid/place_form.html", shown, status=422 if form.errors else 200)
