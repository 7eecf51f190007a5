"""The one-time code before what is held about a home: to the phone on record, once, for ten minutes, for one link."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test import Client

from linli.core import clock
from linli.messages import actions as messages
from linli.messages.jobs import forget_old_messages, send_what_is_due
from linli.messages.models import Delivery, Dispatch, OneTimeCode, Sender
from linli.residents import actions
from linli.residents.models import Household
from linli.residents.rules import PersonEntry
from tests.alerts.test_about import OWN, prove
from tests.alerts.test_public import form_of, open_home
from tests.conftest import Cast
from tests.messages.peers import provider
from tests.residents.test_reach import people_of


@pytest.fixture
def hand():
    with time_machine.travel(
        "2026-03-02T16:30:00+00:00", tick=False
    ) as hand:  # past midnight: nobody is to wait for morning
        yield hand


@pytest.fixture
def gateway(settings):
    with provider() as made:
        settings.INNER_HOSTS = [*settings.INNER_HOSTS, made.host]
        config = json.dumps({"url": made.url, "ref_field": "ref"})
        Sender.objects.create(name="sms", kind="sms_http", config=config, per_minute=60_000, made_at=clock.now())
        yield made


@pytest.fixture
def home(hand, cast: Cast, gateway) -> Household:
    home = cast.households[0]
    actions.add_person(actor=cast.actor("li"), household_id=home.pk, entry=PersonEntry("小明", role="child"))
    return home


def code_that_came(gateway) -> str:
    send_what_is_due()
    text = json.dumps(gateway.arrived[-1].json, ensure_ascii=False)
    found = re.search(r"(?<!\d)(\d{6})(?!\d)", text)
    assert found is not None, text
    return found.group(1)


def enter(phone: Client, code: str):
    return phone.post("/n/about/code", {**form_of(phone.get("/n/about")), "code": code})


def is_open(phone: Client, home: Household) -> bool:
    return "138****0111" in phone.get("/n/about").content.decode()


def test_the_right_digits_send_a_code_to_the_phone_on_record_and_open_nothing(home, gateway):
    phone = open_home(home)
    assert prove(phone).status_code == 303
    assert not is_open(phone, home)
    code = code_that_came(gateway)
    assert people_of(home)[0].phone in json.dumps(gateway.arrived[-1].json)
    assert enter(phone, code).status_code == 303
    assert is_open(phone, home)
    text = phone.get("/n/about").content.decode()
    assert "138****0112" not in text  # of somebody with a phone of their own
    assert "小明" in text


def test_without_a_sender_the_digits_alone_are_the_proof(home):
    Sender.objects.update(is_on=False)
    phone = open_home(home)
    prove(phone)
    assert is_open(phone, home)
    assert not OneTimeCode.objects.exists()


def test_the_code_stands_nowhere_but_on_the_phone(home, gateway):
    phone = open_home(home)
    prove(phone)
    code = code_that_came(gateway)
    texts = "".join(json.dumps(one.texts) for one in Dispatch.objects.all())
    assert code not in texts
    with connection.cursor() as cursor:
        cursor.execute("SELECT code_hash FROM linli_messages_onetimecode")
        assert all(code not in row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("forged", ["", "0000000", "12345", "abcdef", "１２３４５６", "' OR 1=1"])
def test_a_forged_one_opens_nothing(home, gateway, forged):
    phone = open_home(home)
    prove(phone)
    assert code_that_came(gateway) != forged
    assert enter(phone, forged).status_code == 422
    assert not is_open(phone, home)


def test_guesses_are_few_and_then_the_right_one_is_refused_too(home, gateway):
    phone = open_home(home)
    prove(phone)
    code = code_that_came(gateway)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert [enter(phone, wrong).status_code for _try in range(5)] == [422] * 5
    assert enter(phone, code).status_code == 429
    assert not is_open(phone, home)


def test_replayed_it_opens_nothing(home, gateway):
    phone = open_home(home)
    prove(phone)
    code = code_that_came(gateway)
    page = form_of(phone.get("/n/about"))
    assert phone.post("/n/about/code", {**page, "code": code}).status_code == 303
    phone.cookies.pop("linli_proof")
    assert phone.post("/n/about/code", {**page, "code": code}).status_code == 422
    assert not is_open(phone, home)


def test_expired_it_opens_nothing(home, gateway, hand):
    phone = open_home(home)
    prove(phone)
    code, page = code_that_came(gateway), form_of(phone.get("/n/about"))
    hand.shift(timedelta(minutes=10))
    assert phone.post("/n/about/code", {**page, "code": code}).status_code == 422
    assert not is_open(phone, home)


def test_of_another_household_or_link_it_opens_nothing(home, gateway, cast: Cast):
    phone = open_home(home)
    prove(phone)
    code = code_that_came(gateway)
    for stranger in (open_home(cast.households[1]), open_home(home)):
        page = form_of(stranger.get("/n/about"))
        assert stranger.post("/n/about/code", {**page, "code": code}).status_code == 422
        assert not is_open(stranger, home)
        assert stranger.post("/n/about/code", {"code": code}).status_code == 403  # without the page's proof
    assert enter(phone, code).status_code == 303  # and it was not used up by that


def test_a_newer_code_ends_the_one_before(home, gateway):
    phone = open_home(home)
    prove(phone)
    first = code_that_came(gateway)
    page = form_of(phone.get("/n/about?again=1"))
    assert phone.post("/n/about/prove", {**page, "last4": OWN}).status_code == 303
    second = code_that_came(gateway)
    if first != second:
        assert enter(phone, first).status_code == 422
    assert enter(phone, second).status_code == 303


def test_a_phone_is_not_flooded(home, gateway):
    phones = [open_home(home) for _link in range(6)]
    assert [prove(phone).status_code for phone in phones] == [303] * 5 + [429]


def test_whoever_moved_out_or_changed_the_phone_meanwhile_is_not_let_in(home, gateway, cast: Cast):
    phone = open_home(home)
    prove(phone)
    code = code_that_came(gateway)
    actions.depart_person(actor=cast.actor("li"), person_id=people_of(home)[0].pk, reason="搬走")
    assert enter(phone, code).status_code == 422


def test_wrong_digits_send_nothing(home, gateway):
    assert prove(open_home(home), "9999").status_code == 422
    send_what_is_due()
    assert gateway.arrived == []


def test_nobody_is_asked_to_mend_a_code_and_a_reply_to_it_answers_the_notice(home, gateway, cast: Cast, hand, sign_in):
    phone = open_home(home)
    prove(phone)
    hand.shift(timedelta(minutes=11))
    send_what_is_due()
    assert Delivery.objects.get().state == "failed"
    assert "/n/about" not in sign_in("wang").get("/messages/unsent").content.decode()
    reply = messages.file_reply(actor=cast.actor("li"), sender=None, phone=people_of(home)[0].phone, text="1", ref="9")
    assert reply.recipient_kind == ""


def test_old_codes_are_forgotten(home, gateway, hand):
    prove(open_home(home))
    hand.shift(timedelta(days=2))
    forget_old_messages()
    assert not OneTimeCode.objects.exists()


def test_the_pages_hold_no_code_in_an_address(home):
    assert "code=" not in Path("linli/alerts/templates/alerts/public/prove_code.html").read_text(encoding="utf-8")
