"""A program with a token: `program("wang")` talks JSON to the API as she may, within the token's scopes."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from linli.config.api import api
from linli.core.actors import SYSTEM
from linli.grid import actions as grid
from linli.grid.models import ApiToken
from linli.grid.rules import PERMISSIONS

BASE = "/api/v1"
SCHEMA = api.get_openapi_schema()


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any


@dataclass
class Program:
    """Every answer is held against the API's description: its status is documented, its body has the documented fields."""

    token: str = ""
    stored: ApiToken | None = None

    def get(self, path: str, **query: Any) -> Answer:
        return self._send("get", path, query)

    def post(self, path: str, body: Any, **extra: Any) -> Answer:
        return self._send("post", path, body, **extra)

    def walk(self, path: str, **query: Any) -> list[Any]:
        """Every item of a list, page after page."""
        found, cursor = [], ""
        for _ in range(200):
            page = self.get(path, cursor=cursor, **query)
            assert page.status == 200, page.body
            found += page.body["items"]
            cursor = page.body["next"]
            if not cursor:
                return found
        raise AssertionError("the cursor goes round in circles")

    def _send(self, method: str, path: str, data: Any, **extra: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= extra.pop("headers", {})
        if method == "post":
            extra = {"content_type": "application/json"} | extra
            data = data if isinstance(data, str | bytes) else json.dumps(data, default=str)
        response = getattr(Client(), method)(f"{BASE}{path}", data, headers=headers, **extra)
        is_json = response.headers.get("Content-Type", "").split(";")[0].endswith("json")
        body = json.loads(response.content) if is_json and response.content else None
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json", response.content
            assert body["status"] == response.status_code
            assert body["type"].startswith("urn:linli:problem:")
            assert body["title"]
            assert body["detail"]
        check_documented(method, f"{BASE}{path}", response.status_code, body)
        return Answer(response.status_code, body, response.headers)


def operation_for(method: str, path: str) -> dict[str, Any] | None:
    parts = path.split("/")
    shapes = sorted(SCHEMA["paths"], key=lambda one: one.count("{"))
    for shape in shapes:
        named = shape.split("/")
        fits = len(named) == len(parts) and all(
            mine.startswith("{") or mine == theirs for mine, theirs in zip(named, parts, strict=True)
        )
        if fits and method in SCHEMA["paths"][shape]:
            return SCHEMA["paths"][shape][method]
    return None


def check_documented(method: str, path: str, status: int, body: Any) -> None:
    """The answer is one that the description promises."""
    operation = operation_for(method, path)
    if operation is None:
        assert status in (404, 405), f"{method} {path} is not described and answers {status}"
        return
    assert status in {int(one) for one in operation["responses"]}, f"{method} {path} answers {status}: {body}"
    content = operation["responses"][status].get("content")
    if content:
        _check_fields(body, next(iter(content.values()))["schema"])


def _check_fields(value: Any, schema: dict[str, Any]) -> None:
    while "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list) and "items" in schema:
        for one in value:
            _check_fields(one, schema["items"])
    elif isinstance(value, dict) and "properties" in schema:
        assert set(value) == set(schema["properties"]), schema.get("title")
        for name, inner in value.items():
            _check_fields(inner, schema["properties"][name])


@pytest.fixture
def program(cast):
    def make(username: str = "", scopes: Any = None, **more: Any) -> Program:
        if not username:
            return Program()
        wanted = sorted(PERMISSIONS) if scopes is None else scopes
        stored, text = grid.make_token(
            actor=SYSTEM, account=cast.accounts[username], name="tests", scopes=wanted, write_id=uuid4(), **more
        )
        return Program(text, stored)

    return make
