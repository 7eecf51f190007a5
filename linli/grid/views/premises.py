"""Pages of what stands on places: buildings, entrances and who holds them, dwellings and whether they are vacant."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core import clock
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.undo import offer_undo
from linli.grid import actions, queries
from linli.grid.access import check_may
from linli.grid.forms.places import (
    BuildingForm,
    DayForm,
    EntrancesForm,
    PlacementForm,
    RoomsForm,
    SheetForm,
    VacancyForm,
    split_names,
)
from linli.grid.imports import import_premises
from linli.grid.models import Place
from linli.grid.profile import register_kind
from linli.grid.views.accounts import take, write_id
from linli.grid.views.places import link_to, show_form, steps_to

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _register(request: HttpRequest, code: str) -> Place:
    """The community asked for, where the person may change what stands on it."""
    found = queries.get_place(actor=request.actor, code=code)
    check_may(request.actor, "places.edit", found)
    if found.kind != register_kind():
        raise Missing()
    return found


def _leaf(request: HttpRequest, form: Any) -> Place | None:
    code = form.cleaned_data["place"]
    return queries.get_place(actor=request.actor, code=code) if code else None


@require_http_methods(["GET", "POST"])
def building_add(request: HttpRequest, code: str) -> HttpResponse:
    register = _register(request, code)
    leaves = queries.list_leaves(actor=request.actor, place=register)
    form = BuildingForm(request.POST or None, leaves=leaves)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.add_building(
                actor=request.actor,
                register=register,
                name=data["name"],
                estate=data["estate"],
                entrances=split_names(data["entrances"]) or [""],
                place=_leaf(request, form),
                write_id=write_id(request),
            )
        except (Invalid, Conflict) as problem:
            take(form, problem)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": made})
            return redirect("building", building_id=made.pk)
    return show_form(request, form, register, _("Add a building"), _("Add"), about="building")


@require_http_methods(["GET", "POST"])
def building(request: HttpRequest, building_id: int) -> HttpResponse:
    """A building with its entrances; whoever may change it adds entrances here."""
    found = queries.get_building(actor=request.actor, building_id=building_id)
    may_edit = request.actor.may("places.edit", found.place.path)
    if request.method == "POST":
        check_may(request.actor, "places.edit", found.place)
    leaves = queries.list_leaves(actor=request.actor, place=found.place) if may_edit else []
    form = EntrancesForm(request.POST or None, leaves=leaves)
    if request.method == "POST" and form.is_valid():
        names = split_names(form.cleaned_data["names"])
        try:
            actions.add_entrances(
                actor=request.actor, building=found, names=names, place=_leaf(request, form), write_id=write_id(request)
            )
        except (Invalid, Conflict) as problem:
            take(form, problem)
        else:
            messages.success(request, _("The entrances were added."))
            return redirect("building", building_id=building_id)
    top = _seen_from(request, found.place, queries.list_top_places(actor=request.actor, permission="places.see"))
    rows = queries.list_entrances_of(actor=request.actor, buildings=[found], place=found.place)
    shown = {"building": found, "entrances": rows[0].entrances, "form": form, "may_edit": may_edit, "place": top}
    shown["steps"] = steps_to(request, top, last=str(found))
    return render(request, "grid/building.html", shown, status=422 if form.errors else 200)


def _seen_from(request: HttpRequest, place: Place, mine: list[Place]) -> Place:
    """The place itself, or one's own place inside it: whoever holds a cell does not see the community."""
    if request.actor.may("places.see", place.path):
        return place
    return next((one for one in mine if one.path.startswith(place.path)), place)


@require_http_methods(["GET", "POST"])
def entrance(request: HttpRequest, entrance_id: int) -> HttpResponse:
    """An entrance: its dwellings in walking order, which place held it when, and on the day asked for."""
    found = queries.get_entrance(actor=request.actor, entrance_id=entrance_id)
    register = found.building.place
    form = RoomsForm(request.POST or None)
    if request.method == "POST":
        check_may(request.actor, "places.edit", register)
        if form.is_valid() and _add_rooms(request, found, form):
            return redirect("entrance", entrance_id=entrance_id)
    day_form = DayForm(request.GET)
    day: date | None = day_form.cleaned_data["day"] if day_form.is_valid() else None
    top = _seen_from(request, register, queries.list_top_places(actor=request.actor, permission="places.see"))
    shown = {
        "entrance": found,
        "place": top,
        "steps": steps_to(request, top, last=str(found)),
        "dwellings": queries.list_dwellings(actor=request.actor, entrance=found),
        "placements": queries.list_placements(actor=request.actor, entrance=found),
        "day": day,
        "day_form": DayForm(initial={"day": day or clock.today()}),
        "on_day": queries.find_place_of_entrance(actor=request.actor, entrance=found, day=day) if day else None,
        "form": form,
        "may_edit": request.actor.may("places.edit", register.path),
    }
    return render(request, "grid/entrance.html", shown, status=422 if form.errors else 200)


