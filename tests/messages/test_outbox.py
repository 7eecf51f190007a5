"""The loop that sends: each through the real library to a real server on this machine."""

from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.messages import actions, queries
from linli.messages.actions import Recipient
from linli.messages.actions import outbox as worker
from linli.messages.jobs import Outbox
from linli.messages.models import Delivery, PersonalLink, Sender
from linli.messages.profile import Quiet
from linli.residents.models import Person
from tests.messages.conftest import make_mail, make_sender, only, send_to

pytestmark = pytest.mark.django_db


def later(monkeypatch, **by):
    """The clock goes on (or back)."""
    shown = clock.now() + timedelta(**by)
    monkeypatch.setattr(clock, "now", lambda: shown)


def test_a_household_gets_its_link_in_an_sms(home, gateway, outbox, settings):
    settings.PUBLIC_URL = "https://linli.example"
    make_sender("sms_http", url=gateway.url)
    send_to(home.to)
    assert outbox.round() == 1
    (letter,) = gateway.arrived
    assert letter.json["phone"] == "+8613800130111"
    token = letter.json["text"].split("/l/")[1].split()[0]
    assert letter.json["text"] == f"明天停水 https://linli.example/l/{token}\n请储水。"
    row = only()
    assert (row.state, row.channel, row.failure, row.tries) == ("sent", "sms", "", 1)
    link = queries.get_link(token=token, purpose="household")
    assert (link.pk, link.subject) == (row.link_id, home.household.pk)
    actions.note_opened(actor=SYSTEM, link=link)
    assert only().state == "read"
    actions.stop(actor=SYSTEM, source=("alerts", "a1"), kind="household", ids=[home.household.pk])
    assert only().state == "confirmed"
    assert outbox.round() == 0


def test_a_drill_says_so_first_on_every_channel(cast, home, gateway, mail, outbox):
    chen = cast.accounts["chen"]
    make_mail(chen, "chen@example.org")
    make_sender("sms_http", url=gateway.url)
    make_sender("smtp", host="127.0.0.1", port=mail.port, security="none", from_address="linli@example.org")
    robot = make_sender("wecom", url=f"{gateway.url}/robot", place=cast.place("001"))
    send_to(home.to, Recipient("account", chen.pk, home.path), Recipient("group", robot.pk, home.path), drill=True)
    assert outbox.round() == 3
    bodies = [one.body.decode() for one in gateway.arrived] + [one.content.decode() for one in mail.arrived]
    assert len(bodies) == 3
    assert '"text": "【演练】明天停水' in "".join(bodies)
    assert "**【演练】明天停水**" in "".join(bodies)
    found = message_from_bytes(mail.arrived[0].content, policy=policy.default)
    assert found["Subject"] == "【演练】明天停水"
    assert found.get_body(("plain",)).get_content().startswith("【演练】明天停水")
    assert "<h1>【演练】明天停水</h1>" in found.get_body(("html",)).get_content()


def test_a_number_that_does_not_exist_falls_back_and_becomes_a_task(home, gateway, outbox):
    gateway.answer = lambda one: (
        (200, {"code": "bad number"}, {}) if one.json["phone"].endswith("0111") else (200, {"code": "0"}, {})
    )
    make_sender("sms_http", url=gateway.url, ok_field="code", ok_value="0")
    send_to(home.to)
    assert outbox.round() == 1
    row = only()
    assert (row.state, row.tried[0][:2]) == ("queued", ["sms", "bad_address"])
    assert Person.objects.get(phone_last4=Person.objects.first().phone_last4).phone_dead_at is not None
    assert outbox.round() == 1
    assert only().state == "sent"
    assert [one.json["phone"][-4:] for one in gateway.arrived] == ["0111", "0112"]


def test_after_the_last_means_a_person_calls_or_it_stands_as_unsent(home, gateway, outbox):
    gateway.answer = lambda _one: (200, {"code": "refused"}, {})
    make_sender("sms_http", url=gateway.url, ok_field="code")
    Person.objects.update(channels=["sms", "voice"])
    send_to(home.to)
    while outbox.round():
        pass
    row = only()
    assert row.state == "to_call"
    assert [entry[:2] for entry in row.tried] == [["sms", "refused"], ["sms", "refused"]]
    Person.objects.update(channels=["sms"])
    send_to(home.to, kind="reminder")
    while outbox.round():
        pass
    row = only(dispatch__kind="reminder")
    assert (row.state, row.failure) == ("failed", "refused")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((500, {}, {}), "provider_error"),
        ((200, b"<html>", {}), "provider_error"),
        ((200, {"errcode": 45009, "errmsg": "freq"}, {}), "throttled"),
        ((429, {}, {"Retry-After": "90"}), "throttled"),
        ((200, {"errcode": 93000, "errmsg": "invalid webhook url"}, {}), "bad_setup"),
        ((302, {}, {"Location": "http://169.254.169.254/latest"}), "bad_setup"),
        ((404, {}, {}), "bad_setup"),
        ((413, {}, {}), "refused"),
    ],
)
def test_what_a_provider_may_answer(cast, gateway, outbox, answer, failure):
    gateway.answer = lambda _one: answer
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path))
    outbox.round()
    row = only()
    assert row.failure == failure
    assert row.state == ("queued" if failure in {"provider_error", "throttled"} else "failed")
    if answer[0] == 429:
        assert timedelta(seconds=80) < row.next_at - clock.now() < timedelta(seconds=100)
    assert len(gateway.arrived) == 1


