"""The permission matrix: every route, tried by nobody, by somebody allowed, by one in the same place who isn't, by one
who works elsewhere, and by an operator without a post. How to add a row stands in `tests/matrix.py`."""

import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from linli.grid.rules import PERMISSIONS
from tests.conftest import Cast
from tests.matrix import Row, collect_rows, list_routes

ROWS = collect_rows()


def test_every_route_has_a_row():
    without = set(list_routes()) - {row.route for row in ROWS}
    assert not without, f"add rows to tests/<room>/permission_rows.py for {sorted(without)}"


def test_every_row_has_a_route():
    gone = {row.route for row in ROWS} - set(list_routes())
    assert not gone, f"these routes are no more: {sorted(gone)}"


def test_rows_name_known_permissions_and_stand_once():
    assert {row.permission for row in ROWS} - {""} <= set(PERMISSIONS)
    assert [key for key, n in Counter(map(str, ROWS)).items() if n > 1] == []


def ask(row: Row, cast: Cast, kind: str, method: str = "") -> tuple[int, str]:
    """Status and where it leads. Whatever the request wrote is undone."""
    client = Client()
    username = row.username(kind)
    with transaction.atomic():
        if username:
            client.force_login(cast.accounts[username], backend="django.contrib.auth.backends.ModelBackend")
        address = reverse(row.route, kwargs=dict(row.kwargs(cast))) + row.query
        extra: dict[str, Any] = {"headers": dict(row.headers(cast, username))}
        method = method or row.method
        if method != "GET":
            data = dict(row.data(cast)) if method == row.method else {}
            is_json = row.is_api or row.json
            extra |= {"data": json.dumps(data, default=str) if is_json else data}
            extra |= {"content_type": "application/json"} if is_json else {}
        response = getattr(client, method.lower())(address, **extra)
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)  # read to its end: the client then closes it without the connection
        transaction.set_rollback(True)
    return response.status_code, response.headers.get("Location", "")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(row: Row, cast: Cast) -> None:
    """The whole row at once, so that a failure shows who got what instead of which."""
    wrong = {}
    for kind in row.kinds():
        status, location = ask(row, cast, kind)
        if status not in row.expected(kind):
            wrong[kind] = f"{status} instead of {row.expected(kind)}"
        elif kind == "anonymous" and row.expected(kind) == (302,) and urlsplit(location).path != reverse("sign-in"):
            wrong[kind] = f"led to {location} instead of the sign-in"
    assert wrong == {}


METHODS = {(row.route, row.method) for row in ROWS}
OTHER_METHODS = [
    (row, method)
    for row in {row.route: row for row in ROWS if not row.is_api}.values()
    for method in ("GET", "POST")
    if (row.route, method) not in METHODS
]


@pytest.mark.parametrize(("row", "method"), OTHER_METHODS, ids=str)
def test_a_method_without_a_row_is_refused(row: Row, method: str, cast: Cast) -> None:
    """A page that takes a form too needs a second row; one that doesn't says so (`require_GET`, `require_POST`)."""
    assert ask(row, cast, row.kinds()[1], method)[0] == 405
