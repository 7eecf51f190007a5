"""Pages of being away: one's own, and those at places where one appoints."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from linli.core import clock
from linli.core.errors import Conflict, Invalid, Missing
from linli.grid import actions, queries
from linli.grid.access import check_may_send_away
from linli.grid.forms.absences import AwayForm
from linli.grid.models import Absence, Appointment
from linli.grid.queries import is_self
from linli.grid.views.accounts import take, write_id


@require_http_methods(["GET", "POST"])
def own_away(request: HttpRequest) -> HttpResponse:
    """From all of one's posts, or some."""
    mine = queries.get_own_account(actor=request.actor)
    now = clock.now()
    posts = [one for one in queries.list_posts_of(actor=request.actor, account=mine) if one.from_at <= now]
    for one in posts:
        one.account = mine
    absences = queries.list_own_absences(actor=request.actor)
    return _away(request, posts, absences, reverse("account-away"))


@require_http_methods(["GET", "POST"])
def post_away(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """From one post, by whoever appoints there."""
    found = queries.get_appointment(actor=request.actor, appointment_id=appointment_id)
    check_may_send_away(request.actor, found)
    absences = queries.list_absences_of(appointments=[found]).get(found.pk, [])
    back = reverse("post-history") + "?" + urlencode({"place": found.place.code})
    return _away(request, [found], absences, back)


def _away(request: HttpRequest, posts: list[Appointment], absences: list[Absence], back: str) -> HttpResponse:
    form = AwayForm(request.POST if request.method == "POST" else None, appointments=posts)
    if request.method == "POST" and form.is_valid():
        try:
            away = actions.Away(**form.away())
            actions.record_absence(
                actor=request.actor, appointments=form.chosen(), away=away, write_id=write_id(request)
            )
        except Invalid as problem:
            _take(form, problem)
        except Conflict as problem:
            form.add_error(None, str(problem.detail))
        except Missing:
            form.add_error("deputy", _("This person can't stand in at all of these posts. Choose another."))
        else:
            messages.success(request, _("It is written down. The post comes back by itself when the time is over."))
            return redirect(back)
    page: dict[str, Any] = {
        "form": form,
        "posts": posts,
        "own": back == reverse("account-away"),
        "back": back,
        "absences": [_row(request, one) for one in absences],
    }
    return render(request, "grid/absence.html", page, status=422 if form.errors else 200)


def _take(form: AwayForm, problem: Invalid) -> None:
    """The action speaks of moments, the form of days."""
    names = {"from_at": "from_on", "until_at": "until_on"}
    take(form, Invalid(problem.detail, fields={names.get(key, key): text for key, text in problem.fields.items()}))


def _row(request: HttpRequest, one: Absence) -> dict[str, Any]:
    now = clock.now()
    return {
        "absence": one,
        "runs": one.from_at <= now,
        "mine": is_self(request.actor, one.appointment.account_id),
        "stands_in": is_self(request.actor, one.deputy_id or 0),
    }


@require_POST
def absence_end(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Back earlier, or not going; the deputy lays it down here too."""
    found = queries.get_absence(actor=request.actor, absence_id=absence_id)
    actions.end_absence(actor=request.actor, absence=found, write_id=write_id(request))
    messages.success(request, _("The absence is over: the post is its holder's alone again."))
    own = is_self(request.actor, found.appointment.account_id) or is_self(request.actor, found.deputy_id or 0)
    return redirect(
        reverse("account-away") if own else reverse("post-history") + f"?place={found.appointment.place.code}"
    )