def _add_rooms(request: HttpRequest, found: Any, form: RoomsForm) -> bool:
    rooms = [(form.cleaned_data["floor"], room) for room in split_names(form.cleaned_data["rooms"])]
    try:
        made = actions.add_dwellings(actor=request.actor, entrance=found, rooms=rooms, write_id=write_id(request))
    except (Invalid, Conflict) as problem:
        take(form, problem)
        return False
    messages.success(request, _("New dwellings: %(n)s.") % {"n": made})
    return True


@require_http_methods(["GET", "POST"])
def place_entrances(request: HttpRequest, code: str) -> HttpResponse:
    """Put entrances that stand in no cell into one."""
    register = _register(request, code)
    gaps = queries.list_entrances_in_no_cell(actor=request.actor, place=register)
    leaves = queries.list_leaves(actor=request.actor, place=register)
    chosen = {"entrances": request.GET.getlist("entrance")}
    form = PlacementForm(request.POST or None, found=gaps, leaves=leaves, initial=chosen)
    if request.method == "POST" and form.is_valid():
        to_place = _leaf(request, form)
        if to_place is None:
            raise Missing()
        ids, day = [int(one) for one in form.cleaned_data["entrances"]], form.cleaned_data["on"]
        try:
            moved = actions.place_entrances(
                actor=request.actor, entrance_ids=ids, to_place=to_place, on=day, write_id=write_id(request)
            )
        except (Invalid, Conflict) as problem:
            take(form, problem)
        else:
            messages.success(request, _("Entrances placed: %(n)s.") % {"n": moved})
            return redirect(link_to(register))
    return show_form(request, form, register, _("Entrances in no cell"), _("Place them"), nothing=not gaps)


@require_GET
def dwelling(request: HttpRequest, dwelling_id: int) -> HttpResponse:
    return _dwelling(request, dwelling_id, VacancyForm())


def _dwelling(request: HttpRequest, dwelling_id: int, form: VacancyForm) -> HttpResponse:
    found = queries.get_dwelling(actor=request.actor, dwelling_id=dwelling_id)
    entrance_of = found.dwelling.entrance
    steps = steps_to(request, found.place, last=str(found.dwelling))
    steps.insert(-1, (str(entrance_of), reverse("entrance", kwargs={"entrance_id": entrance_of.pk})))
    shown = {
        "found": found,
        "form": form,
        "steps": steps,
        "may_check": request.actor.may("alerts.answer", found.place.path),
    }
    return render(request, "grid/dwelling.html", shown, status=422 if form.errors else 200)


@require_POST
def dwelling_check(request: HttpRequest, dwelling_id: int) -> HttpResponse:
    form = VacancyForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.record_vacancy_check(
                actor=request.actor,
                dwelling_id=dwelling_id,
                vacant=data["vacant"] == "yes",
                checked_on=data["checked_on"],
                note=data["note"],
                write_id=write_id(request),
            )
        except Invalid as problem:
            take(form, problem)
        else:
            back = reverse("dwelling-check-undo", args=[dwelling_id, made.pk])
            offer_undo(request, _("It was written down."), back)
            return redirect("dwelling", dwelling_id=dwelling_id)
    return _dwelling(request, dwelling_id, form)


@require_POST
def dwelling_check_undo(request: HttpRequest, dwelling_id: int, check_id: int) -> HttpResponse:
    actions.take_back_vacancy_check(actor=request.actor, check_id=check_id, write_id=write_id(request))
    messages.success(request, _("It was taken back."))
    return redirect("dwelling", dwelling_id=dwelling_id)


@require_http_methods(["GET", "POST"])
def premises_import(request: HttpRequest, code: str) -> HttpResponse:
    """A sheet of a community's buildings: good rows go in, bad ones come back with their reasons."""
    register = _register(request, code)
    form = SheetForm(request.POST or None, request.FILES or None)
    done = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            done = import_premises(
                actor=request.actor,
                data=file.read(),
                filename=file.name,
                register=register,
                make_places=form.cleaned_data["make_places"],
            )
        except (Invalid, Conflict) as problem:
            take(form, problem)
    if done and done.errors and "mend" in request.POST:
        headers = {"Content-Disposition": 'attachment; filename="to-mend.xlsx"'}
        return HttpResponse(done.error_sheet(), content_type=XLSX, headers=headers)
    shown = {"form": form, "place": register, "done": done, "errors": done.errors[:200] if done else []}
    shown["steps"] = steps_to(request, register, last=_("Bring a sheet in"))
    return render(request, "grid/premises_import.html", shown, status=422 if form.errors else 200)
