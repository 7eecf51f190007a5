"""Pages of the operator: which feeds are read, and how that goes."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core.actors import SYSTEM
from linli.core.errors import Invalid, Missing
from linli.exchange import actions, queries, words
from linli.exchange.actions import FeedValues
from linli.exchange.forms import FeedForm
from linli.exchange.models import Feed, FeedEntry
from linli.grid.access import check_operator
from linli.grid.queries import get_place


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    feeds = list(queries.list_feeds(actor=request.actor))
    return render(request, "exchange/feeds.html", {"rows": [_row(one) for one in feeds]})


def _row(feed: Feed) -> dict[str, Any]:
    if not feed.is_on:
        state = ("plain", _("Switched off"))
    elif feed.error:
        state = ("late", _("Can't be read"))
    else:
        state = ("done", _("Read")) if feed.read_at else ("open", _("Not read yet"))
    return {
        "feed": feed,
        "state": state,
        "error": words.fetch_words(feed.error) if _is_of_the_way(feed.error) else _refused(feed.error),
    }


def _is_of_the_way(code: str) -> bool:
    """The address, not what stands there."""
    return code in words.FETCH or code.startswith("status_")


def _entry(entry: FeedEntry) -> dict[str, Any]:
    """Why a message was refused: in the reader's language where the words need no more than the code."""
    text = str(words.REFUSALS.get(entry.error, ""))
    plain = text if text and "%" not in text else entry.note or entry.error
    return {"words": plain, "address": entry.address, "at": entry.at}


def _refused(code: str) -> str:
    text = words.REFUSALS.get(code)
    if not code or text is None:
        return words.fetch_words(code) if code else ""
    return _("What stands there is no feed of alerts.") if "%" in str(text) else str(text)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    check_operator(request.actor)
    form = FeedForm(request.POST or None, initial={"write_id": uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_feed(
                actor=request.actor, values=_values(form), write_id=form.cleaned_data["write_id"] or None
            )
        except Invalid as problem:
            form.blame(problem)
        else:
            messages.success(request, _("The feed is read from now on; its first alerts come in within a minute."))
            return redirect("feed", made.pk)
    shown = {"form": form, "feed": None, "steps": [(_("Feeds of alerts"), reverse("feed-list")), (_("Add a feed"), "")]}
    return render(request, "exchange/feed.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, feed_id: int) -> HttpResponse:
    feed = queries.get_feed(actor=request.actor, feed_id=feed_id)
    form = FeedForm(request.POST or None, initial=_initial(feed))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_feed(actor=request.actor, feed=feed, values=_values(form))
        except Invalid as problem:
            form.blame(problem)
        else:
            messages.success(request, _("Kept. The feed is read anew at once."))
            return redirect("feed", feed.pk)
    shown = {
        "form": form,
        **_row(feed),
        "refused": [_entry(one) for one in queries.list_refused(actor=request.actor, feed=feed)],
        "steps": [(_("Feeds of alerts"), reverse("feed-list")), (feed.name, "")],
    }
    return render(request, "exchange/feed.html", shown, status=422 if form.errors else 200)


def _initial(feed: Feed) -> dict[str, Any]:
    names = ("name", "address", "kind", "period_minutes", "is_on", "certificate")
    return {**{name: getattr(feed, name) for name in names}, "place": feed.place.code}


def _values(form: FeedForm) -> FeedValues:
    """Raises Invalid where there is no such place. An operator sees no places, and names one by its code."""
    data = form.cleaned_data
    try:
        place = get_place(actor=SYSTEM, code=data["place"].strip())
    except Missing:
        raise Invalid(fields={"place": _("There is no place with this code.")}) from None
    names = ("name", "address", "kind", "period_minutes", "is_on", "certificate")
    return FeedValues(place=place, **{name: data[name] for name in names})


@require_POST
def read(request: HttpRequest, feed_id: int) -> HttpResponse:
    """Don't wait for its time."""
    feed = queries.get_feed(actor=request.actor, feed_id=feed_id)
    actions.read_feed_now(actor=request.actor, feed=feed)
    messages.info(request, _("It is read within a minute. Load this page again to see how that went."))
    return redirect("feed", feed.pk)
