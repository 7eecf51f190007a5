"""Tags that every page may use; they are built in, so no page loads them. `docs/pages.md` shows how each is written."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django import template
from django.contrib.staticfiles import finders
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select, Textarea
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from linli.core import clock
from linli.core.charts import draw
from linli.core.undo import undo_of

register = template.Library()
PARTS = "core/parts/"
STATES = {  # kind of state → its shape; colour only repeats what shape and words say
    "done": "full",
    "open": "ring",
    "part": "half",
    "late": "triangle",
    "stop": "cross",
    "vacant": "square",
    "passed": "arrow",
    "plain": "dash",
}


# The frame -----------------------------------------------------------------------------------------------------------


@lru_cache
def _digest(path: str) -> str:
    found = finders.find(path)
    return hashlib.sha256(Path(str(found)).read_bytes()).hexdigest()[:10] if found else ""


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file with a piece of its hash, so that a browser never keeps an old one."""
    digest = _digest(path)
    return static(path) + (f"?{digest}" if digest else "")


@register.simple_tag
def icon(name: str, words: str = "") -> SafeString:
    """A drawing of `icons.svg`; with `words` it is read aloud, without it is decoration."""
    address = asset("linli/icons.svg")
    if words:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', words, address, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', address, name)


@register.simple_tag(takes_context=True)
def keep_query(context: Any, **changes: Any) -> str:
    """The page's query with `changes`; None or '' takes a key away. `?` where nothing is left."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return "?" + query.urlencode()


# Figures -------------------------------------------------------------------------------------------------------------


@register.filter
def percent(part: int, whole: int) -> int:
    """Whole percent, rounded so that 0 means none and 100 means all."""
    if not whole or part <= 0:
        return 0
    return 100 if part >= whole else max(1, part * 100 // whole)


@register.inclusion_tag(PARTS + "coverage_bar.html")
def coverage_bar(reached: int, expected: int, label: Any = "", *, small: bool = False) -> dict[str, Any]:
    """The gap first, in words, number and shape; `label` says of what, for those who hear the page."""
    gap = max(0, expected - reached)
    state = "plain" if not expected else "done" if not gap else "part" if reached else "open"
    return {
        "reached": reached,
        "expected": expected,
        "gap": gap,
        "percent": percent(reached, expected),
        "label": label or _("Coverage"),
        "state": state,
        "shape": STATES[state],
        "small": small,
    }


@register.inclusion_tag(PARTS + "state.html")
def state(kind: str, words: Any) -> dict[str, Any]:
    """A state as shape, colour and words. `kind` is one of `STATES`."""
    return {"kind": kind, "shape": STATES[kind], "words": words}


@register.inclusion_tag(PARTS + "stat.html")
def stat(label: Any, value: Any, note: Any = "", url: str = "", kind: str = "") -> dict[str, Any]:
    return {"label": label, "value": value, "note": note, "url": url, "kind": kind, "shape": STATES.get(kind, "")}


@register.inclusion_tag(PARTS + "step_chart.html")
def step_chart(
    series: Iterable[tuple[Any, float]], title: Any, whole: float | None = None, unit: Any = ""
) -> dict[str, Any]:
    """Steps over time with the surface below them; `whole` draws the line to reach. A table says the same."""
    points = [(_label(at), at, value) for at, value in series]
    return {
        "chart": draw([(at, value) for _l, at, value in points], whole),
        "points": points,
        "title": title,
        "unit": unit,
        "whole": whole,
        "id": uuid4().hex[:8],
    }


@register.inclusion_tag(PARTS + "bar_list.html")
def bar_list(rows: Iterable[Sequence[Any]], title: Any = "") -> dict[str, Any]:
    """Rows of (words, number) or (words, number, address), as bars on one scale."""
    found = [(*row, "")[:3] for row in rows]
    most = max((row[1] for row in found), default=0)
    return {"rows": [(words, value, url, percent(value, most)) for words, value, url in found], "title": title}


def _label(at: Any) -> str:
    if isinstance(at, datetime):
        return date_format(clock.local(at), "H:i")
    return date_format(at, "j M") if isinstance(at, date) else str(at)


# Words ---------------------------------------------------------------------------------------------------------------


@register.inclusion_tag(PARTS + "empty_state.html")
def empty_state(title: Any, text: Any = "", url: str = "", action: Any = "", icon: str = "empty") -> dict[str, Any]:
    return {"title": title, "text": text, "url": url, "action": action, "icon": icon}


@register.inclusion_tag(PARTS + "definitions.html")
def definitions(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Terms and what they are; pairs whose value is None or '' are left out."""
    return {"pairs": [(term, value) for term, value in pairs if value not in (None, "")]}


