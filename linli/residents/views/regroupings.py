"""Households merged, split and handed over: choose, look at what would happen, do it; and take it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core.errors import Conflict, Invalid
from linli.grid.queries import list_leaves, list_registers
from linli.residents import actions, queries
from linli.residents.access import check_may_accept, check_may_household, check_may_look
from linli.residents.forms import AnswerForm, DoorForm, MergeForm, SplitForm, TransferForm, write_id
from linli.residents.views.parts import form_page, note_on

EDIT = "register.edit"
NEAR = 400


def _looks(request: HttpRequest) -> bool:
    return request.POST.get("look") == "1"


def _leaves(request: HttpRequest, path: str) -> list[Any]:
    return [
        leaf
        for one in list_registers(actor=request.actor, permission=EDIT)
        if path.startswith(one.path) or one.path.startswith(path)
        for leaf in list_leaves(actor=request.actor, place=one)
    ]


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, household_id: int) -> HttpResponse:
    """Two households that are one home."""
    here = queries.read_side(actor=request.actor, household_id=household_id)
    registers = list_registers(actor=request.actor, permission=EDIT)
    place = next((one for one in registers if here.door.path.startswith(one.path)), None)
    page = queries.list_households(actor=request.actor, place=place, limit=NEAR)
    doors = [line.door for line in page.lines if line.door.id != household_id]
    doors.sort(key=lambda door: (door.address != here.door.address, door.path != here.door.path))  # the same door first
    form = MergeForm(request.POST or None, doors=doors)
    if request.method == "POST" and form.is_valid():
        other = int(form.cleaned_data["other_id"])
        if _looks(request):
            return _preview_merge(request, here, queries.read_side(actor=request.actor, household_id=other))
        try:
            actions.merge_households(
                actor=request.actor, household_id=household_id, other_id=other, write_id=write_id(request)
            )
        except (Invalid, Conflict) as problem:
            form.blame(problem)
        else:
            messages.success(request, _("The two households are one now."))
            return redirect("household", household_id)
    note = _("Everybody of the other household moves into this one. You see who that is before anything is written.")
    return form_page(
        request, form, heading=_("Merge with another household"), button=_("Look at it first"), look=True,
        note=note_on(here.door.name, note),
    )  # fmt: skip


def _preview_merge(request: HttpRequest, here: queries.Side, other: queries.Side) -> HttpResponse:
    context = {
        "heading": _("Merge these two households?"),
        "button": _("Merge them"),
        "going": other.members,
        "staying": here.members,
        "from_door": other.door,
        "to_door": here.door,
        "answerers": other.answerers,
        "contact": here.contact or other.contact,
        "protected": here.door.protected or other.door.protected,
        "hidden": [("other_id", other.id)],
        "ids": f"{here.id},{other.id}",
        "note": _("The household that stays owes every receipt that it has not given itself; what the other one confirmed stays on record."),  # noqa: E501
    }  # fmt: skip
    return render(request, "residents/regroup.html", context)


@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, household_id: int) -> HttpResponse:
    """Some people of a household become one of their own."""
    here = queries.read_side(actor=request.actor, household_id=household_id)
    leaves = _leaves(request, here.door.path)
    form = SplitForm(request.POST or None, initial={"leaf": here.door.leaf_id}, members=here.members, leaves=leaves)
    if request.method == "POST" and form.is_valid():
        if _looks(request):
            return _preview_split(request, here, form)
        try:
            door = form.door
            dwelling = actions.name_dwelling(actor=request.actor, **door) if door else None
            made = actions.split_household(
                actor=request.actor, household_id=household_id, person_ids=form.person_ids,
                name=form.cleaned_data["name"], dwelling_id=dwelling, write_id=write_id(request),
            )  # fmt: skip
        except (Invalid, Conflict) as problem:
            form.blame(problem)
        else:
            messages.success(request, _("They are a household of their own now."))
            return redirect("household", made.pk)
    return form_page(
        request, form, heading=_("Split this household"), button=_("Look at it first"), look=True, note=here.door.name
    )


def _preview_split(request: HttpRequest, here: queries.Side, form: SplitForm) -> HttpResponse:
    going = queries.choose_people(here.members, form.person_ids)
    names = ("name", "leaf", "building", "entrance", "room")
    door = form.door
    context = {
        "heading": _("Split this household?"),
        "button": _("Split it"),
        "going": going,
        "staying": [one for one in here.members if one not in going],
        "from_door": here.door,
        "to_words": " ".join(door[name] for name in ("building", "entrance", "room")) if door else "",
        "new_name": form.cleaned_data["name"],
        "answerers": here.answerers,
        "answerers_stay": True,
        "contact": here.contact,
        "protected": here.door.protected,
        "hidden": [("people", one.id) for one in going] + [(name, form.cleaned_data[name]) for name in names],
        "ids": str(here.id),
        "note": _("The new household is asked for receipts of its own for every notice that is out."),
    }
    return render(request, "residents/regroup.html", context)


def preview_move(request: HttpRequest, household_id: int, form: DoorForm) -> HttpResponse:
    """Of the page that moves a household whole."""
    here = queries.read_side(actor=request.actor, household_id=household_id)
    names = ("leaf", "estate", "building", "entrance", "floor", "room")
    values = [(name, form.cleaned_data[name]) for name in names]
    context = {
        "heading": _("Move this household?"),
        "button": _("Move it"),
        "going": here.members,
        "staying": [],
        "from_door": here.door,
        "to_words": " ".join(str(form.cleaned_data[name]) for name in ("building", "entrance", "room")),
        "answerers": here.answerers,
        "contact": here.contact,
        "protected": here.door.protected,
        "hidden": [(name, "" if value is None else value) for name, value in values],
        "ids": str(here.id),
        "note": _("Receipts that this household has given go along."),
    }
    return render(request, "residents/regroup.html", context)


@require_POST
def undo(request: HttpRequest, regrouping_id: UUID) -> HttpResponse:
    found = actions.undo_regrouping(actor=request.actor, regrouping_id=regrouping_id, write_id=write_id(request))
    messages.success(request, _("Everybody is again where they were."))
    return redirect("household", found.household_id)


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, household_id: int) -> HttpResponse:
    """Hand a household to another community."""
    at = check_may_household(request.actor, EDIT, household_id)
    form = TransferForm(request.POST or None, places=queries.list_communities_near(path=at.path))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.propose_transfer(
                actor=request.actor, household_id=household_id, to_place_id=int(data["to_place_id"]),
                reason=data["reason"], new_address=data["new_address"], write_id=write_id(request),
            )  # fmt: skip
        except (Invalid, Conflict) as problem:
            form.blame(problem)
        else:
            messages.success(request, _("Proposed. Until they accept, the household stays yours."))
            return redirect("transfer", made.pk)
    note = _("The other community sees the name, how many people there are and what you write here, nothing else.")
    return form_page(
        request,
        form,
        heading=_("Hand this household over"),
        button=_("Propose it"),
        note=note_on(at.household.name, note),
    )


@require_GET
def transfers(request: HttpRequest) -> HttpResponse:
    check_may_look(request.actor)
    return render(request, "residents/transfers.html", {"lines": queries.list_transfers(actor=request.actor)})


@require_GET
def transfer(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    view = queries.get_transfer(actor=request.actor, transfer_id=transfer_id)
    return _show_transfer(request, view, None, AnswerForm())


def _show_transfer(
    request: HttpRequest, view: queries.TransferView, door: DoorForm | None, refusal: AnswerForm
) -> HttpResponse:
    leaves = list_leaves(actor=request.actor, place=view.to_place) if view.may_accept else []
    form = door or DoorForm(leaves=leaves)
    wrong = bool(form.errors or refusal.errors)
    context = {"view": view, "form": form, "refusal": refusal, "post": view.post}
    return render(request, "residents/transfer.html", context, status=422 if wrong else 200)


def _receiving(request: HttpRequest, transfer_id: UUID) -> queries.TransferView:
    """Of one who may decide, or decided it already by this very tap."""
    view = queries.get_transfer(actor=request.actor, transfer_id=transfer_id)
    check_may_accept(request.actor, view.to_place.path)
    return view


@require_POST
def accept(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    view = _receiving(request, transfer_id)
    form = DoorForm(request.POST, leaves=list_leaves(actor=request.actor, place=view.to_place))
    if form.is_valid():
        try:
            dwelling = actions.name_dwelling(actor=request.actor, **form.door)
            done = actions.accept_transfer(
                actor=request.actor, transfer_id=transfer_id, dwelling_id=dwelling, write_id=write_id(request)
            )
        except (Invalid, Conflict) as problem:
            form.blame(problem)
        else:
            messages.success(request, _("The household is yours from today."))
            return redirect("household", done.household_id)
    return _show_transfer(request, view, form, AnswerForm())


@require_POST
def refuse(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    view = _receiving(request, transfer_id)
    form = AnswerForm(request.POST)
    if form.is_valid():
        actions.refuse_transfer(
            actor=request.actor, transfer_id=transfer_id, answer=form.cleaned_data["answer"], write_id=write_id(request)
        )
        messages.success(request, _("Refused. The household stays where it is."))
        return redirect("transfer-list")
    return _show_transfer(request, view, None, form)


@require_POST
def cancel(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    actions.cancel_transfer(actor=request.actor, transfer_id=transfer_id, write_id=write_id(request))
    messages.success(request, _("Taken back. The household stays where it is."))
    return redirect("transfer-list")
