"""Pages of redrawings: the list, asking, looking at what would happen, doing it, undoing it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linli.boundaries import actions, queries
from linli.boundaries.access import REDRAW, may_redraw
from linli.boundaries.forms import MergeForm, MoveForm, RedrawForm, RenameForm, ShiftForm, SplitForm, UndoForm
from linli.boundaries.rules import MERGE, MOVE, RENAME, SHIFT, SPLIT
from linli.boundaries.words import PARTS, kind_words
from linli.core.errors import Conflict, Invalid, Missing, Problem
from linli.grid.models import Place
from linli.grid.profile import leaf_kinds, place_kinds, register_kind
from linli.grid.queries import get_place, list_above

PAGE = 30


def write_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("write_id", ""))
    except ValueError:
        return None


def take(form: Any, problem: Problem) -> None:
    """Show what was refused at the fields of the form."""
    for name, text in problem.fields.items():
        form.add_error(name if name in form.fields else None, str(text))
    if not problem.fields:
        form.add_error(None, str(problem.detail))


def steps_to(request: HttpRequest, place: Place, last: str) -> list[tuple[str, str]]:
    above = list_above(actor=request.actor, place=place, permission="places.see")
    return [*((one.name, reverse("place", kwargs={"code": one.code})) for one in [*above, place]), (last, "")]


@require_GET
def boundaries(request: HttpRequest) -> HttpResponse:
    """Redrawings of one's places, the latest first; or those of one place."""
    if not request.actor.may_somewhere("places.see"):
        raise Missing()
    code = request.GET.get("place", "")
    place = get_place(actor=request.actor, code=code) if code else None
    rows = queries.list_redrawings(actor=request.actor, place=place)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shown = {
        "page": page,
        "rows": [(one, kind_words(one.kind)) for one in page],
        "place": place,
        "follows": queries.find_successor(actor=request.actor, place=place) if place and place.until_on else None,
        "may_redraw": request.actor.may_somewhere(REDRAW),
    }
    return render(request, "boundaries/list.html", shown)


@require_http_methods(["GET", "POST"])
def redraw(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """The form; sent, what would happen; confirmed, it is done. Only the last writes."""
    place = queries.get_standing(actor=request.actor, code=code)
    form = _form(request, kind, place)
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        try:
            planned = queries.plan_redrawing(actor=request.actor, wish=form.wish())
            if "version" in request.POST:
                made = actions.redraw(
                    actor=request.actor, wish=form.wish(), version=request.POST["version"], write_id=write_id(request)
                )
                messages.success(request, _("It is done: %(what)s.") % {"what": made.told["note"]})
                return redirect("redrawing", redrawing_id=made.pk)
            return _preview(request, form, planned, place)
        except Conflict as problem:
            if problem.code == "changed-meanwhile":
                return _preview(request, form, planned, place, changed=str(problem.detail))
            take(form, problem)
        except Invalid as problem:
            take(form, problem)
    return _show(request, form, kind, place)


def _form(request: HttpRequest, kind: str, place: Place) -> RedrawForm:
    data = request.POST or None
    initial: dict[str, Any] = {key: value for key, value in request.GET.items() if value}
    for name in ("others", "entrances"):
        initial[name] = [one for one in initial.get(name, "").split(",") if one]
    given: dict[str, Any] = {"place": place, "initial": initial}
    below = place_kinds()[place.kind].depth > place_kinds()[register_kind()].depth
    leaf = place.kind in leaf_kinds()
    if kind == RENAME:
        given["initial"] = {"name": place.name, **initial}
        return RenameForm(data, **given)
    if kind == MOVE:
        targets = queries.list_parents_for(actor=request.actor, place=place)
        return MoveForm(data, targets=targets, needs_code=not below, **given)
    if kind == MERGE:
        return MergeForm(data, targets=queries.list_mergeable(actor=request.actor, place=place), **given)
    if kind == SPLIT:
        items, parts = queries.list_items(place=place), _number(request)
        return SplitForm(data, items=items, parts=parts, by_entrance=leaf, needs_code=not below, **given)
    if kind == SHIFT and leaf:
        targets = queries.list_mergeable(actor=request.actor, place=place)
        return ShiftForm(data, targets=targets, items=queries.list_items(place=place), **given)
    raise Missing()


def _number(request: HttpRequest) -> int:
    raw = request.POST.get("parts") or request.GET.get("parts") or "1"
    return int(raw) if raw.isdigit() and len(raw) < 3 else 1


def _show(request: HttpRequest, form: RedrawForm, kind: str, place: Place) -> HttpResponse:
    title = f"{kind_words(kind)}: {place.name}"
    shown = {
        "form": form,
        "kind": kind,
        "place": place,
        "title": title,
        "steps": steps_to(request, place, kind_words(kind)),
    }
    return render(request, "boundaries/form.html", shown, status=422 if form.errors else 200)


def _preview(request: HttpRequest, form: RedrawForm, planned: Any, place: Place, changed: str = "") -> HttpResponse:
    found = queries.preview_redrawing(actor=request.actor, planned=planned)
    left_out = {"csrfmiddlewaretoken", "version", "write_id", "change"}
    values = [(name, value) for name, many in request.POST.lists() if name not in left_out for value in many]
    shown = {
        "form": form,
        "place": place,
        "preview": found,
        "note": queries.describe(planned),
        "values": values,
        "changed": changed,
        "kind": form.kind,
        "steps": steps_to(request, place, kind_words(form.kind)),
    }
    return render(request, "boundaries/preview.html", shown, status=409 if changed else 200)


@require_GET
def redrawing(request: HttpRequest, redrawing_id: int) -> HttpResponse:
    return _redrawing(request, redrawing_id, UndoForm())


def _redrawing(request: HttpRequest, redrawing_id: int, form: UndoForm, refused: str = "") -> HttpResponse:
    found = queries.get_redrawing(actor=request.actor, redrawing_id=redrawing_id)
    parts = queries.list_parts(actor=request.actor, redrawing=found)
    may_undo = found.state == "done" and all(may_redraw(request.actor, one.place) for one in parts)
    later = queries.find_later_act(actor=request.actor, redrawing=found) if may_undo else None
    opposite = queries.find_opposite(actor=request.actor, redrawing=found) if later else {}
    shown = {
        "redrawing": found,
        "kind": kind_words(found.kind),
        "parts": [(one, PARTS[one.part]) for one in parts],
        "counts": queries.count_changes(redrawing=found),
        "may_undo": may_undo and later is None,
        "later": later,
        "opposite": opposite,
        "opposite_words": kind_words(opposite.get("kind", "")),
        "form": form,
        "refused": refused,
    }
    return render(request, "boundaries/redrawing.html", shown, status=422 if form.errors else 409 if refused else 200)


@require_http_methods(["POST"])
def redrawing_undo(request: HttpRequest, redrawing_id: int) -> HttpResponse:
    form = UndoForm(request.POST)
    if not form.is_valid():
        return _redrawing(request, redrawing_id, form)
    try:
        actions.undo_redrawing(
            actor=request.actor,
            redrawing_id=redrawing_id,
            reason=form.cleaned_data["reason"],
            write_id=write_id(request),
        )
    except Conflict as problem:
        return _redrawing(request, redrawing_id, form, str(problem.detail))
    messages.success(request, _("It was undone: everything stands as before."))
    return redirect("redrawing", redrawing_id=redrawing_id)
