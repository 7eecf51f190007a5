"""Pages on which people look at alerts from outside."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.alerts.queries import find_alert
from linli.alerts.rules import DRAFT
from linli.alerts.rules import WAITING as WAITS_FOR_APPROVAL
from linli.core import clock
from linli.core.errors import Conflict, Invalid
from linli.exchange import actions, queries, words
from linli.exchange.access import PERMISSION, check_may_screen, may_decide, own_paths
from linli.exchange.actions.screening import running_before
from linli.exchange.forms import CallBackForm, DismissForm, UploadForm
from linli.exchange.models import Incoming
from linli.exchange.profile import cap
from linli.exchange.rules import states
from linli.grid.access import may_operate
from linli.grid.queries import list_places, list_top_places

A_PAGE = 30
MOST_OWN = 40


def info_of(incoming: Incoming) -> dict[str, Any]:
    """What it says in the reader's language, or else in the deployment's, or else in whichever there is."""
    infos = incoming.said["infos"]
    for language in (get_language() or "", settings.LANGUAGE_CODE):
        for info in infos:
            if cap().language(info["language"]) == language:
                return dict(info)
    empty = {"headline": "", "event": "", "severity": "Unknown", "urgency": "Unknown", "areas": [], "language": ""}
    return dict(infos[0]) if infos else empty


def title_of(incoming: Incoming) -> str:
    info = info_of(incoming)
    return str(info["headline"] or info["event"] or incoming.said["note"] or incoming.identifier)


def _badges(incoming: Incoming) -> dict[str, Any]:
    info = info_of(incoming)
    return {
        "one": incoming,
        "title": title_of(incoming),
        "language": info["language"],
        "severity": words.SEVERITIES[info["severity"]],
        "severe": info["severity"] in ("Extreme", "Severe"),
        "urgency": words.URGENCIES[info["urgency"]],
        "kind": words.MSG_TYPES.get(incoming.msg_type, incoming.msg_type),
        "status": words.STATUSES.get(incoming.status, incoming.status),
        "in_earnest": incoming.status == "Actual",
        "state": words.STATES[incoming.state],
        "over": bool(incoming.expires_at and incoming.expires_at <= clock.now()),
    }


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What waits to be looked at, newest first; what was decided; what concerns no place of ours."""
    check_may_screen(request.actor)
    which = request.GET.get("which", "")
    page = Paginator(queries.list_incoming(actor=request.actor, which=which), A_PAGE).get_page(request.GET.get("page"))
    here = reverse("incoming-list")
    waiting = queries.count_to_screen(actor=request.actor)
    shown = {
        "page": page,
        "rows": [_badges(one) for one in page],
        "which": which,
        "tabs": [
            (_("To be looked at"), here, waiting, which == ""),
            (_("Decided"), f"{here}?which=done", None, which == "done"),
            (_("Elsewhere"), f"{here}?which=elsewhere", None, which == "elsewhere"),
        ],
        "may_operate": may_operate(request.actor),
    }
    return render(request, "exchange/incoming_list.html", shown)


@require_GET
def show(request: HttpRequest, incoming_id: UUID) -> HttpResponse:
    found = queries.get_incoming(actor=request.actor, incoming_id=incoming_id)
    return render(request, "exchange/incoming.html", _page(request, found))


def _page(request: HttpRequest, found: Incoming, **forms: Any) -> dict[str, Any]:
    own = own_paths(request.actor, found)
    running = running_before(found)
    return {
        **_badges(found),
        "incoming": found,
        "infos": [_readable(info) for info in found.said["infos"]],
        "signature": words.SIGNATURES.get(found.signature, found.signature),
        "places": queries.list_places_meant(incoming=found),
        "own": queries.list_places_meant(incoming=found, paths=own),
        "may_decide": may_decide(request.actor, found),
        "waits": found.state in states.WAITING,
        "may_reopen": states.may_become(found.state, states.NEW),
        "running": running,
        "is_update": found.msg_type == "Update",
        "is_cancel": found.msg_type == "Cancel",
        "is_draft": found.alert is not None and found.alert.state in (DRAFT, WAITS_FOR_APPROVAL),
        "is_waiting": found.alert is not None and found.alert.state == WAITS_FOR_APPROVAL,
        "sees_ours": bool(found.alert_id) and find_alert(actor=request.actor, alert_id=str(found.alert_id)) is not None,
        "own_draft": found.alert is not None and found.alert.issued_by_id == request.actor.id,
        "dismiss_form": DismissForm(initial={"write_id": uuid4()}),
        "call_back_form": CallBackForm(initial={"write_id": uuid4(), "reason": _reason(found)}),
        "steps": [
            (_("Alerts"), reverse("alert-list")),
            (_("From outside"), reverse("incoming-list")),
            (title_of(found), ""),
        ],
        **forms,
    }


