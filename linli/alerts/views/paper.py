"""Paper: lists of doors and calls with a code, posters, and what is typed back."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.alerts import actions, queries
from linli.alerts.forms import languages
from linli.alerts.models import Sheet
from linli.alerts.rules import ISSUED
from linli.alerts.texts import in_all
from linli.alerts.views.office import head_of
from linli.alerts.words import OUTCOMES, verdict_words
from linli.core import clock
from linli.core.errors import Conflict, Invalid, Missing, TooMany
from linli.core.middleware import no_referrer
from linli.grid.queries import get_place
from linli.residents.words import PURPOSES
from linli.rounds.rules import ALREADY, STORED

A_PAGE, SHEETS_SHOWN = 30, 20
KEYS = {str(at): code for at, code in enumerate(OUTCOMES, start=1)}
LINE = re.compile(r"(\d{1,4})\s*[\s.,:;、，。-]\s*(\d)(?:\s+(.*))?")


@require_GET
def index(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Places to print for, and the sheets that are out."""
    alert = queries.get_alert(actor=request.actor, alert_id=alert_id)
    rows = queries.list_chat_places(actor=request.actor, alert=alert)
    if alert.households is None or not request.actor.may_somewhere("alerts.answer"):
        raise Missing()
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    names = queries.name_paths(paths=[one.path for one in page])
    context = {
        **head_of(request, alert),
        "page": page,
        "rows": [(one, names[one.path]) for one in page],
        "sheets": queries.list_sheets(actor=request.actor, alert=alert)[:SHEETS_SHOWN],
        "running": alert.state == ISSUED,
    }
    return render(request, "alerts/paper/index.html", context)


@require_POST
def make(request: HttpRequest, alert_id: UUID, code: str) -> HttpResponse:
    alert = queries.get_alert(actor=request.actor, alert_id=alert_id)
    place = get_place(actor=request.actor, code=code, permission="alerts.see")
    kind = request.POST.get("kind", "")
    key = _uuid(request.POST.get("write_id", ""))
    made = actions.print_sheet(actor=request.actor, alert=alert, place=place, kind=kind, write_id=key)
    return redirect("paper-sheet", made.code)


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """By the code on the paper."""
    try:
        found = queries.get_sheet(actor=request.actor, code=request.GET.get("code", "")[:20])
    except Missing:
        raise Missing(_("No list of yours has this code. Compare it with the paper, sign by sign.")) from None
    return redirect("paper-type", found.code)


@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """The list as it was printed. A POST with a purpose shows the numbers of a call sheet in full, this once."""
    found = queries.get_sheet(actor=request.actor, code=code)
    numbers, problem = {}, ""
    if request.method == "POST":
        purpose, note = request.POST.get("purpose", ""), request.POST.get("note", "")
        try:
            numbers = actions.reveal_sheet(actor=request.actor, sheet=found, purpose=purpose, note=note)
        except (Invalid, TooMany) as refused:
            problem = str(next(iter(refused.fields.values()), refused.detail))
    rows = [
        {
            "row": row,
            "code": _code(request, reverse("door", args=[row.household])) if found.kind == "doors" else "",
            "callees": [(one.name, numbers.get(one.person, one.masked)) for one in row.callees],
        }
        for row in queries.read_sheet(actor=request.actor, sheet=found)
    ]
    context = {
        **_about(found),
        "rows": rows,
        "large": request.GET.get("size") == "large",
        "full": bool(numbers),
        "problem": problem,
        "purposes": PURPOSES.items(),
        "may_reveal": request.actor.may("register.reveal", found.path),
        "sheet_code": _code(request, reverse("paper-type", args=[found.code])),
    }
    return no_referrer(render(request, "alerts/paper/sheet.html", context, status=422 if problem else 200))


