"""Keeping the register true: what waits for a decision, likely duplicates, old contacts, records whose time is over."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.grid.models import Place
from linli.grid.profile import place_kinds, register_kind
from linli.residents import actions, queries, rules, words
from linli.residents.access import check_may, check_may_household, check_may_look, check_may_person
from linli.residents.forms import AnswerForm, CorrectionForm, EraseForm, GroundForm, write_id
from linli.residents.profile import contact_stale, departed_kept, erases_alone, group_name, groups
from linli.residents.views.parts import form_page, is_done, note_on
from linli.residents.views.register import chosen_place, tabs

EDIT, APPROVE, SEE = "register.edit", "register.approve", "register.see"
A_PAGE = 50
OF_A_PERSON = tuple(code for code in rules.CORRECTABLE if code not in rules.OF_A_HOUSEHOLD or code == "other")
OF_A_HOUSEHOLD = tuple(code for code in rules.CORRECTABLE if code in rules.OF_A_HOUSEHOLD)


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What there is to do, in one look."""
    place = chosen_place(request)
    incoming, waiting = queries.count_waiting(actor=request.actor)
    is_wide = place_kinds()[place.kind].depth < place_kinds()[register_kind()].depth
    context = {
        "place": place,
        "tabs": tabs(request, place),
        "incoming": incoming,
        "waiting": waiting,
        "stale": queries.list_stale_contacts(actor=request.actor, place=place).count(),
        "duplicates": None if is_wide else queries.list_duplicates(actor=request.actor, place=place, most=0)[1],
        "due": len(queries.list_due(actor=request.actor, path=place.path)),
        "may_edit": request.actor.may_somewhere(EDIT),
        "may_erase": request.actor.may(APPROVE, place.path),
    }
    return render(request, "residents/upkeep.html", context)


# Corrections -----------------------------------------------------------------------------------------------------------


@require_GET
def corrections(request: HttpRequest) -> HttpResponse:
    check_may_look(request.actor)
    return render(request, "residents/corrections.html", {"lines": queries.list_corrections(actor=request.actor)})


