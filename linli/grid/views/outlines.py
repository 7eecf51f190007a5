"""The map's pages of a place: its outline drawn and compared, outlines in and out, where buildings stand, the background."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core.errors import Conflict, Invalid, Missing
from linli.core.tiles import find_tile
from linli.core.undo import offer_undo
from linli.grid import actions, queries
from linli.grid.access import check_may
from linli.grid.forms.outlines import OutlineForm, OutlinesFileForm, PointForm, VersionForm
from linli.grid.geometry import read_shape
from linli.grid.imports import import_outlines
from linli.grid.models import Outline, Place
from linli.grid.queries import Fit
from linli.grid.views.accounts import take, write_id
from linli.grid.views.places import steps_to

MOST_LEVELS = 3
GEOJSON = "application/geo+json"


def _number(request: HttpRequest, name: str, most: int, usual: int) -> int:
    given = request.GET.get(name, "")
    return min(int(given), most) if given.isascii() and given.isdigit() and len(given) < 4 else usual


@require_GET
@gzip_page
def map_outlines(request: HttpRequest) -> HttpResponse:
    """Outlines for the browser's map: of one place and what lies below it, as coarse as the zoom allows."""
    levels = _number(request, "levels", MOST_LEVELS, 1)
    zoom = _number(request, "zoom", queries.FINEST, queries.FINEST)
    drawn = queries.list_outlines(actor=request.actor, code=request.GET.get("place", ""), levels=levels, zoom=zoom)
    body = json.dumps(queries.as_features(drawn), ensure_ascii=False, separators=(",", ":")).encode()
    seen = hashlib.sha256(body).hexdigest()[:20]
    same = seen in request.headers.get("If-None-Match", "")
    response = HttpResponse(status=304) if same else HttpResponse(body, content_type=GEOJSON)
    response["ETag"], response["Cache-Control"] = f'"{seen}"', "private, no-cache"
    return response


@require_GET
def map_tile(request: HttpRequest, zoom: int, column: int, row: int) -> HttpResponse:  # noqa: ARG001
    """One picture of the background; the same for everybody who is signed in."""
    tile = find_tile(zoom, column, row)
    if tile is None:
        return HttpResponse(status=204, headers={"Cache-Control": "private, max-age=3600"})
    return HttpResponse(tile.content, content_type=tile.kind, headers={"Cache-Control": "private, max-age=86400"})


# One outline ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def place_outline(request: HttpRequest, code: str) -> HttpResponse:
    """Look at a place's outline; draw, check and save it."""
    place = queries.get_place(actor=request.actor, code=code)
    if request.method != "POST":
        return _show_outline(request, place)
    check_may(request.actor, "places.edit", place)
    form = OutlineForm(request.POST)
    if not form.is_valid():
        return _show_outline(request, place, form=form)
    try:
        return _take_outline(request, place, form)
    except actions.OutlineChangedError as changed:
        return _show_conflict(request, place, form, changed)
    except Invalid as problem:
        take(form, problem)
        return _show_outline(request, place, form=form)


def _take_outline(request: HttpRequest, place: Place, form: OutlineForm) -> HttpResponse:
    """Check it, or save it and say what does not fit."""
    shape = queries.checked_shape(form.cleaned_data["geometry"])
    fit = queries.check_fit(actor=request.actor, place=place, shape=shape)
    if "check" in request.POST:
        return _show_outline(request, place, form=form, fit=fit)
    before = queries.find_outline(place=place)
    actions.save_outline(actor=request.actor, place=place, write_id=write_id(request), **form.cleaned_data)
    _tell(request, place, _("The outline is saved and holds from today."), before)
    for words in fit_words(fit):
        messages.warning(request, words)
    return redirect("place-outline", code=place.code)


def _tell(request: HttpRequest, place: Place, words: str, before: Outline | None) -> None:
    """With a way back to the outline that held before, where there was one."""
    if before is None:
        messages.success(request, words)
        return
    back = reverse("outline-restore", args=[place.code, before.version])
    offer_undo(request, words, back, version=queries.last_version(place=place))


