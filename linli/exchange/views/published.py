"""What everybody may read: notices as CAP, and the feed of them; and who decides that."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.alerts.models import Alert
from linli.alerts.queries import get_alert, list_places_of
from linli.alerts.rules import CANCELLED
from linli.alerts.texts import pick
from linli.core.actors import SYSTEM
from linli.core.errors import Missing
from linli.exchange import actions, queries
from linli.exchange.forms import PublicationForm
from linli.exchange.profile import cap
from linli.exchange.rules.cap import ATOM_TYPE, CAP_TYPE, Message
from linli.exchange.rules.writing import FeedEntry, write_feed
from linli.grid.queries import get_place

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
KEPT_S = 60  # how long whoever reads it may keep it without asking again


def address_of(request: HttpRequest, route: str, *args: Any) -> str:
    path = reverse(route, args=args)
    return settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


@login_not_required
@require_safe
def document(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """A public notice as it went out."""
    alert = queries.find_public(alert_id=alert_id)
    return _answer_message(request, queries.message_of_alert(alert=alert))


@login_not_required
@require_safe
def cancel(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The message that calls a public notice back."""
    alert = queries.find_public(alert_id=alert_id)
    return _answer_message(request, queries.cancel_of(alert=alert))


def _answer_message(request: HttpRequest, message: Message) -> HttpResponse:
    body = actions.sign_document(actor=SYSTEM, message=message)
    return _answer(request, body, f"{CAP_TYPE}; charset=utf-8", message.sent)


def _answer(request: HttpRequest, body: bytes, kind: str, changed: datetime) -> HttpResponse:
    """With the marks by which a reader asks only for what is new. A signature made anew is no new content."""
    etag = f'"{hashlib.sha256(body.partition(b"<ds:Signature")[0]).hexdigest()[:32]}"'
    modified = int(changed.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=modified, response=None)
    if not isinstance(response, HttpResponseNotModified):
        response = response or HttpResponse(body, content_type=kind)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    return response


@login_not_required
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Public notices that run or ended within a week, in one language, of one place or of all."""
    chosen = request.GET.get("language", "")
    known = {code for code, _name in settings.LANGUAGES}
    language = chosen if chosen in known else cap().language(chosen) or settings.LANGUAGE_CODE
    code = request.GET.get("place", "")
    place = get_place(actor=SYSTEM, code=code) if code else None
    alerts = queries.list_public(place=place)
    updated = max((_changed(one) for one in alerts), default=EPOCH)
    address = address_of(request, "cap-feed")
    asked = "&".join(f"{name}={value}" for name, value in (("language", chosen), ("place", code)) if value)
    with translation.override(language):
        title = _("Notices of %(sender)s") % {"sender": place.name if place else queries.sender_of()}
        body = write_feed(
            key=address + (f"?place={code}" if code else ""),
            title=title,
            author=queries.sender_of(),
            address=address + (f"?{asked}" if asked else ""),
            language=cap().tag(language),
            updated=updated,
            entries=[_entry(request, one, language) for one in alerts],
        )
    response = _answer(request, body, f"{ATOM_TYPE}; charset=utf-8", updated)
    response.headers["Content-Language"] = language
    return response


def _changed(alert: Alert) -> datetime:
    return alert.ended_at or alert.issued_at or EPOCH


def _entry(request: HttpRequest, alert: Alert, language: str) -> FeedEntry:
    text = pick(alert.texts, language, settings.LANGUAGE_CODE)
    is_over = alert.state == CANCELLED
    route = "cap-cancel" if is_over else "cap-document"
    title = _("Cancelled: %(headline)s") % {"headline": text.headline} if is_over else text.headline
    return FeedEntry(
        key=f"urn:uuid:{alert.pk}",
        title=title,
        summary=alert.end_reason if is_over else text.body,
        address=address_of(request, route, alert.pk),
        published=alert.issued_at or EPOCH,
        updated=_changed(alert),
    )


@require_http_methods(["GET", "POST"])
def publication(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """A notice as other systems read it, and whether everybody may."""
    alert = get_alert(actor=request.actor, alert_id=alert_id)
    if alert.issued_at is None:
        raise Missing()
    form = PublicationForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        is_public = form.cleaned_data["is_public"]
        actions.set_publication(actor=request.actor, alert=alert, is_public=is_public)
        told = _("Everybody can read it now.") if is_public else _("It stands in the public feed no more.")
        messages.success(request, told)
        return redirect("alert-cap", alert.pk)
    places = list_places_of(alert=alert)
    headline = pick(alert.texts, translation.get_language() or "", settings.LANGUAGE_CODE).headline
    shown = {
        "alert": alert,
        "headline": headline,
        "is_public": queries.is_public(alert=alert),
        "by_rule": queries.rule_says_public(alert=alert),
        "is_drill": bool(alert.drill),
        "may_decide": all(request.actor.may("alerts.issue", place.path) for place in places),
        "xml": actions.sign_document(actor=request.actor, message=queries.message_of_alert(alert=alert)).decode(),
        "address": address_of(request, "cap-document", alert.pk),
        "cancel_address": address_of(request, "cap-cancel", alert.pk) if alert.state == CANCELLED else "",
        "feed_address": address_of(request, "cap-feed"),
        "steps": [
            (_("Alerts"), reverse("alert-list")),
            (headline, reverse("alert", args=[alert.pk])),
            (_("For other systems"), ""),
        ],
    }
    return render(request, "exchange/publication.html", shown, status=422 if form is not None else 200)
