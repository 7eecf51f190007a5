"""Pages of one's own account, tokens, the operator's accounts, and the audit trail."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.core import clock
from linli.core.errors import Invalid, Problem
from linli.core.middleware import no_referrer
from linli.grid import actions, queries
from linli.grid.forms.accounts import (
    AccountForm,
    LanguageForm,
    OwnPasswordForm,
    ReasonForm,
    TokenForm,
)
from linli.grid.models import Account
from linli.grid.numbers import masked_phone
from linli.grid.words import act_words

PAGE = 50


def write_id(request: HttpRequest) -> UUID | None:
    """The id that came with a form; one that is no id is none."""
    try:
        return UUID(request.POST.get("write_id", ""))
    except ValueError:
        return None


def plain(text: str) -> str:
    """A text from an address without signs that no text has: a database refuses them."""
    return "".join(sign for sign in text if sign.isprintable())


def take(form: Any, problem: Problem) -> None:
    """Show what an action refused at the fields of its form."""
    for name, text in problem.fields.items():
        form.add_error(name if name in form.fields else None, str(text))
    if not problem.fields:
        form.add_error(None, str(problem.detail))


def remember_language(response: HttpResponse, language: str) -> HttpResponse:
    if language in dict(settings.LANGUAGES):
        year, secure = 365 * 86400, settings.SESSION_COOKIE_SECURE
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=year, samesite="Lax", secure=secure)
    return response


# One's own account ---------------------------------------------------------------------------------------------------


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return _account_page(request, OwnPasswordForm())


def _account_page(request: HttpRequest, form: OwnPasswordForm) -> HttpResponse:
    mine = queries.get_own_account(actor=request.actor)
    entries = list(queries.list_own_audit(actor=request.actor)[:8])
    page = {
        "account": mine,
        "phone": masked_phone(mine.phone),
        "posts": queries.list_posts_of(actor=request.actor, account=mine),
        "absences": queries.list_own_absences(actor=request.actor),
        "form": form,
        "language": LanguageForm(initial={"language": mine.language or request.LANGUAGE_CODE}),
        "entries": _named(entries),
        "factor": queries.read_own_factor(actor=request.actor),
        "identities": queries.list_identities(actor=request.actor, account=mine),
        "outside": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "operator": mine.is_operator,
        "may_channels": request.actor.may_somewhere("channels.edit"),
        "may_calls": request.actor.may_somewhere("register.reveal"),
        "may_audit": mine.is_operator or request.actor.may_somewhere("audit.see"),
    }
    return render(request, "grid/account.html", page, status=422 if form.errors else 200)


@sensitive_post_parameters()
@require_POST
def account_password(request: HttpRequest) -> HttpResponse:
    form = OwnPasswordForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            changed = actions.set_password(
                actor=request.actor,
                account=queries.get_own_account(actor=request.actor),
                password=given["password"],
                current=given["current"],
            )
        except Invalid as problem:
            take(form, problem)
        else:
            update_session_auth_hash(request, changed)  # this session stays, every other one ends
            messages.success(request, _("Your password is changed. You are signed out everywhere else."))
            return redirect("account")
    return _account_page(request, form)


@require_POST
def account_language(request: HttpRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    actions.change_own_language(actor=request.actor, language=language)
    return remember_language(redirect("account"), language)


# Tokens of programs --------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def account_tokens(request: HttpRequest) -> HttpResponse:
    mine = queries.get_own_account(actor=request.actor)
    form, text = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            _made, text = actions.make_token(
                actor=request.actor,
                account=mine,
                name=given["name"],
                scopes=[*given["scopes"], *given["sensitive"]],
                days=given["days"],
                write_id=write_id(request),
            )
        except Invalid as problem:
            take(form, problem)
    tokens = Paginator(queries.list_tokens(actor=request.actor, account=mine), PAGE).get_page(request.GET.get("page"))
    page = {"form": TokenForm() if text else form, "text": text, "tokens": tokens, "now": clock.now()}
    return render(request, "grid/account_tokens.html", page, status=422 if form.errors else 200)


@require_POST
def account_token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    found = actions.revoke_token(actor=request.actor, token_id=token_id)
    messages.success(request, _("The token is revoked. It opens nothing any more."))
    own = found.account_id == request.actor.id
    return redirect("account-tokens") if own else redirect("account-detail", account_id=found.account_id)


# The operator's accounts ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def account_list(request: HttpRequest) -> HttpResponse:
    """A search is sent in the body: names of people don't belong in addresses."""
    text = plain(request.POST.get("q", "")).strip()[:60]
    rows = queries.list_accounts(actor=request.actor, text=text)
    page = {"page": Paginator(rows, PAGE).get_page(request.GET.get("page")), "q": text}
    return render(request, "grid/account_list.html", page)


