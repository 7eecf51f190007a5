"""What every route of the API shares: problems as application/problem+json, cursors, client-made ids."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from linli.core.errors import Invalid, Missing, Problem, TooMany

T = TypeVar("T")
MOST = 500


class ProblemOut(Schema):
    """RFC 9457. `fields` maps a field of the request to what is wrong with it."""

    type: str = Field("about:blank", description="what kind of problem: urn:linli:problem:<code>")
    title: str
    status: int
    detail: str
    fields: dict[str, str] = {}


PROBLEMS = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut, 429: ProblemOut}


class Page(Schema, Generic[T]):
    """One page of a list. `next` goes into the parameter `cursor` of the next call; empty at the end."""

    items: list[T]
    next: str = ""


def problem_response(error: Problem) -> HttpResponse:
    body = {
        "type": f"urn:linli:problem:{error.code}",
        "title": str(error.title),
        "status": error.status,
        "detail": str(error.detail),
        "fields": {key: str(text) for key, text in error.fields.items()},
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=error.status, content_type="application/problem+json"
    )
    if isinstance(error, TooMany):
        response["Retry-After"] = "300"
    return response


def answer_problems(api: NinjaAPI) -> None:
    """Whatever goes wrong in a route leaves it as a problem."""

    @api.exception_handler(Problem)
    def _problem(_request: HttpRequest, error: Problem) -> HttpResponse:
        return problem_response(error)

    @api.exception_handler(ValidationError)
    def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = {".".join(str(part) for part in one["loc"][1:]): one["msg"] for one in error.errors}
        return problem_response(Invalid(fields=fields))

    @api.exception_handler(AuthenticationError)
    def _who(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        problem = Problem("Send a valid token: Authorization: Bearer linli_…", code="unauthenticated")
        problem.status = 401
        response = problem_response(problem)
        response["WWW-Authenticate"] = "Bearer"
        return response

    @api.exception_handler(HttpError)
    def _http(_request: HttpRequest, error: HttpError) -> HttpResponse:
        problem = Problem(str(error), code="http")
        problem.status = error.status_code
        return problem_response(problem)


def write_cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, default=str).encode()).decode().rstrip("=")


def read_cursor(text: str) -> list[Any]:
    """The parts that `write_cursor` was given; [] for the first page. Raises Missing where it was not made here."""
    if not text:
        return []
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise Missing() from None
    if not isinstance(parts, list):
        raise Missing()
    return parts


def offset_page(rows: Sequence[T], offset: int, limit: int) -> tuple[Sequence[T], str]:
    """The first `limit` of up to `limit + 1` rows read from `offset` on, and the cursor behind them."""
    return rows[:limit], write_cursor(offset + limit) if len(rows) > limit else ""


def read_offset(cursor: str) -> int:
    parts = read_cursor(cursor)
    if parts and (not isinstance(parts[0], int) or parts[0] < 0):
        raise Missing()
    return parts[0] if parts else 0
