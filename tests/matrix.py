"""Rows of the permission matrix: who gets which answer from which address.

Each room lists its routes in `tests/<room>/permission_rows.py` as `ROWS`, a list of `Row`. The tests in
`tests/test_permission_matrix.py` collect them, try every row as each of the five kinds of actor, and fail for a route
without a row.

    ROWS = [
        Row("place", permission="places.see", kwargs=lambda cast: {"code": cast.place("001-1").code}),
        Row("appoint", "POST", permission="posts.appoint", kwargs=..., data=..., lacking="li", expect={"lacking": 403}),
    ]
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.conftest import Cast

TESTS = Path(__file__).parent
KINDS = ("anonymous", "holder", "lacking", "outsider", "operator")
Status = int | tuple[int, ...]
Build = Callable[[Cast], Mapping[str, Any]]

# What a page of a room answers where a row says nothing else: sign in first; yours; seen but not allowed or not seen;
# not yours looks like not there; an operator holds no post and sees no place.
PAGE: dict[str, Status] = {
    "anonymous": 302,
    "holder": (200, 204, 302, 303),
    "lacking": (403, 404),
    "outsider": 404,
    "operator": (403, 404),
}
API: dict[str, Status] = {**PAGE, "anonymous": 401, "holder": (200, 201, 202, 204)}
# Open to everybody: health, the choice of language, the page behind a personal link.
PUBLIC: dict[str, Status] = dict.fromkeys(KINDS, (200, 302, 303))
# Everybody with an account: what one sees there is one's own, and may be empty.
SIGNED_IN: dict[str, Status] = {**dict.fromkeys(KINDS, (200, 302, 303)), "anonymous": 302}
# Places, posts and people are nobody's business here: only an operator keeps accounts, tokens and jobs.
OPERATOR: dict[str, Status] = {**dict.fromkeys(KINDS, (403, 404)), "anonymous": 302, "operator": (200, 302, 303)}


def _nothing(cast: Cast) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    """One route and method. `kwargs` builds the address and may make what the address needs; `data` the form or JSON.

    `holder` is somebody in her own place with the permission, `lacking` one in the same place without it (None: every
    post of the place has it), `outsider` works elsewhere. `answers` is the table to start from, `expect` what differs.
    """

    route: str
    method: str = "GET"
    permission: str = ""
    kwargs: Build = _nothing
    data: Build = _nothing
    holder: str = "wang"
    lacking: str | None = None
    outsider: str = "sun"
    answers: Mapping[str, Status] = field(default_factory=lambda: PAGE)
    expect: Mapping[str, Status] = field(default_factory=dict)
    json: bool = False  # the data goes as JSON, though the address is no API
    query: str = ""  # appended to the address: "?urgency=immediate"
    headers: Callable[[Cast, str | None], Mapping[str, str]] = lambda _cast, _username: {}  # a program's token

    def __str__(self) -> str:
        return f"{self.route}-{self.method}"

    @property
    def is_api(self) -> bool:
        return self.answers is API

    def username(self, kind: str) -> str | None:
        """Whose account stands for a kind of actor; None signs nobody in."""
        return {
            "anonymous": None,
            "holder": self.holder,
            "lacking": self.lacking,
            "outsider": self.outsider,
            "operator": "operator",
        }[kind]

    def kinds(self) -> list[str]:
        return [kind for kind in KINDS if kind != "lacking" or self.lacking is not None]

    def expected(self, kind: str) -> tuple[int, ...]:
        status = {**self.answers, **self.expect}[kind]
        return status if isinstance(status, tuple) else (status,)


def collect_rows() -> list[Row]:
    """The rows of every room, in the order of their names."""
    found: list[Row] = []
    for path in sorted(TESTS.glob("*/permission_rows.py")):
        found += import_module(f"tests.{path.parent.name}.permission_rows").ROWS
    return found


def list_routes() -> dict[str, str]:
    """Name of every route → its pattern. An unnamed one stands under its pattern."""
    return dict(_routes(get_resolver().url_patterns, "", ""))


def _routes(patterns: Iterable[URLPattern | URLResolver], space: str, prefix: str) -> Iterable[tuple[str, str]]:
    for one in patterns:
        pattern = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from _routes(one.url_patterns, inner, pattern)
        else:
            yield (f"{space}{one.name}" if one.name else f"without a name: {pattern}"), pattern
