"""Pages of posts: vacancies, double bookings, staffing, who held a post on a day, appointing and ending."""

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core import clock
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.undo import offer_undo
from linli.grid import actions, queries
from linli.grid.access import check_may
from linli.grid.forms.posts import NEW, AppointForm, DayForm, EndForm, beginning, end
from linli.grid.models import Account, Place
from linli.grid.profile import kind_name, post_at, post_kinds, post_name, word
from linli.grid.rules import plain_username
from linli.grid.views.accounts import plain, take, write_id
from linli.grid.words import BREACH_WORDS

PAGE = 50


def _place(request: HttpRequest, permission: str = "posts.see") -> Place:
    """The place asked for, or the first of one's own."""
    code = plain(request.GET.get("place", ""))
    if code:
        return queries.get_place(actor=request.actor, code=code, permission=permission)
    mine = queries.list_top_places(actor=request.actor, permission=permission)
    if not mine:
        raise Missing()
    return mine[0]


def _frame(request: HttpRequest, place: Place) -> dict[str, Any]:
    """What the four pages share: their tabs, and the places to choose from, up to one's own and one step down."""
    query = "?" + urlencode({"place": place.code})
    return {
        "place": place,
        "kind": kind_name(place.kind),
        "tabs": [(words, _tab(request, reverse(route), query)) for route, words in _tabs()],
        "above": queries.list_above(actor=request.actor, place=place, permission="posts.see"),
        "below": list(queries.list_children(actor=request.actor, place=place, permission="posts.see")[:200]),
        "others": [
            one
            for one in queries.list_top_places(actor=request.actor, permission="posts.see")
            if not place.path.startswith(one.path)
        ],
        "may_appoint": request.actor.may("posts.appoint", place.path),
    }


def _tab(request: HttpRequest, path: str, query: str) -> str:
    """The address of a tab; the one that is shown keeps what was asked for, and so is known as the present one."""
    return request.get_full_path() if path == request.path else path + query


def _tabs() -> list[tuple[str, str]]:
    return [
        ("post-vacancies", _("Vacancies")),
        ("post-double-bookings", _("Double bookings")),
        ("post-staffing", _("Residents per staff")),
        ("post-history", _("Who held it")),
    ]


@require_GET
def vacancies(request: HttpRequest) -> HttpResponse:
    place = _place(request)
    chosen = request.GET.get("kind", "")
    found = queries.list_vacancies(actor=request.actor, code=place.code, kind=chosen)
    counts = [one for one in found.counts if one.vacant or one.kind.line]
    page = {
        **_frame(request, place),
        "page": Paginator(cast(Any, found), PAGE).get_page(request.GET.get("page")),
        "counts": counts,
        "chosen": chosen,
        "chosen_name": post_name(chosen) if chosen in post_kinds() else "",
        "line_posts": sum(one.posts for one in counts if one.kind.line),
        "line_vacant": sum(one.vacant for one in counts if one.kind.line),
        "vacant": sum(one.vacant for one in found.counts),
    }
    return render(request, "grid/post_vacancies.html", page)


@require_GET
def double_bookings(request: HttpRequest) -> HttpResponse:
    place = _place(request)
    found = queries.list_double_bookings(actor=request.actor, code=place.code)
    page = Paginator(cast(Any, found), PAGE).get_page(request.GET.get("page"))
    rows = [(one, [BREACH_WORDS[reason] for reason in one.reasons]) for one in page]
    return render(request, "grid/post_double_bookings.html", {**_frame(request, place), "page": page, "rows": rows})


@require_GET
def staffing(request: HttpRequest) -> HttpResponse:
    place = _place(request)
    kinds = queries.staffing_kinds(place)
    known = [one.code for one in kinds]
    kind = request.GET.get("kind", "")
    kind = kind if kind in known else known[0]
    found = queries.list_staffing(actor=request.actor, code=place.code, kind=kind)
    page = {
        **_frame(request, place),
        "page": Paginator(cast(Any, found), PAGE).get_page(request.GET.get("page")),
        "kinds": [(one.code, word(one)) for one in kinds],
        "chosen": kind,
        "chosen_name": kind_name(kind),
        "aim": queries.staffing_aim(),
        "staff_posts": [word(one) for one in post_kinds().values() if one.staff],
    }
    return render(request, "grid/post_staffing.html", page)