def fit_words(fit: Fit) -> list[str]:
    """What does not fit, one sentence each."""
    found = [
        _("About %(percent)d%% of it lies in %(name)s too.") % {"percent": _percent(part), "name": place.name}
        for place, part in fit.overlaps
    ]
    if fit.outside:
        text = _("About %(percent)d%% of it lies outside of the place above.")
        found.append(text % {"percent": _percent(fit.outside)})
    if fit.gap:
        text = _("About %(percent)d%% of the place above lies in no outline.")
        found.append(text % {"percent": _percent(fit.gap)})
    return found


def _percent(part: float) -> int:
    return max(1, round(part * 100))


def _show_outline(
    request: HttpRequest, place: Place, *, form: OutlineForm | None = None, fit: Fit | None = None
) -> HttpResponse:
    current = queries.find_outline(place=place)
    version = queries.last_version(place=place)
    if form is None:
        text = json.dumps(current.geometry, separators=(",", ":")) if current else ""
        form = OutlineForm(initial={"geometry": text, "version": version, "source": _("drawn by hand")})
        if current:
            fit = queries.check_fit(actor=request.actor, place=place, shape=read_shape(current.geometry))
    shown = {
        "place": place,
        "steps": steps_to(request, place, last=_("Outline")),
        "form": form,
        "current": current,
        "version": version,
        "may_edit": request.actor.may("places.edit", place.path),
        "fit": fit,
        "misfits": fit_words(fit) if fit else [],
        "past": queries.list_outline_past(actor=request.actor, place=place),
        "around": _around(request, place),
        "inside": queries.propose_entrances(actor=request.actor, place=place) if current else [],
        "standing": _points(request, place),
    }
    return render(request, "grid/outline.html", shown, status=422 if form.errors else 200)


def _around(request: HttpRequest, place: Place) -> str:
    """The address of the outlines beside a place, where the actor sees the place above; else of its own."""
    above = place.parent
    seen = above if above is not None and request.actor.may("places.see", above.path) else place
    return _address(seen.code, levels=1)


def _address(code: str, **more: Any) -> str:
    return reverse("map-outlines") + "?" + urlencode({"place": code, **more})


def _points(request: HttpRequest, place: Place) -> str:
    """Buildings as points for the map: names of buildings, no people."""
    if queries.find_register(actor=request.actor, place=place) is None:
        return "[]"
    found = queries.list_buildings_drawn(actor=request.actor, place=place)
    return json.dumps(
        [[one.lon, one.lat, str(one.building), reverse("building", args=[one.building.pk])] for one in found]
    )


def _show_conflict(
    request: HttpRequest, place: Place, form: OutlineForm, changed: "actions.OutlineChangedError"
) -> HttpResponse:
    """Two people drew the same outline: both shapes on one map, and the second one chooses."""
    mine = form.cleaned_data["geometry"]
    theirs = changed.current.geometry if changed.current else None
    fits = [
        queries.check_fit(actor=request.actor, place=place, shape=read_shape(one)) if one else None
        for one in (mine, theirs)
    ]
    shown = {
        "place": place,
        "steps": steps_to(request, place, last=_("Outline")),
        "form": form,
        "mine": json.dumps(mine),
        "theirs": json.dumps(theirs) if theirs else "",
        "current": changed.current,
        "version": changed.version,
        "around": _around(request, place),
        "fit_mine": fits[0],
        "fit_theirs": fits[1],
        "misfits_mine": fit_words(fits[0]) if fits[0] else [],
        "misfits_theirs": fit_words(fits[1]) if fits[1] else [],
    }
    return render(request, "grid/outline_conflict.html", shown, status=409)


@require_POST
def outline_remove(request: HttpRequest, code: str) -> HttpResponse:
    place = queries.get_place(actor=request.actor, code=code)
    version, before = _version(request), queries.find_outline(place=place)
    actions.remove_outline(actor=request.actor, place=place, version=version, write_id=write_id(request))
    _tell(request, place, _("The outline is removed. It stays in the list of earlier ones, to bring back."), before)
    return redirect("place-outline", code=code)