@register.inclusion_tag(PARTS + "breadcrumb.html")
def breadcrumb(steps: Iterable[tuple[Any, str]]) -> dict[str, Any]:
    """The way from the top, as (words, address); where one stands has no address."""
    return {"steps": list(steps)}


@register.inclusion_tag(PARTS + "tabs.html", takes_context=True)
def tabs(context: Any, items: Iterable[Sequence[Any]], label: Any = "") -> dict[str, Any]:
    """Pages of one thing, as (words, address) or (words, address, number). The one of this address is current."""
    request = context["request"]
    here = {request.path, request.get_full_path()}
    found = [(*item, None)[:3] for item in items]
    exact = [url for _words, url, _count in found if url == request.get_full_path()]
    rows = [(words, url, count, url == exact[0] if exact else url in here) for words, url, count in found]
    return {"items": rows, "label": label or _("Views of this page")}


@register.inclusion_tag(PARTS + "masked.html")
def masked(text: Any, url: str = "", words: Any = "") -> dict[str, Any]:
    """A value of which only a part is shown; `url` is the page where showing it is asked for, with a purpose."""
    return {"text": text, "url": url, "words": words or _("Show in full")}


@register.inclusion_tag(PARTS + "copy_text.html")
def copy_text(text: Any, words: Any = "") -> dict[str, Any]:
    """A text that a person will paste elsewhere, with the button that copies it."""
    return {"text": text, "words": words or _("Copy"), "id": f"copy-{uuid4().hex[:8]}"}


# Time ----------------------------------------------------------------------------------------------------------------


@register.simple_tag
def when(moment: datetime | None, *, ago: bool = True) -> SafeString:
    """The local time and how far it is from now: `22 Nov, 09:14 (3 minutes ago)`."""
    if moment is None:
        return mark_safe("–")
    shown, spoken = _clock_time(moment), _distance(moment) if ago else ""
    return format_html(
        '<time datetime="{}">{}{}</time>',
        moment.isoformat(timespec="seconds"),
        shown,
        format_html(' <span class="ago">{}</span>', spoken) if spoken else "",
    )


@register.simple_tag
def time_ago(moment: datetime | None) -> SafeString:
    """Only how far it is from now; the exact time stands in the tip."""
    if moment is None:
        return mark_safe("–")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        _clock_time(moment),
        _distance(moment),
    )


@register.simple_tag
def day(value: date | None) -> SafeString:
    if value is None:
        return mark_safe("–")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, _("j M Y")))


def _clock_time(moment: datetime) -> str:
    shown, today = clock.local(moment), clock.today()
    if shown.date() == today:
        return date_format(shown, "H:i")
    # Translators: how a day with its time is written; see Django's date filter for the letters
    return date_format(shown, _("j M, H:i") if shown.year == today.year else _("j M Y, H:i"))


def _distance(moment: datetime) -> str:
    now = clock.now()
    if abs(now - moment) < timedelta(minutes=1):
        return _("just now")
    if moment <= now:
        return _("%(time)s ago") % {"time": timesince(timezone.localtime(moment), timezone.localtime(now), depth=1)}
    return _("in %(time)s") % {"time": timeuntil(timezone.localtime(moment), timezone.localtime(now), depth=1)}


# Forms ---------------------------------------------------------------------------------------------------------------

CONTROLS: tuple[tuple[tuple[type, ...], str, str], ...] = (  # widgets, layout, class of the control
    ((RadioSelect, CheckboxSelectMultiple), "group", "form-check-input"),
    ((CheckboxInput,), "check", "form-check-input"),
    ((Textarea, FileInput), "plain", "form-control"),
    ((Select,), "plain", "form-select"),
)


