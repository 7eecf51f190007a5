"""The worker's pages without network: the shell, its worker script, the list of the day, and what comes back."""

import hashlib
import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli import __version__
from linli.alerts import actions
from linli.alerts.queries import DueDoor, Verdict
from linli.alerts.templatetags.notices import headline
from linli.alerts.words import OUTCOMES, RECORD_WORDS, verdict_words
from linli.core import clock
from linli.core.errors import Conflict, Invalid, Missing, Problem
from linli.core.sealing import day_key, record_key, text_of
from linli.core.templatetags.linli import asset
from linli.core.throttle import count_try
from linli.desk.queries import FieldList, read_field_list, read_records
from linli.desk.queries.records import MOST_BYTES
from linli.grid.actions import register_device
from linli.grid.queries import account_mark, keeps_list, name_actors

SCRIPTS = ("desk/field-store.js", "desk/field-seal.js", "desk/field-send.js")
PUSH = "messages/push_worker.js"  # shows notifications
SHELL = (
    "vendor/bootstrap.min.css",
    "linli/linli.css",
    "linli/linli.js",
    "linli/icons.svg",
    "linli/mark.svg",
    "alerts/doors.css",
    "desk/field.css",
    *SCRIPTS,
    "desk/field.js",
)
TRIES, MINUTES = 120, 10


# The shell -----------------------------------------------------------------------------------------------------------


@login_not_required
@require_GET
def field(request: HttpRequest) -> HttpResponse:
    """The frame of the list: the same for everybody, so that a phone may keep it. What is personal comes sealed."""
    context = {"outcomes": OUTCOMES.items(), "reasons": RECORD_WORDS.items(), "scripts": SCRIPTS}
    return render(request, "desk/field.html", context)


@login_not_required
@require_GET
def worker_script(request: HttpRequest) -> HttpResponse:
    """The service worker. Its text changes with the shell, so a browser renews both together."""
    assets, scripts = [asset(one) for one in SHELL], [asset(one) for one in (*SCRIPTS, PUSH)]
    source = get_template("desk/field.html").template.source + get_template("desk/sw.js").template.source  # type: ignore[attr-defined]
    version = hashlib.sha256("\n".join([__version__, source, *assets, *scripts]).encode()).hexdigest()[:12]
    context = {
        "version": version,
        "shell": json.dumps([reverse("field"), *assets]),
        "scripts": json.dumps(scripts),
        "field": reverse("field"),
        "leave": reverse("sign-out"),
    }
    response = render(request, "desk/sw.js", context, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_GET
def manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    icons: list[dict[str, str]] = [
        {"src": static(f"linli/{name}"), "sizes": sizes, "type": kind, "purpose": purpose}
        for name, sizes, kind, purpose in (
            ("mark.svg", "any", "image/svg+xml", "any"),
            ("mark-192.png", "192x192", "image/png", "any"),
            ("mark-512.png", "512x512", "image/png", "any"),
            ("mark-maskable-512.png", "512x512", "image/png", "maskable"),
        )
    ]
    about = {
        "id": reverse("field"),
        "name": _("Linli"),
        "short_name": _("Linli"),
        "description": _("Today's doors, with and without network"),
        "lang": get_language() or settings.LANGUAGE_CODE,
        "start_url": reverse("field"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f6f4",
        "theme_color": "#0b4a45",
        "icons": icons,
        "shortcuts": [{"name": _("My day"), "url": reverse("my-day")}],
    }
    response = JsonResponse(about, content_type="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


# What a phone asks and brings ----------------------------------------------------------------------------------------


@login_not_required
@require_GET
def contact(request: HttpRequest) -> HttpResponse:
    """May the list stay, who is signed in, what time is it, and the token with which to send. Asked without signing in
    too: a lost phone is told to clear its list."""
    device = _uuid(request.headers.get("X-Linli-Device"))
    answer: dict[str, Any] = {"now": _ms(clock.now()), "keep": device is None or keeps_list(device_id=device)}
    if request.user.is_authenticated:
        answer |= {"me": account_mark(request.actor.id), "csrf": get_token(request)}
    return JsonResponse(answer)


@login_not_required
@require_POST
def today(request: HttpRequest) -> HttpResponse:
    """The list of the day for this phone, and the keys: one for the list, which changes every day, and one for which
    records are sealed."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    body = _body(request)
    device = _uuid(body.get("device"))
    if device is None:
        return _problem(Missing())
    count_try("field-list", request.actor.ref, most=TRIES, minutes=MINUTES)
    name, session = str(body.get("name", ""))[:60], request.session.session_key or ""
    try:
        register_device(actor=request.actor, device_id=device, name=name, session=session)
    except (Conflict, Missing):
        return JsonResponse({"keep": False}, status=409)
    found, key_id = read_field_list(actor=request.actor), record_key(str(device))
    day = clock.today()
    return JsonResponse(
        {
            "now": _ms(clock.now()),
            "me": account_mark(request.actor.id),
            "day": day.isoformat(),
            "key": text_of(day_key(account=request.actor.id, device=str(device), day=day)),
            "kid": key_id[0],
            "point": text_of(key_id[1]),
            **_list(found),
        }
    )


def _list(found: FieldList) -> dict[str, Any]:
    at = {alert.pk: place for place, alert in enumerate(found.notices)}
    return {
        "notices": [{"id": str(one.pk), "words": headline(one)} for one in found.notices],
        "doors": [
            _door(one, found.residences[one.household], [at[alert.pk] for alert in one.due])
            for one in found.doors
            if one.household in found.residences
        ],
        "left": found.left,
    }


def _door(one: DueDoor, residence: int, due: list[int]) -> dict[str, Any]:
    about = one.about
    floor = "" if about.floor is None else _("floor %(floor)s") % {"floor": about.floor}
    return {
        "id": one.household,
        "residence": residence,
        "stair": one.stair.words,
        "leaf": about.leaf,
        "hidden": about.hidden,
        "room": _("Protected") if about.hidden else about.room or about.building,
        "floor": floor,
        "name": about.name,
        "due": due,
        "last": {"outcome": one.last.outcome, "at": _ms(one.last.at)} if one.last else None,
    }


@login_not_required
@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Everything that a phone recorded, in one request; an answer for each."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    try:
        count_try("field-sync", request.actor.ref, most=TRIES, minutes=MINUTES)
        batch = read_records(actor=request.actor, body=_body(request))
        verdicts = [*batch.refused, *actions.store_records(actor=request.actor, records=batch.records)]
    except Problem as problem:
        return _problem(problem)
    names = name_actors([_by(one) for one in verdicts])
    answers = [
        {"id": str(one.id), "result": one.result, "reason": one.reason, "words": verdict_words(one, names)}
        for one in verdicts
    ]
    return JsonResponse({"now": _ms(clock.now()), "answers": answers})


def _by(verdict: Verdict) -> str:
    if verdict.about is None:
        return ""
    return verdict.about[2] if isinstance(verdict.about, tuple) else verdict.about.by


def _body(request: HttpRequest) -> dict[str, Any]:
    """Raises Invalid."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Invalid(_("This is too much for one request. Send fewer records at once."))
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(_("This could not be read. Load the page again and send once more."))
    return found


def _problem(problem: Problem) -> JsonResponse:
    return JsonResponse({"code": problem.code, "detail": str(problem.detail)}, status=problem.status)


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


def _ms(moment: Any) -> int:
    return round(moment.timestamp() * 1000)