@require_http_methods(["GET", "POST"])
def type_back(request: HttpRequest, code: str) -> HttpResponse:
    """Row and key, line by line; the whole is saved at once."""
    found = queries.get_sheet(actor=request.actor, code=code)
    lines = request.POST.get("lines", "")[:60_000]
    problems: list[str] = []
    shown = request.POST.get("at", "") or timezone.localtime(clock.now()).strftime("%Y-%m-%dT%H:%M")
    if request.method == "POST":
        entries, problems = _entries(lines, len(found.rows))
        if not problems:
            try:
                verdicts = actions.type_sheet(actor=request.actor, sheet=found, entries=entries, at=_moment(shown))
            except Invalid as problem:
                problems = [str(next(iter(problem.fields.values()), problem.detail))]
            else:
                _tell(request, verdicts)
                return redirect("paper-type", found.code)
    rows = queries.read_sheet(actor=request.actor, sheet=found)
    context = {**_about(found), "rows": rows, "lines": lines, "problems": problems, "at": shown}
    return render(request, "alerts/paper/type.html", context, status=422 if problems else 200)


def _entries(lines: str, count: int) -> tuple[dict[int, tuple[str, str]], list[str]]:
    """Row → outcome and note; what is wrong, by line. A row typed twice counts as typed last."""
    found: dict[int, tuple[str, str]] = {}
    problems: list[str] = []
    for at, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        read = LINE.fullmatch(line.strip())
        if read is None or read[2] not in KEYS:
            problems.append(_("Line %(line)s: write the row, a space and a key from 1 to 7.") % {"line": at})
        elif not 1 <= int(read[1]) <= count:
            problems.append(_("Line %(line)s: there is no row %(row)s on this sheet.") % {"line": at, "row": read[1]})
        else:
            note = "".join(one for one in (read[3] or "") if one.isprintable())
            found[int(read[1])] = (KEYS[read[2]], note)
    if not found and not problems:
        problems.append(_("Nothing has been typed yet."))
    return found, problems


def _moment(text: str) -> datetime:
    try:
        return min(timezone.make_aware(datetime.fromisoformat(text[:16])).replace(second=59), clock.now())
    except ValueError:
        raise Invalid(fields={"at": _("Enter a time between the printing of the sheet and now.")}) from None


def _tell(request: HttpRequest, verdicts: dict[int, Any]) -> None:
    done = sum(one.result in (STORED, ALREADY) for one in verdicts.values())
    if done:
        messages.success(request, ngettext("%(n)s row is recorded.", "%(n)s rows are recorded.", done) % {"n": done})
    for number, one in sorted(verdicts.items()):
        if one.result not in (STORED, ALREADY):
            text = _("Row %(row)s was not recorded: %(why)s") % {"row": number, "why": verdict_words(one, {})}
            messages.warning(request, text)


def _about(found: Sheet) -> dict[str, Any]:
    name = queries.name_paths(paths=[found.path])[found.path]
    outcomes = [(key, code, OUTCOMES[code]) for key, code in KEYS.items()]
    return {"sheet": found, "alert": found.alert, "name": name, "outcomes": outcomes}


# Posters -------------------------------------------------------------------------------------------------------------


@require_POST
def poster(request: HttpRequest, alert_id: UUID, code: str) -> HttpResponse:
    """The notice for a wall, in every language, with the shared link of the place as a code. It is shown this once."""
    alert = queries.get_alert(actor=request.actor, alert_id=alert_id)
    place = get_place(actor=request.actor, code=code, permission="alerts.see")
    if not queries.list_chat_places(actor=request.actor, alert=alert).filter(pk=place.pk).exists():
        raise Missing()
    if alert.state != ISSUED:
        raise Conflict(_("This notice has ended: its links open no more."))
    token = actions.make_shared_link(actor=request.actor, alert=alert, place=place)
    address = _public(request) + reverse("shared-open", args=[token])
    context = {
        "alert": alert,
        "place": place,
        "name": queries.name_paths(paths=[place.path])[place.path],
        "texts": in_all(alert.texts, languages()),
        "drawing": _qr(address),
        "size": "a3" if request.POST.get("size") == "a3" else "a4",
    }
    return no_referrer(render(request, "alerts/paper/poster.html", context))


def _code(request: HttpRequest, path: str) -> str:
    return _qr(_public(request) + path)


def _qr(address: str) -> str:
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2)


def _public(request: HttpRequest) -> str:
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