@require_http_methods(["GET", "POST"])
def account_new(request: HttpRequest) -> HttpResponse:
    queries.list_accounts(actor=request.actor)  # an operator's page
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.make_account(actor=request.actor, **form.cleaned_data, write_id=write_id(request))
        except Invalid as problem:
            take(form, problem)
        else:
            messages.success(request, _("The account is open. Make the link now with which its owner sets a password."))
            return redirect("account-detail", account_id=made.pk)
    return render(request, "grid/account_form.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def account_detail(request: HttpRequest, account_id: int) -> HttpResponse:
    return _detail(request, queries.get_account(actor=request.actor, account_id=account_id))


def _detail(request: HttpRequest, found: Account, **more: Any) -> HttpResponse:
    tokens = queries.list_tokens(actor=request.actor, account=found)[:PAGE]
    page = {
        "account": found,
        "tokens": tokens,
        "form": ReasonForm(),
        "now": clock.now(),
        "has_factor": queries.has_factor(found),
        "identities": queries.list_identities(actor=request.actor, account=found),
        **more,
    }
    return no_referrer(render(request, "grid/account_detail.html", page))


@require_POST
def account_link(request: HttpRequest, account_id: int) -> HttpResponse:
    """A link to set a password, shown once to the operator who hands it over."""
    found = queries.get_account(actor=request.actor, account_id=account_id)
    uid, token = actions.make_password_link(actor=request.actor, account=found)
    path = reverse("password-link", kwargs={"key": f"{uid}-{token}"})
    address = settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)
    return _detail(request, found, link=address)


@require_POST
def account_close(request: HttpRequest, account_id: int) -> HttpResponse:
    found = queries.get_account(actor=request.actor, account_id=account_id)
    reason = plain(request.POST.get("reason", ""))[:300]
    actions.deactivate_account(actor=request.actor, account=found, reason=reason, write_id=write_id(request))
    messages.success(request, _("The account is closed. Its posts, sessions and tokens have ended."))
    return redirect("account-detail", account_id=account_id)


@require_POST
def account_open(request: HttpRequest, account_id: int) -> HttpResponse:
    found = queries.get_account(actor=request.actor, account_id=account_id)
    actions.reactivate_account(actor=request.actor, account=found)
    messages.success(request, _("The account is open again. It needs a password and posts."))
    return redirect("account-detail", account_id=account_id)


# The audit trail -----------------------------------------------------------------------------------------------------

PERIODS = (1, 7, 30, 365)
FILTERS = ("act", "who", "object_type", "object_id")


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    days = request.GET.get("days", "")
    period = int(days) if days.isdigit() and int(days) in PERIODS else 7
    chosen = {name: plain(request.GET.get(name, ""))[:60] for name in FILTERS}
    rows = queries.list_audit(actor=request.actor, since=clock.now() - timedelta(days=period), **chosen)
    before = request.GET.get("cursor", "")
    entries = list((rows.filter(id__lt=int(before)) if before.isdigit() else rows)[: PAGE + 1])
    shown = _named(entries[:PAGE])
    page = {
        "entries": shown,
        "cursor": {"next_cursor": entries[PAGE - 1].pk if len(entries) > PAGE else ""},
        "periods": [(n, ngettext("%(n)s day", "%(n)s days", n) % {"n": n}) for n in PERIODS],
        "period": period,
        "chosen": {name: value for name, value in chosen.items() if value},
        "chosen_words": _filter_words(chosen, shown),
    }
    return render(request, "grid/audit.html", page)


def _filter_words(chosen: dict[str, str], shown: list[dict[str, Any]]) -> list[str]:
    """What is filtered by. A name comes from the entries found: an id put into the address names nobody."""
    who, act = chosen["who"], chosen["act"]
    name = shown[0]["name"] if who and shown else who
    about = f"{chosen['object_type']} {chosen['object_id']}".strip()
    return [words for words in (name, act and act_words(act), about) if words]


def _named(entries: list[Any]) -> list[dict[str, Any]]:
    """Entries with the words of their acts and the names of who acted. Two queries whatever their number."""
    names = queries.name_actors([ref for one in entries for ref in (one.actor, one.acted_for)])
    places = queries.name_paths([one.path for one in entries])
    return [
        {
            "entry": one,
            "words": act_words(one.act),
            "name": names.get(one.actor) or (_("Linli") if one.actor == "system" else one.actor),
            "place": places.get(one.path, ""),
            "acted_for": names.get(one.acted_for, ""),
        }
        for one in entries
    ]