@require_POST
def outline_restore(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Bring an earlier outline back, as a new save."""
    place = queries.get_place(actor=request.actor, code=code)
    past = queries.list_outline_past(actor=request.actor, place=place)
    found = next((one for one in past if one.version == version), None)
    if found is None:
        raise Missing()
    actions.save_outline(
        actor=request.actor,
        place=place,
        geometry=found.geometry,
        source=found.source,
        version=_version(request),
        write_id=write_id(request),
    )
    messages.success(request, _("The earlier outline holds again from today."))
    return redirect("place-outline", code=code)


def _version(request: HttpRequest) -> int:
    """The last save that the page knew of."""
    form = VersionForm(request.POST)
    if not form.is_valid():
        raise Missing()
    return int(form.cleaned_data["version"])


# In and out ----------------------------------------------------------------------------------------------------------


@require_GET
def outlines_export(request: HttpRequest, code: str) -> HttpResponse:
    """A GeoJSON file of the place and everything below it, with all points; the import takes it back."""
    place = queries.get_place(actor=request.actor, code=code)
    drawn = queries.list_outlines(actor=request.actor, code=place.code, levels=9)
    body = json.dumps(queries.as_features(drawn), ensure_ascii=False, indent=1)
    response = HttpResponse(body, content_type=GEOJSON)
    response["Content-Disposition"] = f'attachment; filename="outlines-{place.code}.geojson"'
    return response


@require_http_methods(["GET", "POST"])
def outlines_import(request: HttpRequest, code: str) -> HttpResponse:
    place = queries.get_place(actor=request.actor, code=code)
    check_may(request.actor, "places.edit", place)
    form = OutlinesFileForm(request.POST or None, request.FILES or None)
    read = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        source = form.cleaned_data["source"] or file.name[:120]
        try:
            read = import_outlines(actor=request.actor, data=file.read(), below=place, source=source)
        except (Invalid, Conflict) as problem:
            take(form, problem)
    if read and read.shapes:
        n = read.done.new + read.done.changed
        text = ngettext("%(n)s outline was drawn.", "%(n)s outlines were drawn.", n) % {"n": n}
        if read.done.unchanged:
            text += " " + _("%(n)s were the same already.") % {"n": read.done.unchanged}
        messages.success(request, text)
        if not read.errors:
            return redirect("place-outline", code=place.code)
    shown = {"place": place, "form": form, "read": read, "steps": steps_to(request, place, last=_("Bring outlines in"))}
    wrong = bool(form.errors) or bool(read and read.errors and not read.shapes)
    return render(request, "grid/outlines_import.html", shown, status=422 if wrong else 200)


# Buildings -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def building_point(request: HttpRequest, building_id: int) -> HttpResponse:
    """Where a building stands: a click on the map, or two numbers."""
    building = queries.get_building(actor=request.actor, building_id=building_id)
    check_may(request.actor, "places.edit", building.place)
    form = PointForm(request.POST or None, initial={"lon": building.lon, "lat": building.lat})
    if request.method == "POST" and form.is_valid():
        lon, lat = form.cleaned_data["lon"], form.cleaned_data["lat"]
        point = None if lon is None else (lon, lat)
        try:
            actions.put_buildings_on_the_map(
                actor=request.actor, points=[(building, point)], write_id=write_id(request)
            )
        except Invalid as problem:
            take(form, problem)
        else:
            text = _("%(name)s stands on the map.") if point else _("%(name)s was taken from the map.")
            messages.success(request, text % {"name": building})
            return redirect("building", building_id=building.pk)
    shown = {
        "building": building,
        "form": form,
        "steps": steps_to(request, building.place, last=str(building)),
        "around": _address(building.place.code, levels=2),
        "standing": _points(request, building.place),
    }
    return render(request, "grid/building_point.html", shown, status=422 if form.errors else 200)