def _readable(info: dict[str, Any]) -> dict[str, Any]:
    def moment(text: str) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    return {
        **info,
        "onset": moment(info["onset"]),
        "expires": moment(info["expires"]),
        "severity_words": words.SEVERITIES[info["severity"]],
        "urgency_words": words.URGENCIES[info["urgency"]],
        "areas": [(desc, ", ".join(value for _name, value in codes)) for desc, codes in info["areas"]],
        "ours": bool(cap().language(info["language"])),
    }


def _reason(incoming: Incoming) -> str:
    said = incoming.said["note"] or title_of(incoming)
    return (_("Cancelled by its sender: %(words)s") % {"words": said})[:200]


@require_POST
def draft(request: HttpRequest, incoming_id: UUID) -> HttpResponse:
    """Write the notice: with its words filled in, to be read, changed and issued by a person."""
    check_may_screen(request.actor)
    found = queries.get_incoming(actor=request.actor, incoming_id=incoming_id)
    made = actions.begin_notice(actor=request.actor, incoming=found)
    if made.state != DRAFT:
        return redirect("alert", made.pk)
    messages.info(
        request, _("This is what the alert says. Read it, change what your people need otherwise, then go on.")
    )
    return redirect("alert-edit", made.pk)


@require_POST
def dismiss(request: HttpRequest, incoming_id: UUID) -> HttpResponse:
    found = queries.get_incoming(actor=request.actor, incoming_id=incoming_id)
    form = DismissForm(request.POST)
    if not form.is_valid():
        return render(request, "exchange/incoming.html", _page(request, found, dismiss_form=form), status=422)
    data = form.cleaned_data
    actions.dismiss_incoming(
        actor=request.actor, incoming=found, reason=data["reason"], write_id=data["write_id"] or None
    )
    messages.success(request, _("Dismissed. It stands under “Decided”, where you can take it up again."))
    return redirect("incoming-list")


@require_POST
def reopen(request: HttpRequest, incoming_id: UUID) -> HttpResponse:
    """A dismissal is taken back; what seemed to concern others is taken up."""
    found = queries.get_incoming(actor=request.actor, incoming_id=incoming_id)
    actions.reopen_incoming(actor=request.actor, incoming=found)
    return redirect("incoming", found.pk)


@require_POST
def call_back(request: HttpRequest, incoming_id: UUID) -> HttpResponse:
    """Cancel our notice, for its sender has cancelled the alert."""
    found = queries.get_incoming(actor=request.actor, incoming_id=incoming_id)
    form = CallBackForm(request.POST)
    if not form.is_valid():
        return render(request, "exchange/incoming.html", _page(request, found, call_back_form=form), status=422)
    data = form.cleaned_data
    done = actions.call_back(
        actor=request.actor, incoming=found, reason=data["reason"], write_id=data["write_id"] or None
    )
    messages.success(request, _("The notice is cancelled."))
    return redirect("alert", done.alert_id) if done.alert_id else redirect("incoming", found.pk)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """An alert that came as a file: by mail, on a stick."""
    check_may_screen(request.actor)
    own = list_top_places(actor=request.actor, permission=PERMISSION)[:MOST_OWN]
    form = UploadForm(request.POST, request.FILES, places=own) if request.method == "POST" else UploadForm(places=own)
    if form.is_valid():
        place = list_places(actor=request.actor, codes=[form.cleaned_data["place"]], permission=PERMISSION)[0]
        try:
            rows = actions.take_in(actor=request.actor, document=form.cleaned_data["file"].read(), place=place)
        except (Invalid, Conflict) as problem:
            form.add_error("file", str(problem.detail))
        else:
            mine = queries.list_incoming(actor=request.actor, which="").filter(pk__in=[one.pk for one in rows])
            return redirect("incoming", (mine.first() or rows[0]).pk)
    return render(request, "exchange/upload.html", {"form": form}, status=422 if form.errors else 200)
