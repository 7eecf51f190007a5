"""The certificate: its figures as they stand, drawn up with a code, as a file, and checked by whoever holds the paper."""

import hashlib
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.alerts import actions, queries, words
from linli.alerts.forms import languages
from linli.alerts.forms_certificate import CheckForm, CodeForm, DrawUpForm
from linli.alerts.models import Alert, Certificate
from linli.alerts.queries import Account, Sight
from linli.alerts.rules import REASONS, read_code, show_code
from linli.alerts.texts import in_all
from linli.alerts.views.certificate_paper import TEMPLATE, Paper, paper_of, verify_address
from linli.alerts.views.office import MOST_LISTED, describe, get_issued, head_of, paths_of, text_of
from linli.core.middleware import no_referrer
from linli.core.throttle import count_try, take_back_try
from linli.core.typesetting import typeset, what_lacks
from linli.grid.profile import post_name
from linli.residents.profile import group_name

WRONG_CODES = {"most": 30, "minutes": 10}
LOOKS = {"most": 120, "minutes": 10}


@require_GET
def index(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The account of a notice, counted from the rows and not from any counter; made to be printed."""
    alert = get_issued(request, alert_id)
    code = request.GET.get("place", "")
    shown = head_of(request, alert, code, "alert-certificate")
    sight: Sight = shown["sight"]
    shown |= {
        "texts": in_all(alert.texts, languages()),
        "too_many": sight.households.missing > MOST_LISTED,
        "scope": list(queries.name_paths(paths=paths_of(sight), depth=4).values()),
        "whole": not code and {place.pk for place in shown["places"]} == _keys(sight),
        "groups": [group_name(one) for one in alert.groups],
        "cancel_reason": alert.end_reason,
        "drawn": queries.list_certificates(actor=request.actor, alert=alert),
        "may_draw": all(request.actor.may("alerts.issue", path) for path in paths_of(sight)),
        "at_place": code,
    }
    if not shown["too_many"]:
        path = sight.place.path if sight.place else None
        account = queries.accounting(actor=request.actor, alert=alert, path=path)
        shown |= _account(request, alert, sight, account)
    return render(request, "alerts/office/certificate.html", shown)


def _keys(sight: Sight) -> set[int]:
    return {sight.place.pk} if sight.place else {one.place.pk for one in sight.below}


def _account(request: HttpRequest, alert: Alert, sight: Sight, account: Account) -> dict[str, Any]:
    below = sorted((one.place for one in sight.below), key=lambda one: one.path)
    reasons = Counter(row.reason for row in account.not_reached)
    return {
        "account": account,
        "missing": len(account.not_reached),
        "moved_out": max(0, account.receipts - account.reached),
        "how": [(words.HOW[code], account.by_how.get(code, 0)) for code in words.HOUSEHOLD_HOW],
        "reasons": [(words.REASONS[code], reasons[code]) for code in REASONS if reasons[code]],
        "by_place": queries.account_by_place(actor=request.actor, alert=alert, account=account, places=below),
        "rows": describe(request, list(account.not_reached), sight),
    }


# Drawn up ------------------------------------------------------------------------------------------------------------


@require_POST
def draw_up(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Freeze the figures under a code. Sent twice, it is drawn up once."""
    alert = get_issued(request, alert_id)
    form = DrawUpForm(request.POST)
    key = form.cleaned_data["write_id"] if form.is_valid() else uuid4()
    made = actions.draw_up_certificate(
        actor=request.actor, certificate_id=key, alert=alert, code=request.POST.get("place", "")
    )
    return redirect("certificate", alert.pk, made.pk)


@require_GET
def show(request: HttpRequest, alert_id: UUID, certificate_id: UUID) -> HttpResponse:
    """One that was drawn up, as paper: to be printed, or taken as a file."""
    alert = get_issued(request, alert_id)
    found = queries.get_certificate(actor=request.actor, alert=alert, certificate_id=certificate_id)
    shown = {
        "certificate": found,
        "text": text_of(alert),
        "alert": alert,
        "paper": _paper(request, found),
        "lacking": what_lacks(),
        "address": verify_address(request, found.code),
        "steps": [
            (text_of(alert).headline, reverse("alert", args=[alert.pk])),
            (_("Certificate"), reverse("alert-certificate", args=[alert.pk])),
            (show_code(found.code), ""),
        ],
    }
    return render(request, "alerts/office/certificate_drawn.html", shown)


def _paper(request: HttpRequest, certificate: Certificate) -> Paper:
    """The list behind it as this person may see it: addresses that are protected stay so."""
    sight = queries.see(actor=request.actor, alert=certificate.alert)
    rows = queries.list_lines_of(certificate=certificate)
    return paper_of(request, certificate, describe(request, rows, sight))


@require_POST
def pdf(request: HttpRequest, alert_id: UUID, certificate_id: UUID) -> HttpResponse:
    """The certificate as a file, in one language; its fingerprint is kept."""
    alert = get_issued(request, alert_id)
    found = queries.get_certificate(actor=request.actor, alert=alert, certificate_id=certificate_id)
    chosen = request.POST.get("language", "")
    language = chosen if chosen in languages() else settings.LANGUAGE_CODE
    with translation.override(language):
        values = _paper(request, found).plain()
    made = typeset(TEMPLATE, values, at=found.made_at)
    fingerprint = hashlib.sha256(made).hexdigest()
    actions.note_certificate_file(actor=request.actor, certificate=found, language=language, sha256=fingerprint)
    name = f"linli-{show_code(found.code)}-{language}.pdf"
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(made, content_type="application/pdf", headers={"Content-Disposition": disposition})


# Checked by anybody --------------------------------------------------------------------------------------------------


@login_not_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Type the code that stands on the paper."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("verify", show_code(form.cleaned_data["code"]))
    return no_referrer(render(request, "alerts/public/verify_ask.html", {"form": form}, status=_status(form)))


def _status(form: Any) -> int:
    return 422 if form.errors else 200


@login_not_required
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """What was certified, for which place and when, and whether that still holds: figures only, nothing of a person. A
    code that was made up looks like one that is not there."""
    who = request.META.get("REMOTE_ADDR", "")
    count_try("verify-wrong", who, **WRONG_CODES)
    plain = read_code(code)
    found = queries.find_certificate_by_code(code=plain) if plain else None
    if found is None:
        return no_referrer(render(request, "alerts/public/verify_missing.html", {"form": CodeForm()}, status=404))
    take_back_try("verify-wrong", who)
    count_try("verify", who, **LOOKS)
    form = CheckForm(request.POST, request.FILES) if request.method == "POST" else CheckForm()
    sums = _sums(form) if form.is_valid() else None
    shown = {
        "certificate": found,
        "shown_code": show_code(found.code),
        "text": text_of(found.alert),
        "issuer": post_name(found.made_post) if found.made_post else "",
        "figures": found.figures,
        "state": words.STATES[found.figures["state"]],
        "how": [(words.HOW[one], found.figures["by_how"].get(one, 0)) for one in words.HOUSEHOLD_HOW],
        "still": queries.still_true(certificate=found),
        "form": form,
        "same": sums is not None and any(one["sha256"] == sums for one in found.files),
        "checked": sums,
    }
    return no_referrer(render(request, "alerts/public/verify.html", shown, status=_status(form)))


def _sums(form: CheckForm) -> str:
    digest = hashlib.sha256()
    for part in form.cleaned_data["file"].chunks():
        digest.update(part)
    return digest.hexdigest()
