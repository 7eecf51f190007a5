"""Whatever goes wrong is told as application/problem+json, in the caller's language (each call checks the shape)."""

import json
from uuid import uuid4

import pytest
from django.test import Client

from linli.core.errors import TooMany
from tests.api.conftest import BASE


def test_an_unknown_address(program):
    assert program("wang").get("/nothing").status == 404
    assert program().get("/nothing/at/all").status == 404


def test_another_method(program):
    answer = Client().delete(f"{BASE}/places")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}


def test_a_body_that_is_no_json(program):
    assert program("wang").post("/places", "{no json").status == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": "x", "parent": "360103001001", "name": "n"}, "id"),
        ([], "id"),
    ],
)
def test_a_body_of_another_shape_names_the_field(program, body, field):
    answer = program("wang").post("/places", body)
    assert answer.status == 422
    assert field in answer.body["fields"]


def test_a_rule_that_is_broken_names_the_field(program):
    answer = program("wang").post("/places", {"id": uuid4(), "parent": "360103001001", "name": " "})
    assert answer.status == 422
    assert "name" in answer.body["fields"]


def test_too_large_a_body(program, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert program("wang").post("/places", {"name": "x" * 2000}).status == 413


@pytest.mark.parametrize("cursor", ["x", "eyJ9", "WzFd", "WyJhIiwgImIiXQ", "WyIiXQ", "a" * 501])
@pytest.mark.parametrize("path", ["/alerts", "/tasks", "/posts/appointments?place=360103001001"])
def test_a_cursor_made_elsewhere(program, cursor, path):
    path, _, query = path.partition("?")
    extra = dict([query.split("=")]) if query else {}
    assert program("wang").get(path, cursor=cursor, **extra).status == 422


def test_limits_have_limits(program):
    wang = program("wang")
    assert wang.get("/alerts", limit=0).status == 422
    assert wang.get("/alerts", limit=501).status == 422


def test_a_problem_speaks_the_callers_language(program):
    wang = program("wang")
    texts = {
        language: wang._send("get", "/places/none", {}, headers={"Accept-Language": language}).body["title"]
        for language in ("en", "zh-hans")
    }
    assert texts["en"] == "There is nothing here, or it isn't in your area"


def test_a_fault_is_told_without_its_cause(program, monkeypatch):
    from linli.grid import queries

    def break_down(**_more):
        raise RuntimeError("secret detail")

    wang = program("wang")
    monkeypatch.setattr(queries, "get_place", break_down)
    caller = Client(raise_request_exception=False)
    answer = caller.get(f"{BASE}/places/36", headers={"Authorization": f"Bearer {wang.token}"})
    assert answer.status_code == 500
    assert json.loads(answer.content)["type"] == "urn:linli:problem:fault"
    assert b"secret" not in answer.content


def test_too_many_tells_when_to_come_back(program, monkeypatch):
    from linli.grid import queries

    def refuse(**_more):
        raise TooMany.until(42)

    monkeypatch.setattr(queries, "get_place", refuse)
    answer = program("wang").get("/places/36")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "42"
