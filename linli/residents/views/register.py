"""Looking: lists, a household, a person, the vulnerable groups, those who departed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.grid.models import Place
from linli.grid.profile import place_kinds, register_kind
from linli.grid.queries import get_place, list_children, list_top_places, read_headcounts
from linli.residents import actions, queries, words
from linli.residents.access import check_may_look
from linli.residents.forms import SearchForm
from linli.residents.profile import group_name, groups
from linli.residents.queries import Filters

SEE = "register.see"


def chosen_place(request: HttpRequest, permission: str = SEE) -> Place:
    """The place of the address (`?place=code`), or the first of one's own."""
    check_may_look(request.actor)
    code = request.GET.get("place", "")
    if code:
        return get_place(actor=request.actor, code=code, permission=permission)
    own = list_top_places(actor=request.actor, permission=permission)
    if not own:
        raise Missing()
    return own[0]


def tabs(request: HttpRequest, place: Place) -> list[tuple[Any, str]]:
    """The views of the register, all of the same place; the present one keeps its address, so that it shows as such."""
    names = {
        "household-list": _("Households"),
        "group-overview": _("Who is vulnerable here"),
        "departed": _("Departed"),
        "register-upkeep": _("Keeping it true"),
    }
    urls = {name: reverse(name) for name in names}
    here = request.get_full_path()
    own = [
        (words, here if urls[name] == request.path else f"{urls[name]}?place={place.code}")
        for name, words in names.items()
    ]
    if request.actor.may_somewhere("register.import"):
        own.append((_("Import"), reverse("roster-upload")))
    return [*own, (_("Grants"), reverse("grant-list"))]


@require_http_methods(["GET", "POST"])
def household_list(request: HttpRequest) -> HttpResponse:
    """By place; what is searched for comes by POST, so that no number stands in an address."""
    place = chosen_place(request)
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["text"] if search.is_valid() else ""
    filters = Filters(text=text, **_filters(request))
    is_wide = place_kinds()[place.kind].depth < place_kinds()[register_kind()].depth
    cursor = request.POST.get("cursor", "") or request.GET.get("cursor", "")
    page = None
    if not is_wide or filters != Filters():
        page = queries.list_households(actor=request.actor, place=place, filters=filters, after=cursor)
    context = {
        "place": place,
        "own": list_top_places(actor=request.actor, permission=SEE),
        "below": _children(request.actor, place),
        "page": page,
        "search": search,
        "text": text,
        "filters": filters,
        "groups": [(code, group_name(code)) for code in groups()],
        "kinds": words.choices(words.KINDS),
        "tabs": tabs(request, place),
        "may_edit": request.actor.may("register.edit", place.path),
        "may_import": request.actor.may("register.import", place.path),
    }
    return render(request, "residents/household_list.html", context)


def _filters(request: HttpRequest) -> dict[str, Any]:
    group, kind = request.GET.get("group", ""), request.GET.get("kind", "")
    return {
        "group": group if group in groups() else "",
        "kind": kind if kind in words.KINDS else "",
        "no_means": request.GET.get("no_means") == "1",
        "protected": request.GET.get("protected") == "1",
    }


def _children(actor: Actor, place: Place) -> list[tuple[Place, int]]:
    """The places right below, with how many households live there."""
    below = list(list_children(actor=actor, place=place, permission=SEE))
    counts = read_headcounts(places=[(one.pk, one.path) for one in below], unit="household")
    return [(one, counts[one.pk].count) for one in below]


@require_GET
def household(request: HttpRequest, household_id: int) -> HttpResponse:
    view = queries.get_household(actor=request.actor, household_id=household_id)
    actions.note_reading(actor=request.actor, kind="household", key=household_id, path=view.door.path)
    may = {
        "edit": request.actor.may("register.edit", view.door.path) and view.is_present,
        "reveal": request.actor.may("register.reveal", view.door.path),
    }
    may["approve"] = request.actor.may("register.approve", view.door.path)
    context = {
        "view": view,
        "door": view.door,
        "may": may,
        "done": queries.find_last_regrouping(household_id=household_id) if may["edit"] else None,
        "transfer_id": queries.find_open_transfer(household_id=household_id) if may["edit"] else None,
        "requests": [one for one in queries.list_corrections_of(household_id=household_id) if one.state == "waiting"],
    }
    return render(request, "residents/household.html", context)


@require_GET
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    kept = queries.find_kept(person_id=person_id)
    if kept is not None:
        return redirect("person", kept)
    view = queries.get_person(actor=request.actor, person_id=person_id)
    actions.note_reading(actor=request.actor, kind="person", key=person_id, path=view.door.path)
    marked = {mark.group for mark in view.marks}
    context = {
        "view": view,
        "line": view.line,
        "door": view.door,
        "may_edit": request.actor.may("register.edit", view.door.path),
        "may_work": request.actor.may("tasks.work", view.door.path),
        "may_reveal": request.actor.may("register.reveal", view.door.path),
        "may_erase": request.actor.may("register.approve", view.door.path),
        "fresh": queries.list_freshness(person_id=person_id, phone=view.line.phone, channels=view.channels),
        "grounds": queries.list_grounds(actor=request.actor, person_id=person_id),
        "other_groups": [(code, group_name(code)) for code in groups() if code not in marked],
    }
    return render(request, "residents/person.html", context)


@require_GET
def group_overview(request: HttpRequest) -> HttpResponse:
    """Who is vulnerable here, the widest gaps first."""
    place = chosen_place(request)
    context = {
        "place": place,
        "tabs": tabs(request, place),
        "counts": queries.count_groups(actor=request.actor, place=place),
        "kinds": [
            (words.KINDS[kind], n) for kind, n in queries.count_by_kinds(actor=request.actor, place=place).items()
        ],
        "means": queries.count_means(paths=[place.path]),
        "below": _children(request.actor, place),
    }
    return render(request, "residents/groups.html", context)


@require_GET
def departed(request: HttpRequest) -> HttpResponse:
    place = chosen_place(request)
    page = queries.list_departed(actor=request.actor, place=place, after=request.GET.get("cursor", ""))
    return render(request, "residents/departed.html", {"place": place, "tabs": tabs(request, place), "page": page})
