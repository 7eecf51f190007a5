"""From door to door on a phone: the walk, one door, what came of a knock, its undo, and a link to hand over."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import segno
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.alerts import actions
from linli.alerts.forms_doors import KnockForm, LinkForm, uuids
from linli.alerts.models import Alert
from linli.alerts.queries import get_alert, walk
from linli.alerts.queries.walk import DueDoor
from linli.alerts.rules import ISSUED
from linli.alerts.words import OUTCOMES
from linli.core import clock
from linli.core.errors import Missing
from linli.grid.queries import get_place
from linli.messages.rules import RELATIVE
from linli.residents.words import MEANS
from linli.rounds.queries import read_coverage
from linli.rounds.rules import SPOKEN_TO

A_PAGE = 100
UNDO_LASTS = timedelta(minutes=10)


class SeeOther(HttpResponseRedirect):
    status_code = 303


class Walk:
    """The doors of some notices, as a sequence that a paginator can cut."""

    def __init__(self, actor: Any, due: Sequence[walk.Due], count: int):
        self.actor, self.due, self._count = actor, due, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: slice) -> list[DueDoor]:
        return walk.list_due_doors(actor=self.actor, due=self.due, limit=part.stop - part.start, offset=part.start)

    def __iter__(self) -> Iterator[DueDoor]:
        return iter(self[0 : len(self)])


# The walk ------------------------------------------------------------------------------------------------------------


@require_GET
def doors(request: HttpRequest, alert_id: UUID, code: str) -> HttpResponse:
    """The silent households of a place in walking order. What one recorded a moment ago stands below, with its undo."""
    alert = get_alert(actor=request.actor, alert_id=alert_id)
    place = get_place(actor=request.actor, code=code, permission="alerts.answer")
    if alert.households is None:
        raise Missing()
    left = read_coverage(found=alert.households, places=[(place.pk, place.path)])[place.pk]
    if request.headers.get("HX-Request"):
        return render(request, "alerts/doors/progress.html", {"left": left, "alert": alert, "place": place})
    running = alert.state == ISSUED
    rows: Any = Walk(request.actor, [(alert, [place.path])], left.missing if running else 0)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    since = clock.now() - UNDO_LASTS
    recorded = walk.list_recorded(actor=request.actor, alerts=[alert], since=since, path=place.path) if running else []
    context = {"alert": alert, "place": place, "left": left, "page": page}
    return render(request, "alerts/doors/list.html", {**context, "recorded": recorded, "running": running})


# One door ------------------------------------------------------------------------------------------------------------


@require_GET
def door(request: HttpRequest, household: int) -> HttpResponse:
    """What was tried there and what to record: the inside of the sheet, or a page of its own without script."""
    found = walk.get_door(actor=request.actor, household=household)
    template = "alerts/doors/sheet.html" if request.headers.get("HX-Request") else "alerts/doors/door.html"
    names = walk.names_of(found.attempts)
    context = {
        "door": found,
        "attempts": [(one, names.get(one.by, "")) for one in found.attempts[:5]],
        "means": [MEANS[one] for one in sorted(found.means)],
        "form": KnockForm(initial={"attempt_id": uuid4()}, auto_id="knock_%s"),
        "others": [(code, words) for code, words in OUTCOMES.items() if code != SPOKEN_TO],
        "back": _back(request.GET.get("back", "")),
    }
    return render(request, template, context)


def _back(address: str) -> str:
    """Where one came from, if it is ours."""
    ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/")
    return address if ours else reverse("my-day")


@require_POST
def knock(request: HttpRequest, household: int) -> HttpResponse:
    entered = KnockForm(request.POST).checked()
    found = walk.get_door(actor=request.actor, household=household)
    alerts = _chosen(request, found)
    attempts = actions.record_knocks(actor=request.actor, alerts=alerts, household=household, **entered)
    if not request.headers.get("HX-Request"):
        messages.success(request, _("Recorded: %(what)s") % {"what": OUTCOMES[entered["outcome"]]})
        return SeeOther(_back(request.POST.get("back", "")))
    done = walk.Recorded(found.about, entered["outcome"], clock.now(), tuple(one.pk for one in attempts))
    context = {"row": done, "back": _back(request.POST.get("back", ""))}
    response = render(request, "alerts/doors/row_done.html", context)
    response.headers["HX-Trigger"] = "doors-changed"
    return response


def _chosen(request: HttpRequest, found: DueDoor) -> list[Alert]:
    """The notices that were ticked, whether still due there or confirmed meanwhile. Raises Missing for any other."""
    wanted = set(uuids(request.POST.getlist("alert")))
    chosen = [one for one in walk.list_concerning(actor=request.actor, door=found) if one.pk in wanted]
    if len(chosen) != len(wanted):
        raise Missing()
    return chosen


@require_POST
def undo(request: HttpRequest, household: int) -> HttpResponse:
    """Take back what was recorded by mistake; the door stands in the list again."""
    ids = uuids(request.POST.getlist("attempt"))
    attempts = walk.get_attempts(actor=request.actor, household=household, ids=ids)
    actions.undo_knocks(actor=request.actor, attempts=attempts)
    back = _back(request.POST.get("back", ""))
    if not request.headers.get("HX-Request"):
        messages.success(request, _("Taken back: the door stands in the list again."))
        return SeeOther(back)
    again = walk.get_door(actor=request.actor, household=household)
    response = render(request, "alerts/doors/row.html", {"door": again, "back": back})
    response.headers["HX-Trigger"] = "doors-changed"
    return response


# A link to hand over -------------------------------------------------------------------------------------------------


@require_POST
def make_link(request: HttpRequest, household: int) -> HttpResponse:
    """The household's own link, as a code to scan and a text to copy. It is shown this once: only its hash is kept."""
    form = LinkForm(request.POST)
    if not form.is_valid():
        raise Missing()
    found = walk.get_door(actor=request.actor, household=household)
    answers_as = form.cleaned_data["answers_as"]
    token = actions.make_household_link(actor=request.actor, household=household, answers_as=answers_as)
    address = _public(request) + reverse("link-open", kwargs={"token": token})
    context = {
        "door": found,
        "address": address,
        "drawing": mark_safe(segno.make(address, error="m").svg_inline(border=2, omitsize=True, svgclass="qr")),  # noqa: S308
        "relative": answers_as == RELATIVE,
        "back": _back(request.POST.get("back", "")),
    }
    return render(request, "alerts/doors/link.html", context)


def _public(request: HttpRequest) -> str:
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