@require_GET
def correction(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    line = queries.get_correction(actor=request.actor, correction_id=correction_id)
    return render(request, "residents/correction.html", {"line": line, "refusal": AnswerForm()})


@require_POST
def approve(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    actions.approve_correction(actor=request.actor, correction_id=correction_id, write_id=write_id(request))
    messages.success(request, _("Approved. Whoever asked sees it."))
    return redirect("correction-list")


@require_POST
def refuse(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    line = queries.get_correction(actor=request.actor, correction_id=correction_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return render(request, "residents/correction.html", {"line": line, "refusal": form}, status=422)
    answer = form.cleaned_data["answer"]
    actions.refuse_correction(
        actor=request.actor, correction_id=correction_id, answer=answer, write_id=write_id(request)
    )
    messages.success(request, _("Refused. Whoever asked sees why."))
    return redirect("correction-list")


@require_http_methods(["GET", "POST"])
def ask_about_household(request: HttpRequest, household_id: int) -> HttpResponse:
    at = check_may_household(request.actor, SEE, household_id)
    return _ask(request, household_id, None, at.household.name, OF_A_HOUSEHOLD)


@require_http_methods(["GET", "POST"])
def ask_about_person(request: HttpRequest, person_id: int) -> HttpResponse:
    standing = check_may_person(request.actor, SEE, person_id)
    return _ask(request, standing.at.household.pk, person_id, standing.person.name, OF_A_PERSON)


def _ask(
    request: HttpRequest, household_id: int, person_id: int | None, name: str, fields: tuple[str, ...]
) -> HttpResponse:
    form = CorrectionForm(request.POST or None, fields=fields)
    if is_done(
        request,
        form,
        lambda: actions.ask_correction(
            actor=request.actor,
            household_id=household_id,
            person_id=person_id,
            **form.cleaned_data,
            write_id=write_id(request),
        ),
    ):
        messages.success(request, _("Asked. Somebody who may change it decides within a week."))
        return redirect("household", household_id)
    note = _("You may not change this record yourself. What you write goes to somebody who may.")
    return form_page(request, form, heading=_("Something is wrong here"), button=_("Ask"), note=note_on(name, note))


# Duplicates ------------------------------------------------------------------------------------------------------------


def _edited_place(request: HttpRequest) -> Place:
    place = chosen_place(request)
    if not request.actor.may_somewhere(EDIT):
        raise Forbidden()
    return place


@require_GET
def duplicates(request: HttpRequest) -> HttpResponse:
    place = _edited_place(request)
    pairs, total = queries.list_duplicates(actor=request.actor, place=place)
    merges = queries.list_merges(actor=request.actor, place=place)
    context = {"place": place, "tabs": tabs(request, place), "pairs": pairs, "total": total, "merges": merges}
    return render(request, "residents/duplicates.html", context)


@require_http_methods(["GET", "POST"])
def merge_people(request: HttpRequest, person_id: int, other_id: int) -> HttpResponse:
    """The two side by side: which record goes on, and whose word counts where they differ."""
    one = queries.get_person(actor=request.actor, person_id=person_id)
    other = queries.get_person(actor=request.actor, person_id=other_id)
    for view in (one, other):
        check_may(request.actor, EDIT, view.door.path)
    problem: Conflict | Invalid | None = None
    if request.method == "POST":
        take = {name: True for name in request.POST.getlist("take") if name in COMPARED}
        try:
            actions.merge_people(
                actor=request.actor, kept_id=person_id, gone_id=other_id, take=take, write_id=write_id(request)
            )
        except (Conflict, Invalid) as error:
            problem = error
        else:
            messages.success(request, _("The two records are one now. You can take it back on this page."))
            return redirect("duplicate-list")
    rows = [(name, label, _shown(one, name), _shown(other, name)) for name, label in _compared()]
    context = {"one": one, "other": other, "rows": rows, "problem": problem}
    return render(request, "residents/merge_people.html", context, status=409 if problem else 200)


COMPARED = ("name", "sex", "born_on", "id_number", "phone", "language", "registered_place")


def _compared() -> list[tuple[str, Any]]:
    return [(name, words.CORRECTABLE[name]) for name in COMPARED]


def _shown(view: queries.PersonView, name: str) -> str:
    if name == "sex":
        return str(words.SEXES.get(view.line.sex, ""))
    value = getattr(view.line, name, None) or getattr(view, name, "")
    return str(value or "")


@require_POST
def unmerge(request: HttpRequest, merged_id: UUID) -> HttpResponse:
    given_back = actions.unmerge_people(actor=request.actor, merged_id=merged_id, write_id=write_id(request))
    messages.success(request, _("Both records are back."))
    return redirect("person", given_back.pk)


@require_POST
def dismiss(request: HttpRequest, person_id: int, other_id: int) -> HttpResponse:
    actions.dismiss_duplicate(actor=request.actor, one_id=person_id, other_id=other_id, write_id=write_id(request))
    messages.success(request, _("Noted: these are two people. They are not proposed again."))
    return redirect("duplicate-list")


# Contacts --------------------------------------------------------------------------------------------------------------


@require_GET
def contacts(request: HttpRequest) -> HttpResponse:
    """Whose phone nobody has confirmed for long, those who need it most first."""
    place = chosen_place(request)
    group = request.GET.get("group", "")
    group = group if group in groups() else ""
    rows = queries.list_stale_contacts(actor=request.actor, place=place, group=group)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "place": place,
        "tabs": tabs(request, place),
        "page": page,
        "lines": queries.describe_stale(actor=request.actor, rows=list(page)),
        "group": group,
        "groups": [(code, group_name(code)) for code in groups()],
        "days": contact_stale().days,
        "may_work": request.actor.may_somewhere("tasks.work"),
    }
    return render(request, "residents/contacts.html", context)


@require_POST
def tick(request: HttpRequest, person_id: int) -> HttpResponse:
    channel = request.POST.get("channel", "phone")
    actions.tick_contact(actor=request.actor, person_id=person_id, channel=channel, write_id=write_id(request))
    messages.success(request, _("Noted: still right today."))
    back = request.POST.get("back", "")
    return redirect(back) if back.startswith("/register/") else redirect("person", person_id)


# Grounds and erasure ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def ground(request: HttpRequest, person_id: int) -> HttpResponse:
    standing = check_may_person(request.actor, EDIT, person_id)
    form = GroundForm(request.POST or None, initial={"ground": "consent"})
    if is_done(
        request,
        form,
        lambda: actions.record_ground(
            actor=request.actor, person_id=person_id, **form.cleaned_data, write_id=write_id(request)
        ),
    ):
        return redirect("person", person_id)
    return form_page(
        request, form, heading=_("What may the data be used for?"), button=_("Record it"), note=standing.person.name
    )


@require_POST
def withdraw(request: HttpRequest, person_id: int, consent_id: int) -> HttpResponse:
    own = {one.id for one in queries.list_grounds(actor=request.actor, person_id=person_id)}
    if consent_id not in own:
        raise Missing()
    actions.withdraw_ground(actor=request.actor, consent_id=consent_id, write_id=write_id(request))
    messages.success(request, _("Withdrawn. Nothing is done for this purpose any more."))
    return redirect("person", person_id)


def _erase(
    request: HttpRequest, act: Callable[..., None], name: str, shown: tuple[Any, str], then: str
) -> HttpResponse:
    form = EraseForm(request.POST or None)
    if is_done(request, form, lambda: act(actor=request.actor, **form.cleaned_data, write_id=write_id(request))):
        messages.success(request, _("Erased. How many people there are stays counted."))
        return redirect(then)
    heading, note = shown
    return form_page(request, form, heading=heading, button=_("Erase"), danger=True, note=note_on(name, note))


@require_http_methods(["GET", "POST"])
def erase_person(request: HttpRequest, person_id: int) -> HttpResponse:
    standing = check_may_person(request.actor, APPROVE, person_id)
    note = _("Name, numbers, marks and everything else personal goes for good. It can't be undone.")
    if standing.is_present:
        note += " " + _("This person still lives here: without a name and phone nobody can be reached by it.")
    act, then = (
        partial(actions.erase_person, person_id=person_id),
        reverse("household", args=[standing.at.household.pk]),
    )
    return _erase(request, act, standing.person.name, (_("Erase this record?"), note), then)


@require_http_methods(["GET", "POST"])
def erase_household(request: HttpRequest, household_id: int) -> HttpResponse:
    at = check_may_household(request.actor, APPROVE, household_id)
    note = _("With everybody whose last home it was, and those who answered for it. It can't be undone.")
    act, then = partial(actions.erase_household, household_id=household_id), reverse("household-list")
    return _erase(request, act, at.household.name, (_("Erase this household?"), note), then)


@require_http_methods(["GET", "POST"])
def due(request: HttpRequest) -> HttpResponse:
    """Records whose time is over; erased all at once, but for those that something open still needs."""
    place = chosen_place(request)
    check_may(request.actor, APPROVE, place.path)
    if request.method == "POST":
        done = actions.erase_due(actor=request.actor, path=place.path, write_id=write_id(request))
        messages.success(request, _("Erased records: %(n)s.") % {"n": done})
        return redirect(request.get_full_path())
    lines = queries.list_due(actor=request.actor, path=place.path)
    context = {
        "place": place,
        "tabs": tabs(request, place),
        "lines": lines,
        "free": len([one for one in lines if not one.held]),
        "days": departed_kept().days,
        "years": 0 if departed_kept().days % 365 else departed_kept().days // 365,
        "alone": erases_alone(),
    }
    return render(request, "residents/due.html", context)