@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Who held the posts of a place on a day, and every appointment to them."""
    place, form = _place(request), DayForm(request.GET)
    day: date = (form.is_valid() and form.cleaned_data["day"]) or clock.today()
    rows = queries.list_post_history(actor=request.actor, code=place.code)
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    away = queries.list_absences_of(appointments=shown)
    page = {
        **_frame(request, place),
        "form": DayForm(initial={"day": day}) if form.is_valid() else form,
        "day": day,
        "posts": queries.list_posts_on(actor=request.actor, code=place.code, day=day),
        "page": shown,
        "rows": [(one, away.get(one.pk, [])) for one in shown],
        "now": clock.now(),
    }
    return render(request, "grid/post_history.html", page, status=200 if form.is_valid() else 422)


# Appointing ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest) -> HttpResponse:
    place = _place(request)
    check_may(request.actor, "posts.appoint", place, seen_with="posts.see")
    initial = {"post_kind": request.GET.get("post", "")}
    form = AppointForm(request.POST or None, actor=request.actor, place=place, initial=initial)
    double = False
    if request.method == "POST" and form.is_valid():
        try:
            made = _appoint(request, place, form.cleaned_data)
        except Invalid as problem:
            take(form, problem)
        except Conflict as problem:
            double = problem.code == "double-booking"
            form.add_error(None, str(problem.detail))
        else:
            said = _("%(name)s now holds the post %(post)s.") % {
                "name": made.account.name,
                "post": post_name(made.post_kind),
            }
            messages.success(request, said)
            return redirect(reverse("post-history") + "?" + urlencode({"place": place.code}))
    page = {
        "place": place,
        "kind": kind_name(place.kind),
        "form": form,
        "double": double or bool(form.data.get("anyway")),
        "posts": post_at(place.kind),
        "above": queries.list_above(actor=request.actor, place=place, permission="posts.see"),
    }
    return render(request, "grid/post_appoint.html", page, status=422 if form.errors else 200)


def _appoint(request: HttpRequest, place: Place, given: dict[str, Any]) -> Any:
    return actions.appoint_person(
        actor=request.actor,
        person=_new_person(given) if given["who"] == NEW else _known(request, given),
        post_kind=given["post_kind"],
        place=place,
        paper=given["paper"],
        from_at=beginning(given["from_on"]),
        until_at=end(given["until_on"]),
        organisation=given["organisation"],
        strict=not given["anyway"],
        write_id=write_id(request),
    )


def _known(request: HttpRequest, given: dict[str, Any]) -> Account:
    username = given["picked"] or given["username"]
    try:
        return queries.get_account_by_username(actor=request.actor, username=plain_username(username) or username)
    except Missing:
        raise Invalid(fields={"username": _("Nobody has this name for sign-in. Open a new account instead.")}) from None


def _new_person(given: dict[str, Any]) -> actions.NewAccount:
    return actions.NewAccount(username=given["username"], name=given["name"], phone=given["phone"])


@require_POST
def people(request: HttpRequest) -> HttpResponse:
    """People found by a part of the name, for the form above. The text comes in the body: names don't belong in
    addresses."""
    text = plain(request.POST.get("q", ""))[:60]
    if not request.actor.may_somewhere("posts.appoint"):
        raise Missing()
    found = queries.search_accounts(actor=request.actor, text=text)
    posts = queries.list_posts_of_many(actor=request.actor, accounts=found)
    rows = [(one, posts.get(one.pk, [])) for one in found]
    return render(request, "grid/post_people_part.html", {"rows": rows, "q": text.strip()})


@require_POST
def resume_post(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Ended by mistake a moment ago: it goes on."""
    found = queries.get_appointment(actor=request.actor, appointment_id=appointment_id)
    actions.resume_appointment(actor=request.actor, appointment=found, write_id=write_id(request))
    messages.success(request, _("The appointment goes on as before."))
    return redirect(reverse("post-history") + "?" + urlencode({"place": found.place.code}))


@require_http_methods(["GET", "POST"])
def end_post(request: HttpRequest, appointment_id: int) -> HttpResponse:
    found = queries.get_appointment(actor=request.actor, appointment_id=appointment_id)
    check_may(request.actor, "posts.appoint", found.place, seen_with="posts.see")
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.end_appointment(
                actor=request.actor,
                appointment=found,
                reason=given["reason"],
                at=end(given["last_on"]),
                write_id=write_id(request),
            )
        except Invalid as problem:
            take(form, problem)
        else:
            offer_undo(
                request,
                _("The appointment ends. What it opened closes with it."),
                reverse("post-resume", args=[found.pk]),
            )
            return redirect(reverse("post-history") + "?" + urlencode({"place": found.place.code}))
    page = {"one": found, "form": form, "post": post_name(found.post_kind)}
    return render(request, "grid/post_end.html", page, status=422 if form.errors else 200)
