"""The page of the cast: one click signs in, in a demonstration and nowhere else."""

import json

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

import linli.config.urls  # noqa: F401  (read before a test makes this a demonstration)
from linli.alerts.actions import Notice, issue_alert, make_household_link
from linli.core.actors import SYSTEM
from linli.demo import stage
from linli.demo.play import alert_id
from linli.demo.world import Member


@pytest.fixture
def demonstration(cast, settings, monkeypatch, tmp_path):
    settings.DEMO, settings.HOME, settings.ROOT_URLCONF = True, tmp_path, "tests.demo.urls"
    members = (Member("chen", "street_officer"), Member("zhou", "leader"), Member("sun", "outsider"))
    monkeypatch.setitem(stage.CASTS, "china", members)
    return cast


def issue(cast):
    notice = Notice(texts={"en": {"headline": "Stay at home", "body": "Until noon."}}, urgency="immediate",
                    places=[cast.place("360103001")])  # fmt: skip
    return issue_alert(actor=cast.actor("chen"), alert_id=alert_id("china", 7), notice=notice)


def test_every_member_of_the_cast_has_a_card_and_a_button(demonstration, client):
    page = client.get("/demo/").content.decode()
    for name in ("陈书琴", "周大勇", "孙立"):
        assert name in page
    assert page.count('name="username"') == 3
    assert "/l/" not in page  # no links before the notice


def test_one_click_signs_in_and_an_officer_sees_the_picture(demonstration):
    alert = issue(demonstration)
    client = Client()
    answer = client.post("/demo/sign-in", {"username": "chen"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("alert", args=[alert.pk])
    assert client.session["_auth_user_id"] == str(demonstration.accounts["chen"].pk)


def test_nobody_outside_the_cast_is_signed_in(demonstration, client):
    assert client.post("/demo/sign-in", {"username": "wang"}).status_code == 404
    assert client.post("/demo/sign-in", {"username": "operator"}).status_code == 404
    assert client.get("/demo/sign-in").status_code == 405
    assert "_auth_user_id" not in client.session


def test_the_links_of_examples_lead_to_notices(demonstration, client):
    issue(demonstration)
    household = demonstration.households_in("001-1-1")[0].pk
    token = make_household_link(actor=SYSTEM, household=household)
    stage.write_links({"own": token})
    page = client.get("/demo/").content.decode()
    assert f"/l/{token}" in page
    assert client.get(f"/l/{token}", follow=True).status_code == 200


def test_without_a_demonstration_there_is_no_such_page(demonstration, settings, client):
    settings.DEMO = False
    assert client.get("/demo/").status_code == 404
    assert client.post("/demo/sign-in", {"username": "chen"}).status_code == 404


def test_a_deployment_has_no_such_address():
    with pytest.raises(NoReverseMatch):
        reverse("demo-cast", urlconf="linli.config.urls")


def test_the_page_takes_the_same_queries_whatever_the_size(demonstration, client, django_assert_max_num_queries):
    issue(demonstration)
    with django_assert_max_num_queries(16):  # two for each member, and those of the frame
        client.get("/demo/")


def test_what_arrived_of_the_drill_is_found_among_the_rest(demonstration, client, settings):
    lines = [
        ("sms", "+861", "停水通知"),
        ("sms", "+862", "【演练】检验传达"),
        ("email", "a@b", "[DRILL] Does it reach?"),
    ]
    rows = [json.dumps({"channel": a, "to": b, "text": c}, ensure_ascii=False) for a, b, c in lines]
    (settings.HOME / "demo-arrived.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    every, drill = (client.get(f"/demo/sinks{query}").content.decode() for query in ("", "?of=drill"))
    assert "停水通知" in every
    assert "停水通知" not in drill
    assert "【演练】检验传达" in drill
    assert "[DRILL] Does it reach?" in drill