def test_silence_is_a_timeout_and_is_tried_again_with_growing_waits(cast, gateway, outbox, monkeypatch):
    monkeypatch.setattr("linli.messages.senders.base.SEND_TIMEOUT_S", 0.2)
    gateway.delay_s = 0.6
    robot = make_sender("feishu", url=gateway.url, place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path))
    waits = []
    for _ in range(3):
        outbox.round()
        row = only()
        assert (row.state, row.failure) == ("queued", "timeout")
        waits.append((row.next_at - clock.now()).total_seconds())
        later(monkeypatch, seconds=waits[-1] + 1)
    assert waits[0] < waits[1] < waits[2]
    outbox.round()
    assert (only().state, only().failure) == ("failed", "timeout")


def test_an_inner_address_is_never_asked(cast, outbox, gateway, settings):
    settings.INNER_HOSTS = []
    robots = [
        make_sender("wecom", url=gateway.url, place=cast.place("001")),
        make_sender("apprise", url=gateway.url.replace("http", "json"), place=cast.place("001")),
        make_sender("smtp", host="127.0.0.1", port=25, security="none", from_address="a@example.org"),
    ]
    chen = cast.accounts["chen"]
    make_mail(chen, "c@example.org")
    send_to(
        *(Recipient("group", one.pk, one.path) for one in robots[:2]), Recipient("account", chen.pk, robots[0].path)
    )
    outbox.round()
    assert gateway.arrived == []
    assert {row.failure for row in Delivery.objects.all()} == {"inner_address"}


def test_through_apprise(cast, outbox, gateway):
    robot = make_sender("apprise", url=gateway.url.replace("http", "json") + "/hook", place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path))
    outbox.round()
    assert only().state == "sent"
    assert (gateway.arrived[0].json["title"], gateway.arrived[0].json["message"]) == ("明天停水", "请储水。")


def test_a_mail_address_that_bounces(cast, mail, outbox):
    wang = cast.accounts["wang"]
    made = make_mail(wang, "w@example.org")
    mail.refuse["w@example.org"] = "550 no such user"
    make_sender("smtp", host="127.0.0.1", port=mail.port, security="none", from_address="linli@example.org")
    send_to(Recipient("account", wang.pk, cast.place("001").path))
    while outbox.round():
        pass
    made.refresh_from_db()
    assert made.dead_at is not None
    row = only()
    assert (row.state, row.channel, row.tried[0][:2]) == ("sent", "inbox", ["email", "bad_address"])


def test_a_sender_goes_only_so_fast(cast, gateway, outbox, monkeypatch):
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"), per_minute=60)
    for n in range(30):
        send_to(Recipient("group", robot.pk, robot.path), source=("alerts", str(n)))
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start)
    while outbox.round():
        pass
    assert len(gateway.arrived) == 10, "a sixth of a minute's worth at once"
    for _ in range(5):
        later(monkeypatch, seconds=1)
        while outbox.round():
            pass
    assert len(gateway.arrived) == 15
    waiting = Delivery.objects.filter(state="queued").values_list("next_at", flat=True)
    assert len(set(waiting)) == 15, "each has a turn of its own"


def test_a_failing_sender_rests_and_another_takes_its_place(cast, home, gateway, outbox, monkeypatch):
    near = make_sender("sms_http", url=gateway.url + "/near", place=cast.place("001"))
    make_sender("sms_http", url=gateway.url + "/far")
    gateway.answer = lambda one: (500 if one.path == "/near" else 200, {}, {})
    homes = cast.households_in("001-1-1") + cast.households_in("001-1-2")
    send_to(*(Recipient("household", one.pk, home.path) for one in homes))
    outbox.round()
    near.refresh_from_db()
    assert near.failures >= 5
    assert near.broken_until > clock.now()
    later(monkeypatch, minutes=1)
    while outbox.round():
        pass
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert sum(one.path == "/near" for one in gateway.arrived) == 5


def test_what_is_over_is_not_sent(cast, gateway, outbox, monkeypatch):
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path), expires_at=clock.now() + timedelta(minutes=5))
    later(monkeypatch, minutes=6)
    outbox.round()
    assert (only().state, only().failure) == ("failed", "expired")
    assert gateway.arrived == []


