"""Who a token is: within its scopes, until its day, with the posts of this moment."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from linli.config.api import api
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.grid import actions as grid
from linli.grid.models import ApiToken, Appointment
from linli.grid.rules import PERMISSIONS
from tests.api.conftest import SCHEMA

MINE = "/places/360103001001"


@pytest.mark.parametrize("token", ["", "linli_wrong", "nonsense"])
def test_without_a_valid_token_nothing_opens(program, token):
    caller = program()
    caller.token = token
    answer = caller.get(MINE)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.body["type"] == "urn:linli:problem:unauthenticated"


def test_a_session_is_no_token(sign_in):
    assert sign_in("wang").get("/api/v1" + MINE).status_code == 401


def test_a_token_ends_on_its_day(program):
    wang = program("wang", days=3)
    assert wang.get(MINE).status == 200
    with time_machine.travel(clock.now() + timedelta(days=3, minutes=1)):
        assert wang.get(MINE).status == 401


def test_a_revoked_token_ends_at_once(program):
    wang = program("wang")
    grid.revoke_token(actor=SYSTEM, token_id=wang.stored.pk)
    assert wang.get(MINE).status == 401


def test_a_token_ends_with_its_account(program, cast):
    wang = program("wang")
    grid.deactivate_account(actor=SYSTEM, account=cast.accounts["wang"], reason="left")
    assert wang.get(MINE).status == 401


def test_a_token_sees_what_the_appointments_of_this_moment_allow(program, cast):
    wang = program("wang")
    assert wang.get(MINE).status == 200
    held = Appointment.objects.get(account=cast.accounts["wang"])
    grid.end_appointment(actor=SYSTEM, appointment=held, reason="moved")
    assert wang.get(MINE).status == 404


def test_a_scope_narrows_what_the_account_may(program):
    reader = program("wang", ["places.see"])
    assert reader.get(MINE).status == 200
    refused = reader.get("/tasks", mine="true")  # her own tasks need no permission, but the token's scope
    assert refused.status == 403
    assert refused.body["type"] == "urn:linli:problem:token-scope"
    assert "tasks.see" in refused.body["detail"]
    new = {"id": uuid4(), "parent": "360103001001", "name": "第三网格"}
    assert reader.post("/places", new).status == 403


def test_a_scope_gives_nothing_that_the_posts_do_not(program):
    nobody = program("nobody")
    assert nobody.get(MINE).status == 404
    assert nobody.walk("/tasks") == []
    zhou = program("zhou")  # a cell's leader may see posts nowhere
    assert zhou.get("/posts/vacancies", under="360103001001-1-1").status == 404


def test_the_other_community_finds_nothing(program):
    sun = program("sun")
    for path, query in [
        (MINE, {}),
        ("/places", {"under": "360103001001"}),
        ("/posts/vacancies", {"under": "360103001001"}),
        ("/posts/appointments", {"place": "360103001001"}),
        ("/register/households", {"place": "360103001001"}),
        ("/register/dwellings", {"place": "360103001001"}),
    ]:
        assert sun.get(path, **query).status == 404, path


def test_guessing_tokens_is_slowed_down_and_valid_ones_go_on(program):
    wang, guesser = program("wang"), program()
    guesser.token = "linli_guess"
    answers = [guesser.get(MINE) for _ in range(62)]
    assert answers[0].status == 401
    assert answers[-1].status == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 600
    assert wang.get(MINE).status == 200


def test_the_day_of_use_is_noted_once(program, django_assert_max_num_queries):
    wang = program("wang")
    wang.get(MINE)
    assert ApiToken.objects.get(pk=wang.stored.pk).used_on == clock.today()
    with django_assert_max_num_queries(6):
        wang.get(MINE)


def test_every_route_names_a_known_scope_and_takes_a_token():
    for path, operations in SCHEMA["paths"].items():
        for method, operation in operations.items():
            assert operation["x-scope"] in PERMISSIONS, f"{method} {path}"
            assert operation["security"], f"{method} {path}"
            assert operation["summary"], f"{method} {path}"


def test_every_write_takes_an_id_made_by_the_client():
    without = set()
    for path, operations in SCHEMA["paths"].items():
        if "post" in operations:
            schema = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
            name = schema["$ref"].rpartition("/")[2]
            if "id" not in SCHEMA["components"]["schemas"][name]["required"]:
                without.add(path.removeprefix("/api/v1"))
    # Each receipt of a batch has its own; a reveal writes nothing but its line in the trail.
    assert without == {"/alerts/{alert_id}/receipts", "/register/people/{person_id}/reveal"}


def test_the_description_is_open_to_all_and_names_nobody(client, cast):
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")
    assert "360103" not in answer.content.decode()
    assert api.title == "Linli"
