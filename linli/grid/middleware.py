"""Who acts on this request, from the signed-in account's appointments of this moment; and nobody without signing in."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from linli.core.actors import NOBODY, Actor
from linli.grid.queries import actor_for
from linli.grid.rules import ENROL

API = "/api/"  # asks for tokens by itself and answers with problem+json, not with a page
OF_ENROLLING = frozenset({"second-factor", "second-factor-confirm"})


class CurrentActor:
    """`request.actor`: read once a request, on first use, so that an appointment that ended a moment ago counts.

    Every page asks for signing in, unless its view is marked with Django's `login_not_required`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        def find() -> Actor:
            return actor_for(request.user) if request.user.is_authenticated else NOBODY

        request.actor = cast(Actor, SimpleLazyObject(find))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True) or request.path.startswith(API):
            return None
        if not request.user.is_authenticated:
            return _to_the_door(request)
        return _to_the_second_factor(request) if request.session.get(ENROL) else None


def _to_the_door(request: HttpRequest) -> HttpResponse:
    """To the sign-in and back to the page one was on; a part of a page sends the whole page there."""
    if request.headers.get("HX-Request"):
        back = _own_path(request, request.headers.get("HX-Current-URL", ""))
        door = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
        return HttpResponse(status=401, headers={"HX-Redirect": door})
    back = (
        request.get_full_path() if request.method == "GET" else _own_path(request, request.headers.get("Referer", ""))
    )
    return redirect_to_login(back)


def _to_the_second_factor(request: HttpRequest) -> HttpResponse | None:
    if request.resolver_match is not None and request.resolver_match.url_name in OF_ENROLLING:
        return None
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": resolve_url("second-factor")})
    return redirect("second-factor")


def _own_path(request: HttpRequest, address: str) -> str:
    """The path of an address of this site; the front page for any other."""
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