def test_nobody_is_woken_but_for_what_is_urgent(cast, gateway, outbox, monkeypatch):
    monkeypatch.setattr("linli.messages.jobs.plan.quiet", lambda: Quiet(time(22), time(7), frozenset({"immediate"})))
    night = datetime(2026, 7, 1, 17, 30, tzinfo=UTC)  # half past one in Nanchang
    monkeypatch.setattr(clock, "now", lambda: night)
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path), source=("alerts", "later"), urgency="expected")
    send_to(Recipient("group", robot.pk, robot.path), source=("alerts", "now"), urgency="immediate")
    outbox.round()
    assert only(dispatch__source_id="now").state == "sent"
    waiting = only(dispatch__source_id="later")
    assert (waiting.state, waiting.next_at) == ("queued", datetime(2026, 7, 1, 23, 0, tzinfo=UTC))


@pytest.mark.parametrize("by", [{"hours": -3}, {"days": 2}, {"minutes": -2}])
def test_a_clock_that_steps_neither_sends_twice_nor_starves(cast, gateway, outbox, monkeypatch, by):
    gateway.answer = lambda _one: (500, {}, {})
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"))
    sent = make_sender("wecom", url=gateway.url + "/fine", place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path))
    outbox.round()
    gateway.answer = lambda _one: (200, {"errcode": 0}, {})
    send_to(Recipient("group", sent.pk, sent.path), source=("alerts", "a2"))
    outbox.round()
    assert (only(recipient=robot.pk).state, only(recipient=sent.pk).state) == ("queued", "sent")
    later(monkeypatch, **by)
    while outbox.round():
        pass
    assert only(recipient=robot.pk).state == "sent", "it waits for no clock"
    assert len([one for one in gateway.arrived if one.path == "/fine"]) == 1


def test_two_workers_never_take_the_same(cast, gateway):
    robot = make_sender("null")
    assert robot.pk
    homes = cast.households_in("001-1-1") + cast.households_in("001-1-2") + cast.households_in("001-2-1")
    send_to(*(Recipient("household", one.pk, cast.place("001-1").path) for one in homes))
    one, two = Outbox(batch=3), Outbox(batch=3)
    counts = [box.round() for _ in range(2) for box in (one, two)]
    assert sum(counts) == 9
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert PersonalLink.objects.count() in {0, 9}
    one.close()
    two.close()


def test_what_a_dead_worker_had_in_hand_goes_once_more_and_is_marked(cast, gateway, monkeypatch):
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path))
    at = [1000.0]
    monkeypatch.setattr("linli.messages.jobs.outbox.time.monotonic", lambda: at[0])
    watcher = Outbox()
    states = []
    for _time in (1, 2):
        dead = Outbox()
        assert worker.claim(actor=SYSTEM, worker=dead.id, most=10) == 1
        for seconds in (10, 50, 30):
            at[0] += seconds
            watcher.watch_others()
            states.append((only().state, only().maybe_twice))
    taken = [("claimed", False), ("claimed", False), ("queued", True)]
    assert states == [*taken, ("claimed", True), ("claimed", True), ("failed", True)]
    assert only().failure == "unknown"
    assert gateway.arrived == [], "nobody sent anything here: what is in doubt stands on the page of the unsent"
    watcher.close()


def test_a_worker_that_lives_is_left_alone_whatever_the_clock_says(cast, gateway, monkeypatch):
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path))
    at = [1000.0]
    monkeypatch.setattr("linli.messages.jobs.outbox.time.monotonic", lambda: at[0])
    watcher, slow = Outbox(), Outbox()
    worker.claim(actor=SYSTEM, worker=slow.id, most=10)
    later(monkeypatch, days=3)
    for _ in range(10):
        at[0] += 30
        worker.show_life(actor=SYSTEM, worker=slow.id)
        watcher.watch_others()
    assert (only().state, only().maybe_twice) == ("claimed", False)
    watcher.close()
    slow.close()


def test_a_worker_that_ends_in_order_gives_back(cast, gateway):
    robot = make_sender("wecom", url=gateway.url, place=cast.place("001"))
    send_to(Recipient("group", robot.pk, robot.path))
    box = Outbox()
    worker.claim(actor=SYSTEM, worker=box.id, most=5)
    box.close()
    assert (only().state, only().maybe_twice) == ("queued", False)


def test_queries_do_not_grow_with_the_batch(cast, gateway):
    make_sender("null")
    homes = cast.households
    box = Outbox()
    counts = []
    for some in (homes[:2], homes[2:14]):
        send_to(*(Recipient("household", one.pk, cast.place("001").path) for one in some))
        with CaptureQueriesContext(connection) as seen:
            assert box.round() == len(some)
        counts.append(len(seen))
    assert counts[1] <= counts[0]
    assert Sender.objects.get().last_ok_at is not None
    box.close()
