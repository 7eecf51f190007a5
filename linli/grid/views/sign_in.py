"""The doors: name and password, the second factor behind it, the outside sign-in, and the link that sets a password."""

from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from joserfc.errors import JoseError

from linli.core import clock
from linli.core.actors import NOBODY
from linli.core.errors import Conflict, Invalid, Missing, Problem
from linli.core.logs import log
from linli.core.middleware import no_referrer
from linli.grid import actions, queries
from linli.grid.forms.sign_in import CodeForm, NewPasswordForm, SignInForm
from linli.grid.models import Account
from linli.grid.rules import ENROL
from linli.grid.views.accounts import remember_language, take

LINK = "password_link"  # where a one-time link waits in the session after its address was cleaned
PENDING = "second_factor_of"  # whose password was right, and since when
PENDING_S = 600
OUTSIDE = "outside_wanted"  # where to go after the outside sign-in, and whether it connects an account
BACKEND = "django.contrib.auth.backends.ModelBackend"


# The first door ------------------------------------------------------------------------------------------------------


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None, initial={"next": request.GET.get("next", "")})
    if request.method == "GET" and request.user.is_authenticated:
        return redirect(_way_back(request, request.GET.get("next", "")))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        account: Any = authenticate(request, username=given["username"], password=given["password"])
        if account is not None:
            return _let_in(request, account, given["next"])
        form.add_error(None, _("The name or the password is wrong."))
    page = {"form": form, "outside": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}
    return render(request, "core/sign_in.html", page, status=422 if form.errors else 200)


def _let_in(request: HttpRequest, account: Account, wanted: str, *, outside: bool = False) -> HttpResponse:
    """Through, to the second door, or to the page that sets one up where the account's posts ask for it. An outside
    sign-in that is trusted to have asked for two factors needs no second door here."""
    if outside and settings.OIDC_SECOND_FACTOR:
        return _through(request, account, wanted)
    if queries.has_factor(account):
        request.session.cycle_key()
        request.session[PENDING] = {"account": account.pk, "at": clock.now().timestamp(), "next": wanted}
        return redirect("sign-in-code")
    return _through(request, account, wanted, enrol=queries.needs_factor(account))


def _through(request: HttpRequest, account: Account, wanted: str, *, enrol: bool = False) -> HttpResponse:
    login(request, account, backend=BACKEND)  # a new session key: one planted before is worth nothing
    request.session.pop(PENDING, None)
    if enrol:
        request.session[ENROL] = True
        return remember_language(redirect("second-factor"), account.language)
    return remember_language(redirect(_way_back(request, wanted)), account.language)


def _way_back(request: HttpRequest, wanted: str) -> str:
    """Only ever to a page of this site."""
    if wanted and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    try:
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    except NoReverseMatch:  # a deployment without a desk
        return reverse("account")


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Leaves nothing of one person on a shared phone. What scripts stored is cleared by the service worker, which keeps the
    records that wait to be sent: only the server opens those."""
    logout(request)
    response = redirect("sign-in")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


# The second door -----------------------------------------------------------------------------------------------------


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The password was right a moment ago: now a code of the app, or a recovery code."""
    waiting = request.session.get(PENDING) or {}
    account = queries.find_account_at_the_door(account_id=waiting.get("account", 0))
    if account is None or clock.now().timestamp() - waiting["at"] > PENDING_S:
        request.session.pop(PENDING, None)
        messages.warning(request, _("That took too long. Sign in again."))
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.pass_second_factor(actor=request.actor, account=account, code=form.cleaned_data["code"])
        except Invalid as problem:
            form.add_error("code", str(problem.detail))
        else:
            return _through(request, account, waiting["next"])
    return render(request, "grid/sign_in_code.html", {"form": form}, status=422 if form.errors else 200)


# The outside sign-in (OpenID Connect) --------------------------------------------------------------------------------


def _provider() -> Any:
    """The issuer of this deployment. Its description and keys are fetched when first needed and kept."""
    if not settings.OIDC_ISSUER:
        raise Missing()
    if _known.get("issuer") != settings.OIDC_ISSUER:
        _known["issuer"], _known["oauth"] = settings.OIDC_ISSUER, OAuth()
        _known["oauth"].register(
            "outside",
            client_id=settings.OIDC_CLIENT_ID,
            client_secret=settings.OIDC_CLIENT_SECRET or None,
            server_metadata_url=f"{settings.OIDC_ISSUER}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": 10},
        )
    return _known["oauth"].outside


