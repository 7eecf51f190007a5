"""The office's pages of a notice: the list, the live picture, the timeline, who was not reached."""

import hashlib
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.alerts import actions, queries, words
from linli.alerts.access import may_approve
from linli.alerts.forms import RefuseForm, languages
from linli.alerts.models import Alert
from linli.alerts.profile import urgencies
from linli.alerts.queries import Sight
from linli.alerts.rules import DRAFT, ISSUED, LINE_ONLY, POST_VACANT, REASONS, WAITING, NotReached
from linli.alerts.texts import Text, in_all, pick
from linli.core import clock
from linli.core.errors import Missing
from linli.duties.queries import count_moves
from linli.grid.profile import leaf_kinds, post_name
from linli.residents.profile import group_name
from linli.residents.queries import describe_households

ENDED_A_PAGE, MISSING_A_PAGE = 20, 50
MOST_LISTED = 20_000  # households not reached that one page works out; above that, the places below are opened
LIVE_S, LIVE_LARGE_S = 4, 30
LARGE = 50_000  # households from which on the curve is fetched more seldom
STOP_POLLING = 286  # htmx takes the answer and asks no more
DOORS = 200


def text_of(alert: Alert) -> Text:
    return pick(alert.texts, get_language() or "", settings.LANGUAGE_CODE)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Running first, then ended; one's own drafts where there are some."""
    rows = queries.list_alerts(actor=request.actor)
    ended = Paginator(rows.exclude(state__in=(DRAFT, WAITING, ISSUED)), ENDED_A_PAGE).get_page(request.GET.get("page"))
    running = list(rows.filter(state=ISSUED)) if ended.number == 1 else []
    drafts = list(rows.filter(state__in=(DRAFT, WAITING))) if ended.number == 1 else []
    names = queries.names_of_places(alerts=[*running, *drafts, *ended])
    owed = {one.pk for one in queries.list_owed(actor=request.actor)} if running else set()
    shown = {
        "running": [_row(one, names, owed) for one in running],
        "drafts": [_row(one, names, owed) for one in drafts],
        "ended": [_row(one, names, owed) for one in ended],
        "page": ended,
        "may_write": request.actor.may_somewhere("alerts.issue"),
        "seconds": 10,
    }
    return render(request, "alerts/office/list.html", shown)


def _row(alert: Alert, names: dict[UUID, list[str]], owed: set[UUID]) -> dict[str, Any]:
    return {
        "alert": alert,
        "text": text_of(alert),
        "urgency": urgencies().get(alert.urgency),
        "state": words.STATES[alert.state],
        "places": names.get(alert.pk, []),
        "owed": alert.pk in owed,
    }


