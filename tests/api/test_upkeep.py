"""The register kept true by programs: each story by token, each write sent twice."""

import json
from uuid import uuid4

import pytest
from django.test import Client

from linli.core.actors import SYSTEM, Actor
from linli.grid import actions as grid
from linli.grid.rules import PERMISSIONS
from linli.residents import actions
from linli.residents.models import Correction, Person, Transfer
from tests.api.rows_upkeep import dwelling_of
from tests.conftest import Cast
from tests.residents.test_reach import people_of

BASE = "/api/v1/register"


@pytest.fixture
def call(db, cast: Cast):
    tokens: dict[str, str] = {}

    def call(username: str, path: str, body: dict | None = None):
        if username not in tokens:
            account = cast.accounts[username]
            tokens[username] = grid.make_token(actor=SYSTEM, account=account, name="t", scopes=sorted(PERMISSIONS))[1]
        headers = {"Authorization": f"Bearer {tokens[username]}"}
        if body is None:
            return Client().get(BASE + path, headers=headers)
        text = json.dumps(body, default=str)
        return Client().post(BASE + path, text, content_type="application/json", headers=headers)

    return call


def test_a_household_is_handed_over_and_taken(cast: Cast, call):
    home = cast.households[0]
    new = {"id": uuid4(), "to": "360103001002", "reason": "搬家"}
    made = [call("wang", f"/households/{home.pk}/transfers", new) for _again in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    assert Transfer.objects.count() == 1
    key = made[0].json()["id"]
    assert call("sun", "/transfers").json()[0]["is_incoming"] is True
    taken = {"id": uuid4(), "dwelling": dwelling_of(cast, "002-1-1")}
    for _again in range(2):
        answer = call("sun", f"/transfers/{key}/accept", taken)
        assert answer.status_code == 200, answer.content
        assert answer.json()["state"] == "accepted"
        assert answer.json()["reason"] == ""  # forgotten once it is settled


def test_a_community_that_is_not_near_is_refused_at_its_field(cast: Cast, call):
    new = {"id": uuid4(), "to": "360103001001-1", "reason": "搬家"}
    answer = call("wang", f"/households/{cast.households[0].pk}/transfers", new)
    assert answer.status_code == 422
    assert "to" in answer.json()["fields"]


def test_a_proposal_is_refused_or_taken_back(cast: Cast, call):
    for who, act, more in (("sun", "refuse", {"answer": "查无此户"}), ("wang", "cancel", {})):
        new = {"id": uuid4(), "to": "360103001002", "reason": "搬家"}
        key = call("wang", f"/households/{cast.households[0].pk}/transfers", new).json()["id"]
        answer = call(who, f"/transfers/{key}/{act}", {"id": uuid4(), **more})
        assert answer.status_code == 200, answer.content
    assert set(Transfer.objects.values_list("state", flat=True)) == {"refused", "cancelled"}


def test_a_correction_is_asked_and_decided_by_somebody_else(cast: Cast, call):
    home = cast.households[0]
    me = people_of(home)[0]
    new = {"id": uuid4(), "field": "name", "value": "陈玉兰", "person": me.pk}
    made = call("zhou", f"/households/{home.pk}/corrections", new)
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    assert key in [one["id"] for one in call("li", "/corrections").json()]
    assert call("li", f"/corrections/{key}").json()["value"] == "陈玉兰"
    approve = {"id": uuid4()}
    assert [call("li", f"/corrections/{key}/approve", approve).status_code for _again in range(2)] == [200, 200]
    assert Person.objects.get(pk=me.pk).name == "陈玉兰"


def test_a_correction_is_refused_with_a_reason(cast: Cast, call):
    link = Actor(kind="link", id=1)
    made = actions.ask_correction(actor=link, household_id=cast.households[0].pk, field="other", value="门牌错了")
    answer = call("li", f"/corrections/{made.pk}/refuse", {"id": uuid4(), "answer": "没有错"})
    assert answer.json()["state"] == "refused"
    assert Correction.objects.get().answer == "没有错"


def test_two_records_become_one_and_two_again(cast: Cast, call):
    one, other = people_of(cast.households[0])
    Person.objects.filter(pk=other.pk).update(name=one.name, sex=one.sex, born_on=one.born_on)
    place = "?place=360103001001"
    assert call("wang", f"/duplicates{place}").json()["total"] >= 1
    assert call("wang", f"/people/{one.pk}/merge", {"id": uuid4(), "other": other.pk}).status_code == 204
    [merge] = call("wang", f"/merges{place}").json()
    assert merge["person"] == one.pk
    assert call("wang", f"/merges/{merge['id']}/undo", {"id": uuid4()}).status_code == 204
    assert call("wang", f"/people/{one.pk}/two", {"id": uuid4(), "other": other.pk}).status_code == 204
    pairs = call("wang", f"/duplicates{place}").json()["items"]
    assert {one.pk, other.pk} not in [{pair["one"], pair["other"]} for pair in pairs]


def test_a_contact_that_was_confirmed_falls_out(cast: Cast, call):
    def waiting():
        return [one["person"] for one in call("li", "/contacts/stale?place=360103001001-1").json()]

    first = waiting()[0]
    assert call("li", f"/people/{first}/contact", {"id": uuid4()}).status_code == 204
    assert first not in waiting()


def test_numbers_are_masked_everywhere(cast: Cast, call):
    numbers = [one.phone for one in Person.objects.all()]
    for path in ("/contacts/stale?place=360103001001", "/duplicates?place=360103001001", "/due?place=360103001001"):
        text = call("wang", path).content.decode()
        assert not any(number and number in text for number in numbers)


def test_a_record_is_erased_once_and_only_on_a_ground(cast: Cast, call):
    person = people_of(cast.households[0])[0]
    assert call("wang", f"/people/{person.pk}/erase", {"id": uuid4(), "ground": "because"}).status_code == 422
    erase = {"id": uuid4(), "ground": "asked"}
    assert [call("wang", f"/people/{person.pk}/erase", erase).status_code for _again in range(2)] == [204, 204]
    assert Person.objects.get(pk=person.pk).name == ""
    home = cast.households[1]
    assert call("wang", f"/households/{home.pk}/erase", {"id": uuid4(), "ground": "asked"}).status_code == 204
    assert call("wang", "/due/erase", {"id": uuid4(), "place": "360103001001"}).json() == {"erased": 0}


def test_lists_cost_the_same_whatever_they_hold(cast: Cast, call, django_assert_max_num_queries):
    link = Actor(kind="link", id=1)
    for home in cast.households_in("001-1-1"):
        actions.ask_correction(actor=link, household_id=home.pk, field="other", value="门牌错了")
        actions.propose_transfer(
            actor=cast.actor("wang"), household_id=home.pk, to_place_id=cast.place("002").pk, reason="搬家"
        )
    place = "?place=360103001001"
    for path, most in (
        ("/transfers", 12),
        ("/corrections", 14),
        (f"/duplicates{place}", 16),
        (f"/merges{place}", 14),
        (f"/contacts/stale{place}", 16),
        (f"/due{place}", 20),
    ):
        with django_assert_max_num_queries(most):
            assert call("wang", path).status_code == 200
