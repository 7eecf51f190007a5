"""Editions of the official tables: the list, bringing one in, its differences, and taking them over."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from linli.boundaries import actions, queries
from linli.boundaries.access import REDRAW
from linli.boundaries.forms import EditionForm, TakeForm
from linli.boundaries.imports import read_edition, unpacked
from linli.boundaries.models import Edition
from linli.boundaries.rules import ALREADY, CHOSEN, DIFFERENCES, LEFT, REFUSED, STATES, TAKEN
from linli.boundaries.views.redrawings import take, write_id
from linli.boundaries.words import DIFFERENCES as DIFFERENCE_WORDS
from linli.boundaries.words import STATES as STATE_WORDS
from linli.boundaries.words import why_words
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.grid.profile import kind_name

PAGE = 50
AT_ONCE = 200  # differences that a page takes over itself; a worker carries the rest on
MOST_KEYS = 200
FILTERS = ("what", "kind", "state", "under", "words")


@require_GET
def editions(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.list_editions(actor=request.actor), PAGE).get_page(request.GET.get("page"))
    states = queries.count_states(actor=request.actor, editions=list(page))
    rows = [(one, sum(states.get(one.pk, {}).values()), _left(states.get(one.pk, {}))) for one in page]
    shown = {"page": page, "rows": rows, "may_redraw": request.actor.may_somewhere(REDRAW)}
    return render(request, "boundaries/edition_list.html", shown)


def _left(states: Mapping[str, int]) -> int:
    return sum(states.get(state, 0) for state in STATES if state not in (TAKEN, ALREADY))


@require_http_methods(["GET", "POST"])
def edition_add(request: HttpRequest) -> HttpResponse:
    """Tables are sent, compared, and kept with what they have otherwise. No place is changed."""
    if not request.actor.may_somewhere(REDRAW):
        raise Forbidden() if request.actor.may_somewhere("places.see") else Missing()
    places = queries.list_comparable(actor=request.actor)
    form = EditionForm(request.POST or None, request.FILES or None, places=places)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with unpacked(data["tables"]) as folder:
                made = actions.take_edition(
                    actor=request.actor,
                    name=data["name"],
                    batches=read_edition(folder),
                    under=data["under"],
                    write_id=write_id(request),
                )
        except (Invalid, Conflict) as problem:
            if problem.code == "missing-file":
                form.add_error(
                    "tables", _("None of the files is a table of places that is known: see below which are.")
                )
            else:
                take(form, problem)
        else:
            return redirect("edition", edition_id=made.pk)
    return render(request, "boundaries/edition_add.html", {"form": form}, status=422 if form.errors else 200)


def _wanted(data: QueryDict) -> queries.Wanted:
    given = data.getlist("key")[:MOST_KEYS]
    keys = tuple(int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19)
    if "only" in data and not keys:
        keys = (0,)  # nothing was ticked, which is not everything
    return queries.Wanted(**{name: data.get(name, "")[:100] for name in FILTERS}, keys=keys)


def _query(wanted: queries.Wanted, **changed: str) -> str:
    values = {name: getattr(wanted, name) for name in FILTERS} | changed
    return urlencode({name: value for name, value in values.items() if value})


@require_GET
def edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """What it has otherwise, what would happen, and what stands there; or what became of it."""
    found = queries.get_edition(actor=request.actor, edition_id=edition_id)
    wanted = _wanted(request.GET)
    rows = queries.list_differences(actor=request.actor, edition=found, wanted=wanted)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shown = {
        "edition": found,
        "page": page,
        "rows": [(one, why_words(one.row.why)) for one in queries.look_at(rows=list(page))],
        "numbers": (numbers := _numbers(request, found, wanted)),
        "some_settled": any(all_ != left for _kind, cells in numbers for all_, left, _address in cells),
        "wanted": wanted,
        "query": _query(wanted),
        "choosable": _choosable(request, found, wanted),
        "waiting": queries.count_states(actor=request.actor, editions=[found]).get(found.pk, {}).get(CHOSEN, 0),
        "kinds": [(kind, kind_name(kind)) for kind in found.kinds],
        "differences": list(DIFFERENCE_WORDS.items()),
        "states": list(STATE_WORDS.items()),
    }
    return render(request, "boundaries/edition.html", shown)


def _choosable(request: HttpRequest, found: Edition, wanted: queries.Wanted) -> int:
    if not request.actor.may_somewhere(REDRAW):
        return 0
    return queries.list_choosable(actor=request.actor, edition=found, wanted=wanted).count()


def _numbers(request: HttpRequest, found: Edition, wanted: queries.Wanted) -> list[tuple[str, list[Any]]]:
    """For the table: a kind of place, and for each difference its numbers and the address that shows them."""
    rows = []
    for one in queries.count_differences(actor=request.actor, edition=found):
        cells = [(*one.counts[what], _query(wanted, kind=one.kind, what=what)) for what in DIFFERENCES]
        if any(all_ for all_, _left_, _address in cells):
            rows.append((kind_name(one.kind), cells))
    return rows


@require_http_methods(["GET", "POST"])
def edition_take(request: HttpRequest, edition_id: int) -> HttpResponse:
    """What was ticked, or all that the filter shows: the numbers, the day and the paper; confirmed, it is taken over."""
    found = queries.get_edition(actor=request.actor, edition_id=edition_id)
    if not request.actor.may_somewhere(REDRAW):
        raise Forbidden()
    wanted = _wanted(request.POST if request.method == "POST" else request.GET)
    form = TakeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = request.POST.get("number", "")
        try:
            choice = actions.choose_differences(
                actor=request.actor,
                edition_id=found.pk,
                wanted=wanted,
                number=int(number) if number.isascii() and number.isdigit() and len(number) < 9 else None,
                write_id=write_id(request),
                **form.cleaned_data,
            )
        except (Conflict, Invalid) as problem:
            take(form, problem)
        else:
            actions.apply_choices(actor=request.actor, edition=found, most=AT_ONCE)
            _tell(request, queries.count_settled(choice=choice))
            return redirect("edition", edition_id=found.pk)
    return _show_take(request, found, wanted, form)


def _show_take(request: HttpRequest, found: Edition, wanted: queries.Wanted, form: TakeForm) -> HttpResponse:
    rows = queries.list_choosable(actor=request.actor, edition=found, wanted=wanted)
    counts = dict.fromkeys(DIFFERENCES, 0)
    for what in rows.order_by().values_list("what", flat=True):
        counts[what] += 1
    shown = {
        "edition": found,
        "form": form,
        "number": sum(counts.values()),
        "counts": [(DIFFERENCE_WORDS[what], n) for what, n in counts.items() if n],
        "looks": queries.look_at(rows=list(rows[:5])),
        "values": [(name, getattr(wanted, name)) for name in FILTERS if getattr(wanted, name)]
        + [("key", key) for key in wanted.keys],
        "query": _query(wanted),
        "vanish": counts["vanished"],
    }
    return render(request, "boundaries/edition_take.html", shown, status=422 if form.errors else 200)


def _tell(request: HttpRequest, counts: Mapping[str, int]) -> None:
    done = counts[TAKEN] + counts[ALREADY]
    if done:
        text = ngettext("%(n)s difference is taken over.", "%(n)s differences are taken over.", done)
        messages.success(request, text % {"n": done})
    if counts[CHOSEN]:
        text = ngettext("%(n)s more is on its way.", "%(n)s more are on their way.", counts[CHOSEN])
        messages.info(request, text % {"n": counts[CHOSEN]})
    if counts[LEFT]:
        text = ngettext(
            "%(n)s place stays because something is in it: see orphans and double claims.",
            "%(n)s places stay because something is in them: see orphans and double claims.",
            counts[LEFT],
        )
        messages.warning(request, text % {"n": counts[LEFT]})
    if counts[REFUSED]:
        text = ngettext(
            "%(n)s was not possible: see why beside it.",
            "%(n)s were not possible: see why beside them.",
            counts[REFUSED],
        )
        messages.warning(request, text % {"n": counts[REFUSED]})