def _layout(bound: BoundField) -> tuple[str, str]:
    for widgets, layout, css in CONTROLS:
        if isinstance(bound.field.widget, widgets):
            return layout, css
    return "plain", "form-control"


@register.inclusion_tag(PARTS + "field.html")
def field(bound: BoundField, help: Any = "", **attrs: Any) -> dict[str, Any]:  # noqa: A002
    """Label, control, help and errors of one field, tied together for those who hear the page. Further names become
    attributes of the control (`autocomplete="off"`, `inputmode="numeric"`, `data_copy="…"` for `data-copy`)."""
    layout, css = _layout(bound)
    key = bound.auto_id or bound.html_name
    text = help or bound.help_text
    described = [f"{key}-help"] * bool(text) + [f"{key}-error"] * bool(bound.errors)
    own = {name.replace("_", "-"): value for name, value in attrs.items()}
    own["class"] = f"{bound.field.widget.attrs.get('class', '')} {css}".strip() + (
        " is-invalid" if bound.errors else ""
    )
    if described:
        own["aria-describedby"] = " ".join(described)
    if bound.errors:
        own["aria-invalid"] = "true"
    return {
        "bound": bound,
        "layout": layout,
        "key": key,
        "help": text,
        "described": " ".join(described),
        "control": "" if layout == "group" else bound.as_widget(attrs=own),
        "optional": not bound.field.required and layout != "check",
    }


@register.inclusion_tag(PARTS + "form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """What is wrong, at the head of the form, with links to the fields. Nothing where all is well."""
    return {"form": form, "wrong": [bound for bound in form if bound.errors and not bound.is_hidden]}


@register.inclusion_tag(PARTS + "fields.html")
def fields(form: Any) -> dict[str, Any]:
    """The whole form without its `<form>`: errors, hidden fields, every field."""
    return {"form": form}


@register.simple_tag
def write_id() -> SafeString:
    """The id by which a form sent twice is done once."""
    return format_html('<input type="hidden" name="write_id" value="{}">', uuid4())


@register.inclusion_tag(PARTS + "undo.html", takes_context=True)
def undo(context: Any, message: Any) -> dict[str, Any]:
    """The button beside a message that takes back what it tells, where there is one (`core.undo.offer_undo`)."""
    found = undo_of(message) or {"url": "", "values": {}}
    return {"csrf_token": context.get("csrf_token"), "url": found["url"], "values": found["values"].items()}


@register.inclusion_tag(PARTS + "act.html", takes_context=True)
def act(
    context: Any, url: str, words: Any, css: str = "btn-primary", confirm: Any = "", **values: Any
) -> dict[str, Any]:
    """A button that does one thing: its own form with token, `write_id` and hidden `values`."""
    return {
        "csrf_token": context.get("csrf_token"),
        "url": url,
        "words": words,
        "css": css,
        "confirm": confirm,
        "values": values.items(),
    }


# Lists ---------------------------------------------------------------------------------------------------------------


@register.inclusion_tag(PARTS + "pagination.html", takes_context=True)
def pagination(context: Any, page: Any) -> dict[str, Any]:
    """Earlier and later, for Django's `Page` (key `page`) or for anything with `previous_cursor` and `next_cursor`,
    also a dict (key `cursor`). Nothing where all stands on one page."""
    if hasattr(page, "paginator"):
        earlier = keep_query(context, page=page.previous_page_number()) if page.has_previous() else ""
        later = keep_query(context, page=page.next_page_number()) if page.has_next() else ""
        return {"earlier": earlier, "later": later, "number": page.number, "of": page.paginator.num_pages}
    before, after = (_cursor(page, name) for name in ("previous_cursor", "next_cursor"))
    return {
        "earlier": keep_query(context, cursor=before) if before else "",
        "later": keep_query(context, cursor=after) if after else "",
    }


def _cursor(page: Any, name: str) -> str:
    return (page.get(name) if isinstance(page, dict) else getattr(page, name, "")) or ""


# Live parts ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def live(url: str, seconds: int = 5) -> SafeString:
    """Attributes of an element whose inside is fetched anew every few seconds while the page is looked at."""
    return format_html('data-live hx-get="{}" hx-trigger="every {}s" hx-swap="innerHTML"', url, seconds)
