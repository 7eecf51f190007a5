"""Around every page: language, one log line without personal data, problems as pages in the user's words."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation

from linli.core import metrics, pages
from linli.core.api import API, as_problem
from linli.core.errors import Missing, Problem
from linli.core.logs import log

Next = Callable[[HttpRequest], HttpResponseBase]


class RequestLog:
    """Method, route (never the address with its ids and tokens), status and time."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request.request_id = uuid.uuid4().hex[:12]
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "-"
        seconds = time.perf_counter() - started
        metrics.observe(request.method or "", route, response.status_code, seconds)
        log.info(
            "request",
            id=request.request_id,
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
        return response


class ChosenLanguage:
    """The language that the user chose (account, then cookie), the browser's, or the deployment's."""

    def __init__(self, get_response: Next):
        self.get_response = get_response
        self.known = {code for code, _ in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen not in self.known:
            chosen = translation.get_language_from_request(request)
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or chosen)
        return response


class Problems:
    """Raised problems become pages, on the API problem+json; pages of signed-in people are never stored by the browser."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(API):
            response = as_problem(response)
        if "Cache-Control" not in response.headers and not request.path.startswith(f"/{settings.STATIC_URL}"):
            response.headers["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Problem):
            return pages.problem(request, error)
        if _holds_nul(error):
            return pages.problem(request, Missing())
        return None


def _holds_nul(error: Exception) -> bool:
    """A text with a NUL byte, which PostgreSQL can't hold: nobody types one, and nothing is found by one."""
    return isinstance(error, DataError | ValueError) and "NUL" in str(error)


class Csrf(CsrfViewMiddleware):
    """Django's check with one thing more: a page that sends no referrer makes the browser send `Origin: null` with its
    forms. That says nothing of where they come from, so the token alone decides, as it does where no Origin is sent."""

    def _origin_verified(self, request: HttpRequest) -> bool:
        return request.META["HTTP_ORIGIN"] == "null" or super()._origin_verified(request)  # type: ignore[misc]


def no_referrer(response: Any) -> Any:
    """For pages whose address or content belongs to one person."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