@require_GET
def bar(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The coverage of one notice for the list: fetched by itself, so that the list costs the same however long it is."""
    alert = get_issued(request, alert_id)
    sight = queries.see(actor=request.actor, alert=alert)
    status = 200 if alert.state == ISSUED else STOP_POLLING
    counts = sight.posts if alert.drill == LINE_ONLY else sight.households
    return render(request, "alerts/office/parts/bar.html", {"counts": counts, "text": text_of(alert)}, status=status)


def get_issued(request: HttpRequest, alert_id: UUID) -> Alert:
    """A notice that went out. Raises Missing for a draft: it has no picture."""
    alert = queries.get_alert(actor=request.actor, alert_id=alert_id)
    if alert.households is None:
        raise Missing()
    return alert


# The picture ---------------------------------------------------------------------------------------------------------


@require_GET
def picture(request: HttpRequest, alert_id: UUID, code: str = "") -> HttpResponse:
    """Where the notice stands, down the tree to the door."""
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    if found.households is None:
        return show_draft(request, found)
    shown = head_of(request, found, code)
    sight = shown["sight"]
    shown |= _figures(request, found, sight) | _evidence(request, found, sight)
    shown["owed"] = 0 if code else queries.count_owed(actor=request.actor, alert=found)
    shown["texts"] = in_all(found.texts, languages())
    shown["place_names"] = [place.name for place in shown["places"]]
    shown["groups"] = [group_name(one) for one in found.groups]
    shown["update_of"] = queries.find_update_of(actor=request.actor, alert=found) if found.state != ISSUED else None
    return render(request, "alerts/office/picture.html", shown)


def show_draft(request: HttpRequest, found: Alert, form: RefuseForm | None = None) -> HttpResponse:
    """What has not gone out: a draft, or a notice that waits for a second person."""
    approval = queries.find_approval(alert=found)
    waits = found.state == WAITING
    shown = {
        "alert": found,
        "text": text_of(found),
        "texts": in_all(found.texts, languages()),
        "urgency": urgencies().get(found.urgency),
        "places": queries.list_places_of(alert=found),
        "approval": approval,
        "waits": waits,
        "mine": found.issued_by_id == request.actor.id,
        "approvers": [(one, post_name(one.post_kind)) for one in queries.list_approvers(alert=found)] if waits else [],
        "may_approve": waits and may_approve(request.actor, found),
        "form": form or RefuseForm(),
    }
    return render(request, "alerts/office/draft.html", shown, status=422 if form is not None else 200)


@require_POST
def approve(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    actions.approve_alert(actor=request.actor, alert=found)
    messages.success(request, _("Approved: the notice is out."))
    return redirect("alert", found.pk)


@require_POST
def refuse(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The writer reads why, and may change it and ask again."""
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    form = RefuseForm(request.POST)
    if not form.is_valid():
        return show_draft(request, found, form)
    actions.refuse_alert(actor=request.actor, alert=found, reason=form.cleaned_data["reason"])
    messages.success(request, _("Refused: the writer reads your reason."))
    return redirect("alert-list")


@require_POST
def take_back(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The writer wants to change it after all."""
    found = queries.get_alert(actor=request.actor, alert_id=alert_id)
    actions.take_back_alert(actor=request.actor, alert=found)
    messages.success(request, _("Taken back: it is a draft again."))
    return redirect("alert", found.pk)


def head_of(request: HttpRequest, alert: Alert, code: str = "", route: str = "alert-place") -> dict[str, Any]:
    """What the head of every page of a notice shows; `route` is the page itself at another place."""
    sight = queries.see(actor=request.actor, alert=alert, code=code)
    places = queries.list_places_of(alert=alert)
    may_issue = all(request.actor.may("alerts.issue", place.path) for place in places)
    running = alert.state == ISSUED
    return {
        "alert": alert,
        "text": text_of(alert),
        "urgency": urgencies().get(alert.urgency),
        "state": words.STATES[alert.state],
        "issuer": post_name(alert.issued_post) if alert.issued_post else "",
        "sight": sight,
        "places": places,
        "running": running,
        "may_end": running and may_issue,
        "tabs": _tabs(request, alert, code),
        "steps": _steps(alert, sight, code, route),
        "now": clock.now(),
    }


def _tabs(request: HttpRequest, alert: Alert, code: str) -> list[tuple[str, str]]:
    """The views of a notice; the place that one looks at stays."""
    found = [
        (_("Picture"), _at("alert-place", alert, code)),
        (_("Map"), _at("alert-map", alert, code)),
        (_("Timeline"), reverse("alert-timeline", args=[alert.pk])),
        (_("Messages"), reverse("alert-told", args=[alert.pk])),
        (_("Not reached"), _at("alert-not-reached", alert, code)),
        (_("Certificate"), _at("alert-certificate", alert, code)),
    ]
    if request.actor.may_somewhere("alerts.issue"):
        found.append((_("For other systems"), reverse("alert-cap", args=[alert.pk])))
    if alert.state == ISSUED and request.actor.may_somewhere("alerts.answer"):
        found.append((_("Texts to copy"), reverse("alert-copy", args=[alert.pk])))
        found.append((_("On paper"), reverse("alert-paper", args=[alert.pk])))
    return found


def _at(route: str, alert: Alert, code: str) -> str:
    """The address of a page of a notice at a place, or at the whole of what one sees."""
    if route == "alert-place":
        return reverse(route, args=[alert.pk, code]) if code else reverse("alert", args=[alert.pk])
    return reverse(route, args=[alert.pk]) + (f"?place={code}" if code else "")


def _steps(alert: Alert, sight: Sight, code: str, route: str) -> list[tuple[str, str]]:
    """From the place where one's picture begins down to the one looked at."""
    way = queries.list_way(sight=sight) if code else []
    if len(sight.starts) == 1 and len(way) < 2:
        return []
    top = sight.starts[0].name if len(sight.starts) == 1 else _("All places")
    below = way[1:] if len(sight.starts) == 1 else way
    steps = [(one.name, _at(route, alert, one.code)) for one in below[:-1]]
    return [(top, _at(route, alert, "")), *steps, (below[-1].name, "")] if below else []


def _figures(request: HttpRequest, alert: Alert, sight: Sight) -> dict[str, Any]:
    """The figures from the counters, the places below, and at the lowest place its doors."""
    place, limit = sight.place, urgencies()[alert.urgency]
    at_doors = place is not None and place.kind in leaf_kinds()
    moment = alert.ended_at or clock.now()
    late = bool(alert.issued_at and moment >= limit.at(alert.issued_at, "remind"))
    doors = (
        queries.list_doors(actor=request.actor, alert=alert, path=place.path, limit=DOORS) if at_doors and place else []
    )
    responsible = queries.find_responsible(alert=alert, path=place.path) if at_doors and place else None
    below = [(one.place.code, one.households, one.posts, one.confirmed_at, one.holder) for one in sight.below]
    tried = [(one.household, one.last_at) for one in doors]
    tenth = sight.households.percent // 10
    return {
        "sight": sight,
        "alert": alert,
        "line_only": alert.drill == LINE_ONLY,
        "late": late,
        "at_doors": at_doors,
        "doors": [(one, words.OUTCOMES.get(one.last_outcome, "")) for one in doors],
        "sees_doors": place is not None and request.actor.may("alerts.answer", place.path),
        "responsible": responsible,
        "may_knock": alert.state == ISSUED,
        "address": _at("alert-figures", alert, place.code if place else ""),
        "seconds": LIVE_S,
        "figures_seen": f"{_digest(sight.households, sight.posts, below, tried, responsible, late)}-{tenth}",
    }


def _evidence(request: HttpRequest, alert: Alert, sight: Sight) -> dict[str, Any]:
    """How the receipts came and when, from the receipts themselves."""
    paths = paths_of(sight)
    how, posts_how = queries.count_how(actor=request.actor, alert=alert, paths=paths)
    vacant = queries.count_vacant(actor=request.actor, alert=alert, paths=paths)
    counts = [how.get(code, 0) for code in words.HOUSEHOLD_HOW], sorted(posts_how.items())
    return {
        "line_only": alert.drill == LINE_ONLY,
        "evidence_seen": _digest(counts, vacant, sight.posts, sight.households),
        "how": [(words.HOW[code], how.get(code, 0)) for code in words.HOUSEHOLD_HOW],
        "posts_how": [(words.HOW[code], posts_how.get(code, 0)) for code in words.POST_HOW if posts_how.get(code)],
        "vacant": vacant,
        "curve": queries.curve(actor=request.actor, alert=alert, paths=paths),
        "curve_address": _at("alert-evidence", alert, sight.place.code if sight.place else ""),
        "curve_seconds": LIVE_LARGE_S if sight.households.members > LARGE else LIVE_S,
    }


@require_GET
def figures(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The live part. Where nothing has changed nothing is sent, so that what one reads or has focused stays."""
    alert = get_issued(request, alert_id)
    sight = queries.see(actor=request.actor, alert=alert, code=request.GET.get("place", ""))
    shown = _figures(request, alert, sight)
    before, seen = request.GET.get("seen", ""), shown["figures_seen"]
    shown["say"] = before and before.rpartition("-")[2] != seen.rpartition("-")[2]
    return _part(request, alert, "alerts/office/parts/figures.html", shown, seen)


@require_GET
def evidence(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """How and when the receipts came; the slower part of the picture."""
    alert = get_issued(request, alert_id)
    sight = queries.see(actor=request.actor, alert=alert, code=request.GET.get("place", ""))
    shown = {"sight": sight, "alert": alert, **_evidence(request, alert, sight)}
    return _part(request, alert, "alerts/office/parts/evidence.html", shown, shown["evidence_seen"])


def _digest(*content: Any) -> str:
    """What the page has already; it grows old with the minute, for the page says how long ago things were."""
    minute = clock.now().replace(second=0, microsecond=0)
    return hashlib.sha256(repr((content, minute, get_language())).encode()).hexdigest()[:16]


def _part(request: HttpRequest, alert: Alert, template: str, shown: dict[str, Any], seen: str) -> HttpResponse:
    if alert.state == ISSUED and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return render(request, template, shown, status=200 if alert.state == ISSUED else STOP_POLLING)


# The story -----------------------------------------------------------------------------------------------------------


@require_GET
def timeline(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """What happened, the newest first: facts, tasks that changed hands, how far the households were reached."""
    alert = get_issued(request, alert_id)
    shown = head_of(request, alert)
    entries = [words.fact_entry(fact) for fact in queries.list_facts(alert=alert)]
    moves = count_moves(actor=request.actor, source=("alerts", str(alert.pk)))
    entries += [words.move_entry(*move) for move in moves]
    entries += [words.share_entry(*one) for one in _shares(request, alert, shown["sight"])]
    shown["log_formats"] = ("csv", "xlsx", "json")
    shown["entries"] = sorted(entries, key=lambda one: one.at, reverse=True)
    return render(request, "alerts/office/timeline.html", shown)


def _shares(request: HttpRequest, alert: Alert, sight: Sight) -> list[tuple[datetime, int]]:
    """When a half, nine in ten and all of the households were reached."""
    members = sight.households.members
    paths = paths_of(sight)
    points = queries.curve(actor=request.actor, alert=alert, paths=paths, points=240) if members > 0 else []
    found = []
    for share in (50, 90, 100):
        first = next((at for at, reached in points if reached * 100 >= share * members), None)
        if first is not None:
            found.append((first, share))
    return found


# Who was not reached -------------------------------------------------------------------------------------------------


@require_GET
def not_reached(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Each household without a receipt, why, and who answers for it; by reason and by place."""
    alert = get_issued(request, alert_id)
    shown = head_of(request, alert, request.GET.get("place", ""), "alert-not-reached")
    sight, reason = shown["sight"], request.GET.get("reason", "")
    shown["too_many"] = sight.households.missing > MOST_LISTED
    if not shown["too_many"]:
        rows = _missing(request, alert, sight)
        counts = Counter(row.reason for row in rows)
        chosen = [row for row in rows if reason in ("", row.reason)]
        page = Paginator(chosen, MISSING_A_PAGE).get_page(request.GET.get("page"))
        shown |= {"page": page, "rows": describe(request, list(page), sight), "total": len(rows), "reason": reason}
        shown["reasons"] = [(code, words.REASONS[code], counts[code]) for code in REASONS if counts[code]]
        shown["unaccounted"] = sum(not row.accounted for row in rows)
    return render(request, "alerts/office/not_reached.html", shown)


def _missing(request: HttpRequest, alert: Alert, sight: Sight) -> list[NotReached]:
    path = sight.place.path if sight.place else None
    return queries.list_not_reached(actor=request.actor, alert=alert, path=path)


def describe(request: HttpRequest, rows: list[NotReached], sight: Sight) -> list[dict[str, Any]]:
    doors = describe_households(actor=request.actor, ids=[row.household for row in rows])
    above = sight.place.path.count("/") if sight.place else 0
    depth = max((row.path.count("/") - above for row in rows), default=1)
    names = queries.name_paths(paths=[row.path for row in rows], depth=min(max(depth, 1), 3))
    return [
        {
            "row": row,
            "door": doors.get(row.household),
            "where": names.get(row.path, ""),
            "why": words.REASONS[row.reason],
            "kind": "vacant" if row.reason == POST_VACANT else "plain",
        }
        for row in rows
    ]


def paths_of(sight: Sight) -> list[str]:
    return [sight.place.path] if sight.place else [one.place.path for one in sight.below]
