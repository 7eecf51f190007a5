"""What every route of the API shares: scopes, problems as application/problem+json, cursors, client-made ids."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as BadValue
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Query, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback
from pydantic import Field

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Invalid, Problem, TooMany

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])
M = TypeVar("M", bound=Model)
API = "/api/"
PROBLEM = "application/problem+json"
MOST = 500
Limit = Query(100, ge=1, le=MOST, description="how many at most")
Cursor = Query("", max_length=500, description="'next' of the page before; empty for the first")


class ProblemOut(Schema):
    """RFC 9457. `fields` maps a field of the request to what is wrong with it."""

    type: str = Field("about:blank", description="what kind of problem: urn:linli:problem:<code>")
    title: str
    status: int
    detail: str
    fields: dict[str, str] = {}


# What any route may answer instead of what was asked for; a write also a body that can't be read, one that is too large,
# and a state that has moved on.
PROBLEMS: dict[int, Any] = dict.fromkeys((401, 403, 404, 422, 429), ProblemOut)
WRITE_PROBLEMS: dict[int, Any] = PROBLEMS | dict.fromkeys((400, 409, 413), ProblemOut)


class Page(Schema, Generic[T]):
    """One page of a list. `next` goes into the parameter `cursor` of the next call; empty at the end."""

    items: list[T]
    next: str = ""


# Who asks, and may the token do this at all ---------------------------------------------------------------------------


def actor_of(request: HttpRequest) -> Actor:
    """Who acts: set by the token's check."""
    return request.actor


def needs(scope: str) -> Callable[[View], View]:
    """The scope that a route takes of a token, checked before anything is read and written into the API's description.

    What the account may do is asked by queries and actions as everywhere; this keeps a narrow token from what they allow
    without a permission, such as one's own tasks.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            scopes = actor_of(request).token_scopes
            if scopes is not None and scope not in scopes:
                text = _("This token lacks the scope %(scope)s. Make one that has it.") % {"scope": scope}
                raise Forbidden(text, code="token-scope")
            return view(request, *args, **kwargs)

        def describe(operation: Operation) -> None:
            operation.openapi_extra = {**(operation.openapi_extra or {}), "x-scope": scope}
            operation.description = f"Takes a token with the scope `{scope}`. {operation.description or ''}".strip()

        contribute_operation_callback(checked, describe)
        return cast(View, checked)

    return mark


# Problems -------------------------------------------------------------------------------------------------------------


def problem_response(error: Problem) -> HttpResponse:
    body = {
        "type": f"urn:linli:problem:{error.code}",
        "title": str(error.title),
        "status": error.status,
        "detail": str(error.detail),
        "fields": {key: str(text) for key, text in error.fields.items()},
    }
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=error.status, content_type=PROBLEM)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after_s)
    return response


def problem_of(status: int) -> Problem:
    """For what went wrong outside any room: an unknown address, another method, a body that is no JSON."""
    texts = {
        400: _("The request can't be read: send JSON as the API's description says."),
        401: _("Send a valid token: Authorization: Bearer linli_…"),
        404: _("There is nothing at this address. The API's description lists what there is."),
        405: _("This address doesn't take this method."),
        413: _("This is too much at once: send it in smaller parts."),
        500: _("Something went wrong here. It was noted; try again later."),
    }
    codes = {401: "unauthenticated", 404: "not-found", 405: "method", 413: "too-large", 500: "fault"}
    error = Problem(texts.get(status, ""), code=codes.get(status, "bad-request"))
    error.status = status
    return error


def answer_problems(api: NinjaAPI) -> None:
    """Whatever goes wrong in a route leaves it as a problem."""

    @api.exception_handler(Problem)
    def _problem(_request: HttpRequest, error: Problem) -> HttpResponse:
        return problem_response(error)

    @api.exception_handler(ValidationError)
    def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
        return problem_response(Invalid(fields={_field(one["loc"]): one["msg"] for one in error.errors}))

    @api.exception_handler(AuthenticationError)
    def _who(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        response = problem_response(problem_of(401))
        response["WWW-Authenticate"] = 'Bearer realm="linli"'
        return response

    @api.exception_handler(HttpError)
    def _http(_request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem_response(problem_of(error.status_code))

    @api.exception_handler(RequestDataTooBig)
    def _too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
        return problem_response(problem_of(413))


def _field(where: Sequence[str | int]) -> str:
    """As the caller knows it: without 'body' or 'query' and the name that the route gave the whole body."""
    inner = where[2:] if where[0] == "body" and len(where) > 2 else where[1:]
    return ".".join(str(part) for part in inner)


def as_problem(response: HttpResponseBase) -> HttpResponseBase:
    """An answer of Django's own (an unknown address, another method, a fault) as a problem; others as they are."""
    if response.status_code < 400 or response.headers.get("Content-Type", "").startswith(PROBLEM):
        return response
    found = problem_response(problem_of(response.status_code))
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in response.headers:
            found[name] = response.headers[name]
    return found


# Cursors --------------------------------------------------------------------------------------------------------------


def write_cursor(*parts: Any) -> str:
    written = [part.isoformat() if isinstance(part, datetime) else part for part in parts]
    return base64.urlsafe_b64encode(json.dumps(written, default=str).encode()).decode().rstrip("=")


def read_cursor(text: str, *kinds: type) -> list[Any] | None:
    """The parts that `write_cursor` was given, each of its kind; None for the first page. Raises Invalid where the text
    was not made here."""
    if not text:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise _bad_cursor()
    return parts


def _bad_cursor() -> Invalid:
    text = _("Give 'next' of the page before, or nothing.")
    return Invalid(text, code="cursor", fields={"cursor": text})


def key_page(
    rows: QuerySet[M], cursor: str, limit: int, *, order: Sequence[str], kinds: Sequence[type]
) -> tuple[list[M], str]:
    """One page of rows in an order that ends in a unique column, and the cursor behind it. Rows that come or go meanwhile
    neither repeat others nor hide them. `kinds` are the JSON types of the ordering columns."""
    after = read_cursor(cursor, *kinds)
    found = rows.order_by(*order)
    try:
        taken = list((found.filter(_behind(order, after)) if after else found)[: limit + 1])
    except (BadValue, ValueError):
        raise _bad_cursor() from None
    shown = taken[:limit]
    if len(taken) <= limit:
        return shown, ""
    return shown, write_cursor(*(getattr(shown[-1], name.removeprefix("-")) for name in order))


def _behind(order: Sequence[str], after: Sequence[Any]) -> Q:
    """Rows behind the row with these values: (a, b) > (x, y), written out for columns that run down or up."""
    found = Q()
    for at, name in enumerate(order):
        same = {before.removeprefix("-"): after[n] for n, before in enumerate(order[:at])}
        way = "lt" if name.startswith("-") else "gt"
        found |= Q(**same, **{f"{name.removeprefix('-')}__{way}": after[at]})
    return found


def cut(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> dict[str, Any]:
    """A page of up to `limit + 1` rows that a query read behind a cursor; `key` gives the parts of the next."""
    return {"items": rows[:limit], "next": write_cursor(*key(rows[limit - 1])) if len(rows) > limit else ""}
