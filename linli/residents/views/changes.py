"""Forms of households and people, and the buttons on their pages."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.undo import offer_undo
from linli.grid.models import Place
from linli.grid.queries import get_place, list_leaves, list_registers
from linli.residents import actions, queries
from linli.residents.access import check_may, check_may_household, check_may_person
from linli.residents.forms import (
    AnswererForm,
    DoorForm,
    HouseholdForm,
    MovePersonForm,
    NewHouseholdForm,
    PersonForm,
    ReasonForm,
    split_kind,
    write_id,
)
from linli.residents.views.parts import form_page, is_done, note_on
from linli.residents.views.regroupings import preview_move

EDIT = "register.edit"
NEAR = 400  # households offered when a person moves


def _edited_place(request: HttpRequest) -> Place:
    code = request.GET.get("place", "")
    if code:
        place = get_place(actor=request.actor, code=code, permission="register.see")
        check_may(request.actor, EDIT, place.path)
        return place
    own = list_registers(actor=request.actor, permission=EDIT)
    if not own:
        raise Forbidden() if request.actor.may_somewhere("register.see") else Missing()
    return own[0]


@require_http_methods(["GET", "POST"])
def add_household(request: HttpRequest) -> HttpResponse:
    place = _edited_place(request)
    form = NewHouseholdForm(request.POST or None, leaves=list_leaves(actor=request.actor, place=place))
    if request.method == "POST" and form.is_valid():
        kind = split_kind(form.cleaned_data["kind"])
        try:
            made = actions.add_household(
                actor=request.actor,
                dwelling_id=actions.name_dwelling(actor=request.actor, **form.door),
                name=form.cleaned_data["name"],
                kind=kind["kind"],
                subkind=kind["subkind"],
                members=form.members,
                write_id=write_id(request),
            )
        except (Invalid, Conflict) as problem:
            form.blame(problem)
        else:
            messages.success(request, _("The household is on the register."))
            return redirect("household", made.pk)
    return form_page(request, form, heading=_("Add a household"), button=_("Add it"), back=f"?place={place.code}")


@require_http_methods(["GET", "POST"])
def change_household(request: HttpRequest, household_id: int) -> HttpResponse:
    check_may_household(request.actor, EDIT, household_id)
    view = queries.get_household(actor=request.actor, household_id=household_id)
    kind = f"{view.door.kind}/{view.door.subkind}" if view.door.subkind else view.door.kind
    initial = {"name": view.door.name, "kind": kind, "contact": view.contact_id, "protected": view.door.protected}
    form = HouseholdForm(request.POST or None, initial=initial, members=view.members)
    if is_done(
        request,
        form,
        lambda: actions.change_household(
            actor=request.actor, household_id=household_id, changes=form.changes, write_id=write_id(request)
        ),
    ):
        return redirect("household", household_id)
    return form_page(request, form, heading=_("Change the household"), button=_("Save"), note=view.door.name)


@require_http_methods(["GET", "POST"])
def move_household(request: HttpRequest, household_id: int) -> HttpResponse:
    check_may_household(request.actor, EDIT, household_id)
    door = queries.get_household(actor=request.actor, household_id=household_id).door
    leaves = [leaf for one in list_registers(actor=request.actor, permission=EDIT) if door.path.startswith(one.path)
              for leaf in list_leaves(actor=request.actor, place=one)]  # fmt: skip
    form = DoorForm(request.POST or None, initial={"leaf": door.leaf_id}, leaves=leaves)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("look") == "1":
            return preview_move(request, household_id, form)
        try:
            dwelling = actions.name_dwelling(actor=request.actor, **form.door)
            actions.move_household(
                actor=request.actor, household_id=household_id, dwelling_id=dwelling, write_id=write_id(request)
            )
        except (Invalid, Conflict) as problem:
            form.blame(problem)
        else:
            messages.success(request, _("The household lives there from today."))
            return redirect("household", household_id)
    return form_page(
        request,
        form,
        heading=_("Where does the household live now?"),
        button=_("Look at it first"),
        look=True,
        note=door.name,
    )


@require_http_methods(["GET", "POST"])
def depart_household(request: HttpRequest, household_id: int) -> HttpResponse:
    at = check_may_household(request.actor, EDIT, household_id)
    form = ReasonForm(request.POST or None)
    if is_done(
        request,
        form,
        lambda: actions.depart_household(
            actor=request.actor,
            household_id=household_id,
            reason=form.cleaned_data["reason"],
            write_id=write_id(request),
        ),
    ):
        messages.success(request, _("The household is among those who departed."))
        return redirect("household", household_id)
    note = _("Everybody in it is marked as departed today. The records stay.")
    return form_page(request, form, heading=_("Has this household left?"), button=_("It has left"), danger=True,
                      note=note_on(at.household.name, note))  # fmt: skip


@require_http_methods(["GET", "POST"])
def add_person(request: HttpRequest, household_id: int) -> HttpResponse:
    at = check_may_household(request.actor, EDIT, household_id)
    form = PersonForm(request.POST or None)
    if is_done(
        request,
        form,
        lambda: actions.add_person(
            actor=request.actor, household_id=household_id, entry=form.entry, write_id=write_id(request)
        ),
    ):
        messages.success(request, _("The person is on the register."))
        return redirect("household", household_id)
    return form_page(request, form, heading=_("Add a person"), button=_("Add"), note=at.household.name)


@require_http_methods(["GET", "POST"])
def change_person(request: HttpRequest, person_id: int) -> HttpResponse:
    standing = check_may_person(request.actor, EDIT, person_id)
    initial = queries.get_columns(actor=request.actor, person_id=person_id) | {"role": standing.membership.role}
    form = PersonForm(request.POST or None, initial=initial, with_groups=False)
    if is_done(
        request,
        form,
        lambda: actions.change_person(
            actor=request.actor, person_id=person_id, changes=form.changes, write_id=write_id(request)
        ),
    ):
        return redirect("person", person_id)
    note = _("Phone and identity number stay what they are where you leave them empty.")
    return form_page(request, form, heading=_("Change a person"), button=_("Save"), note=note)


@require_http_methods(["GET", "POST"])
def move_person(request: HttpRequest, person_id: int) -> HttpResponse:
    standing = check_may_person(request.actor, EDIT, person_id)
    registers = list_registers(actor=request.actor, permission=EDIT)
    place = next((one for one in registers if standing.at.path.startswith(one.path)), None)
    page = queries.list_households(actor=request.actor, place=place, limit=NEAR)
    form = MovePersonForm(request.POST or None, doors=[line.door for line in page.lines])
    if is_done(
        request,
        form,
        lambda: actions.move_person(
            actor=request.actor,
            person_id=person_id,
            household_id=int(form.cleaned_data["household_id"]),
            role=form.cleaned_data["role"],
            write_id=write_id(request),
        ),
    ):
        return redirect("person", person_id)
    return form_page(request, form, heading=_("Which household do they live with now?"), button=_("Move"),
                      note=standing.person.name)  # fmt: skip


@require_http_methods(["GET", "POST"])
def depart_person(request: HttpRequest, person_id: int) -> HttpResponse:
    standing = check_may_person(request.actor, EDIT, person_id)
    form = ReasonForm(request.POST or None)
    if is_done(
        request,
        form,
        lambda: actions.depart_person(
            actor=request.actor, person_id=person_id, reason=form.cleaned_data["reason"], write_id=write_id(request)
        ),
    ):
        messages.success(request, _("The person is among those who departed."))
        return redirect("person", person_id)
    return form_page(request, form, heading=_("Has this person left?"), button=_("Has left"), danger=True,
                      note=standing.person.name)  # fmt: skip


@require_POST
def mark_group(request: HttpRequest, person_id: int) -> HttpResponse:
    group, source = request.POST.get("group", ""), request.POST.get("source", "")
    actions.mark_group(actor=request.actor, person_id=person_id, group=group, source=source, write_id=write_id(request))
    offer_undo(request, _("The mark is on record."), reverse("person-unmark", args=[person_id]), group=group)
    return redirect("person", person_id)


@require_POST
def unmark_group(request: HttpRequest, person_id: int) -> HttpResponse:
    group = request.POST.get("group", "")
    actions.unmark_group(actor=request.actor, person_id=person_id, group=group, write_id=write_id(request))
    offer_undo(request, _("The mark is taken back."), reverse("person-mark", args=[person_id]), group=group)
    return redirect("person", person_id)


@require_POST
def record_phone(request: HttpRequest, person_id: int) -> HttpResponse:
    """`state` says whether the phone on record reaches somebody: dead or alive."""
    act = actions.record_phone_dead if request.POST.get("state") == "dead" else actions.record_phone_alive
    act(actor=request.actor, person_id=person_id, write_id=write_id(request))
    return redirect("person", person_id)


@require_http_methods(["GET", "POST"])
def name_answerer(request: HttpRequest, household_id: int) -> HttpResponse:
    at = check_may_household(request.actor, EDIT, household_id)
    form = AnswererForm(request.POST or None)
    if is_done(
        request,
        form,
        lambda: actions.name_answerer(
            actor=request.actor, household_id=household_id, **form.cleaned_data, write_id=write_id(request)
        ),
    ):
        return redirect("household", household_id)
    note = _("A relative or neighbour who confirms and is called when the household itself can't be reached.")
    return form_page(request, form, heading=_("Who answers for this household?"), button=_("Save"),
                      note=note_on(at.household.name, note))  # fmt: skip


@require_POST
def end_answerer(request: HttpRequest, household_id: int) -> HttpResponse:
    answerer = request.POST.get("answerer", "")
    if not answerer.isdigit():
        raise Missing()
    actions.end_answerer(actor=request.actor, answerer_id=int(answerer), write_id=write_id(request))
    back = reverse("answerer-resume", args=[household_id])
    offer_undo(request, _("They answer for this household no more."), back, answerer=answerer)
    return redirect("household", household_id)


@require_POST
def resume_answerer(request: HttpRequest, household_id: int) -> HttpResponse:
    answerer = request.POST.get("answerer", "")
    if not answerer.isdigit():
        raise Missing()
    actions.resume_answerer(actor=request.actor, answerer_id=int(answerer), write_id=write_id(request))
    messages.success(request, _("They answer for this household as before."))
    return redirect("household", household_id)