_known: dict[str, Any] = {}


@login_not_required
@require_GET
def outside_begin(request: HttpRequest) -> HttpResponse:
    """To the issuer, and back to `outside_done`. Signed in already, it connects that identity to one's account."""
    provider = _provider()
    request.session[OUTSIDE] = {"next": request.GET.get("next", ""), "connect": request.user.is_authenticated}
    path = reverse("outside-done")
    back = settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)
    try:
        return no_referrer(provider.authorize_redirect(request, back))
    except (requests.RequestException, RuntimeError, ValueError) as error:
        raise _unreachable(error) from None


@login_not_required
@require_GET
def outside_done(request: HttpRequest) -> HttpResponse:
    """What the issuer says, checked: its signature, for whom, by whom, until when, and the nonce of this session."""
    wanted = request.session.pop(OUTSIDE, None) or {"next": "", "connect": False}
    claims = _take_claims(request)
    issuer, subject = settings.OIDC_ISSUER, str(claims["sub"])[:255]
    if wanted["connect"] and request.user.is_authenticated:
        try:
            actions.connect_identity(actor=request.actor, issuer=issuer, subject=subject)
        except Conflict as problem:
            messages.error(request, str(problem.detail))
        else:
            messages.success(request, _("Connected. From now on you can sign in with it."))
        return redirect("account")
    identity = queries.find_identity(issuer=issuer, subject=subject)
    if identity is None:
        identity = _adopt(claims, issuer, subject)
    if identity is None:
        messages.warning(request, _unknown())
        return redirect("sign-in")
    actions.note_identity_use(actor=request.actor, identity=identity)
    return _let_in(request, identity.account, wanted["next"], outside=True)


def _take_claims(request: HttpRequest) -> dict[str, Any]:
    try:
        token = _provider().authorize_access_token(request)
    except requests.RequestException as error:
        raise _unreachable(error) from None
    except (OAuthError, JoseError, ValueError, RuntimeError, KeyError) as error:
        log.warning("outside_sign_in_refused", error=type(error).__name__)
        raise Problem(_("The outside sign-in was not completed. Start again from the sign-in page.")) from None
    claims: dict[str, Any] = token.get("userinfo") or {}
    if not claims.get("sub"):
        raise Problem(_("The outside sign-in was not completed. Start again from the sign-in page."))
    return claims


def _adopt(claims: dict[str, Any], issuer: str, subject: str) -> Any:
    """Only where the deployment trusts the issuer to name its accounts (LINLI_OIDC_USERNAME_CLAIM)."""
    name = str(claims.get(settings.OIDC_USERNAME_CLAIM, "")) if settings.OIDC_USERNAME_CLAIM else ""
    account = queries.find_account_called(name) if name else None
    return actions.adopt_identity(actor=NOBODY, account=account, issuer=issuer, subject=subject) if account else None


def _unknown() -> str:
    return _(
        "No account here is connected to this one yet. Sign in with your password once and connect it on the page "
        "'My account', or ask your operator for an account."
    )


def _unreachable(error: Exception) -> Problem:
    log.warning("outside_sign_in_unreachable", error=type(error).__name__)
    found = Problem(_("The outside sign-in can't be reached now. Use your password, or try again in a minute."))
    found.status = 503
    return found


# A one-time link -----------------------------------------------------------------------------------------------------


@login_not_required
@require_GET
def password_link(request: HttpRequest, key: str) -> HttpResponse:
    """Take the link out of the address before anything is shown. Opening it changes nothing yet."""
    request.session[LINK] = key
    return no_referrer(redirect("password-new"))


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_new(request: HttpRequest) -> HttpResponse:
    uid, _dash, token = request.session.get(LINK, "").partition("-")
    account = queries.find_account_by_link(uid=uid, token=token)
    if account is None:
        raise Missing(_("This link has been used or has run out. Ask your operator for a new one."))
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_password_by_link(
                actor=request.actor, uid=uid, token=token, password=form.cleaned_data["password"]
            )
        except Invalid as problem:
            take(form, problem)
        else:
            logout(request)
            messages.success(request, _("Your password is set. Sign in with it."))
            return redirect("sign-in")
    page = {"form": form, "account": account}
    return no_referrer(render(request, "grid/account_new_password.html", page, status=422 if form.errors else 200))
