"""Texts that a person pastes into the chat groups of cells and grids, which no robot may enter."""

from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from linli.alerts import actions, queries
from linli.alerts.forms import languages
from linli.alerts.models import Alert
from linli.alerts.rules import ISSUED
from linli.alerts.texts import in_all, to_paste
from linli.alerts.views.office import head_of, text_of
from linli.core.errors import Conflict, Missing
from linli.core.middleware import no_referrer
from linli.core.undo import offer_undo
from linli.grid.models import Place
from linli.grid.queries import get_place
from linli.messages.queries import count_links, count_links_of
from linli.messages.rules import SHARED

PLACES_A_PAGE = 20


@require_GET
def index(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Every grid and cell of the notice for which one answers; the link of each is made when it is asked for."""
    alert = queries.get_alert(actor=request.actor, alert_id=alert_id)
    rows = queries.list_chat_places(actor=request.actor, alert=alert)
    if alert.households is None or not request.actor.may_somewhere("alerts.answer"):
        raise Missing()
    text = request.GET.get("q", "").strip()[:60]
    page = Paginator(rows.filter(name__icontains=text) if text else rows, PLACES_A_PAGE).get_page(
        request.GET.get("page")
    )
    places = list(page)
    names = queries.name_paths(paths=[one.path for one in places])
    out = count_links_of(purpose=SHARED, subjects=[one.pk for one in places], source=str(alert.pk))
    shown = {
        **head_of(request, alert),
        "page": page,
        "rows": [{"place": one, "name": names[one.path], "links": out.get(one.pk, 0)} for one in places],
        "q": text,
        "sample": paste(alert, "", "…"),
    }
    return render(request, "alerts/office/copy.html", shown)


@require_POST
def make_link(request: HttpRequest, alert_id: UUID, code: str) -> HttpResponse:
    """A link for the chat group of a place, in the text and as a code to scan; it is shown this once."""
    alert, place = _place_of(request, alert_id, code)
    if alert.state != ISSUED:
        raise Conflict(_("This notice has ended: its links open no more."))
    token = actions.make_shared_link(actor=request.actor, alert=alert, place=place)
    link = (settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")) + reverse("shared-open", args=[token])
    name = queries.name_paths(paths=[place.path])[place.path]
    shown = {
        "alert": alert,
        "text": text_of(alert),
        "place": place,
        "name": name,
        "link": link,
        "paste": paste(alert, name, link),
        "code": segno.make(link, error="m").svg_data_uri(scale=4, border=3),
        "links": count_links(purpose=SHARED, subject=place.pk, source=str(alert.pk)),
        "part": bool(request.headers.get("HX-Request")),
    }
    template = "alerts/office/parts/link.html" if shown["part"] else "alerts/office/link.html"
    return no_referrer(render(request, template, shown))


@require_POST
def end_links(request: HttpRequest, alert_id: UUID, code: str) -> HttpResponse:
    """A link went where it should not: every link of this place and notice opens no more."""
    alert, place = _place_of(request, alert_id, code)
    ended = actions.end_shared_links(actor=request.actor, alert=alert, place=place, write_id=write_id(request))
    text = ngettext("%(n)s link opens no more.", "%(n)s links open no more.", ended) % {"n": ended}
    offer_undo(request, text, reverse("alert-copy-reopen", args=[alert.pk, place.code]))
    return redirect("alert-copy", alert.pk)


@require_POST
def reopen_links(request: HttpRequest, alert_id: UUID, code: str) -> HttpResponse:
    """Ended by mistake a moment ago: they open again."""
    alert, place = _place_of(request, alert_id, code)
    opened = actions.reopen_shared_links(actor=request.actor, alert=alert, place=place, write_id=write_id(request))
    text = ngettext("%(n)s link opens again.", "%(n)s links open again.", opened) % {"n": opened}
    messages.success(request, text)
    return redirect("alert-copy", alert.pk)


def write_id(request: HttpRequest) -> UUID | None:
    """The id that came with the button; one that is no id is none."""
    try:
        return UUID(request.POST.get("write_id", ""))
    except ValueError:
        return None


def _place_of(request: HttpRequest, alert_id: UUID, code: str) -> tuple[Alert, Place]:
    """Raises Missing where the place has no chat group of this notice, or is not the actor's."""
    alert = queries.get_alert(actor=request.actor, alert_id=alert_id)
    place = get_place(actor=request.actor, code=code, permission="alerts.see")
    if not queries.list_chat_places(actor=request.actor, alert=alert).filter(pk=place.pk).exists():
        raise Missing()
    return alert, place


def paste(alert: Alert, place: str, link: str) -> str:
    """The text in every language in which the notice was written."""
    texts = in_all(alert.texts, languages())
    asks = {}
    for one in texts:
        with translation.override(one.language):
            asks[one.language] = _(
                "Please confirm that your household has read this: open the link, name your door and the last four "
                "digits of a phone that the community has on record. One tap is enough for the whole household."
            )
    return to_paste(texts=texts, asks=asks, place=place, link=link)
