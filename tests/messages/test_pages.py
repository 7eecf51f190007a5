"""The pages of senders, of one's own means and of what needs a person."""

import json
from uuid import uuid4

import pytest

from linli.core import clock, events
from linli.core.models import Event
from linli.messages import rules
from linli.messages.events import ReplyFiled
from linli.messages.models import Delivery, Means, Reply, Sender
from linli.messages.senders.gateways import sign_body
from linli.messages.senders.push import make_private_key, public_key
from linli.messages.views.provider import hook_key
from linli.residents.models import Person
from tests.messages.conftest import make_sender, only, send_to

pytestmark = pytest.mark.django_db


def test_an_officer_sets_a_robot_up_and_tries_it(cast, sign_in, gateway):
    browser = sign_in("chen")
    given = {"name": "南浦工作群", "place": "360103001", "url": gateway.url + "/robot?key=s3cret", "audience": "workers",
             "per_minute": 20, "write_id": str(uuid4())}  # fmt: skip
    first = browser.post("/channels/new/wecom", given)
    made = Sender.objects.get()
    assert first.status_code == 302
    browser.post("/channels/new/wecom", given)
    assert Sender.objects.count() == 1, "sent twice it is set up once"
    assert b"s3cret" not in bytes(Sender.objects.extra(select={"raw": "config"}).values_list("raw", flat=True)[0])
    page = browser.get(f"/channels/{made.pk}").content.decode()
    assert "s3cret" not in page
    browser.post(f"/channels/{made.pk}/test")
    assert "邻里测试消息" in gateway.arrived[0].body.decode()
    made.refresh_from_db()
    assert made.last_ok_at is not None
    gateway.answer = lambda _one: (200, {"errcode": 93000}, {})
    told = browser.post(f"/channels/{made.pk}/test", follow=True).content.decode()
    assert "通道设置有误" in told
    browser.post(f"/channels/{made.pk}", {"name": "新名", "url": "", "audience": "residents", "per_minute": 10})
    made.refresh_from_db()
    assert made.name == "新名"
    assert json.loads(made.config) == {"url": given["url"], "audience": "residents"}


def test_an_inner_address_is_refused_with_what_to_do(cast, sign_in):
    given = {
        "name": "x",
        "place": "南浦街道",
        "url": "http://169.254.169.254/",
        "audience": "workers",
        "per_minute": 20,
    }
    answer = sign_in("chen").post("/channels/new/wecom", given)
    assert answer.status_code == 422
    assert "LINLI_INNER_HOSTS" in answer.content.decode()
    assert Sender.objects.count() == 0


def test_a_name_of_several_places_asks_for_the_code(cast, sign_in, settings):
    given = {"name": "x", "place": "第一网格", "url": "http://127.0.0.1/", "audience": "workers", "per_minute": 20}
    answer = sign_in("chen").post("/channels/new/wecom", given)
    assert "360103001001-1" in answer.content.decode()


def test_only_an_operator_keeps_gateways(cast, sign_in):
    assert sign_in("chen").get("/channels/new/sms_aliyun").status_code == 404
    assert sign_in("operator").get("/channels/new/sms_aliyun").status_code == 200


def test_one_chooses_how_one_is_reached(cast, sign_in, mail, outbox):
    make_sender("smtp", host="127.0.0.1", port=mail.port, security="none", from_address="linli@example.org")
    browser = sign_in("wang")
    assert browser.post("/account/means/add", {"kind": "email", "address": "no address"}).status_code == 422
    for address in ("wang@example.org", "wang@example.org"):
        browser.post("/account/means/add", {"kind": "email", "address": address})
    browser.post("/account/means/add", {"kind": "sms", "address": "138 0013 8000"})
    first, second = Means.objects.order_by("order")
    assert (first.address, second.address) == ("wang@example.org", "+8613800138000")
    page = browser.get("/account/means").content.decode()
    assert "w***@example.org" in page
    assert "138****8000" in page
    browser.post(f"/account/means/{second.pk}/prefer")
    assert Means.objects.order_by("order").first() == second
    sign_in("sun").post(f"/account/means/{first.pk}/remove")
    assert Means.objects.count() == 2, "nobody takes another's away"
    browser = sign_in("wang")
    browser.post(f"/account/means/{second.pk}/remove")
    browser.post("/account/means/test", {"write_id": str(uuid4())})
    outbox.round()
    assert len(mail.arrived) == 1
    assert "state-part" in browser.get("/messages/").content.decode()
    browser.post(f"/messages/{only().pk}/open")
    assert only().state == "read"


def test_a_browser_subscribes(cast, sign_in, gateway, outbox):
    sender = make_sender("web_push", private_key=make_private_key(), contact="mailto:ops@example.org")
    browser = sign_in("wang")
    page = browser.get("/account/means").content.decode()
    assert public_key(json.loads(sender.config)["private_key"]) in page
    keys = {"p256dh": public_key(make_private_key()), "auth": "AAAAAAAAAAAAAAAAAAAAAA"}
    given = json.dumps({"endpoint": gateway.url + "/push/1", "keys": keys})
    assert (
        browser.post("/account/means/push", {"subscription": given, "label": "手机"}).json()["go"] == "/account/means"
    )
    assert browser.post("/account/means/push", {"subscription": "{}"}).status_code == 422
    browser.post("/account/means/test", {"write_id": str(uuid4())})
    gateway.answer = lambda _one: (201, {}, {})
    outbox.round()
    (arrived,) = gateway.arrived
    assert arrived.headers["Content-Encoding"] == "aes128gcm"
    assert arrived.headers["Authorization"].startswith("vapid t=")
    assert "测试".encode() not in arrived.body
    gateway.answer = lambda _one: (410, {}, {})
    browser.post("/account/means/test", {"write_id": str(uuid4())})
    outbox.round()
    assert Means.objects.get().dead_at is not None, "the browser has withdrawn it"


def test_what_could_not_be_sent_is_scoped_and_tried_again(cast, home, sign_in, outbox):
    send_to(home.to)
    Person.objects.update(channels=["sms"])
    outbox.round()
    page = sign_in("wang").get("/messages/unsent").content.decode()
    assert "该方式没有发送通道" in page
    assert "1-1户" in page
    assert "1-1户" not in sign_in("sun").get("/messages/unsent").content.decode()
    sign_in("sun").post("/messages/unsent/retry", {"id": only().pk})
    assert only().state == "failed"
    sign_in("wang").post("/messages/unsent/retry", {"id": only().pk})
    assert only().state == "queued"
    outbox.round()
    sign_in("wang").post(f"/messages/unsent/{only().pk}/call")
    assert only().state == "to_call"


def test_what_is_over_is_not_offered_again(home, sign_in, outbox):
    send_to(home.to)
    Person.objects.update(channels=["sms"])
    outbox.round()
    address = "/messages/unsent/retry"
    assert address in sign_in("wang").get("/messages/unsent").content.decode()
    Delivery.objects.update(failure=rules.OVER)
    page = sign_in("wang").get("/messages/unsent").content.decode()
    assert "1-1户" in page
    assert address not in page


def test_a_person_calls(cast, home, sign_in, outbox):
    Person.objects.update(channels=["voice"])
    send_to(home.to)
    outbox.round()
    assert only().state == "to_call"
    browser = sign_in("zhou")
    page = browser.get("/messages/calls").content.decode()
    assert "8613800130111" not in page
    shown = browser.post(f"/messages/calls/{only().pk}/take").content.decode()
    assert "+8613800130111" in shown
    browser.post(f"/messages/calls/{only().pk}", {"outcome": "no_answer"})
    assert only().state == "queued", "the next number"
    outbox.round()
    assert "+8613800130112" in browser.post(f"/messages/calls/{only().pk}/take").content.decode()
    browser.post(f"/messages/calls/{only().pk}", {"outcome": "confirmed"})
    assert only().state == "confirmed"
    assert Reply.objects.get().filed_as == "confirmed"
    assert browser.post(f"/messages/calls/{only().pk}", {"outcome": "reached"}).status_code == 409


# What providers call --------------------------------------------------------------------------------------------------


def call(client, sender, what, content, *, key=None, headers=None):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    url = f"/hooks/sms/{sender.pk}/{key or hook_key(sender.pk)}/{what}"
    return client.post(url, body, content_type="application/json", headers=headers or {})


def test_a_delivery_report_in_each_providers_words(client, home, gateway, outbox):
    gateway.answer = lambda _one: (200, {"ref": "biz-1"}, {})
    sender = make_sender("sms_http", url=gateway.url)
    send_to(home.to)
    outbox.round()
    assert call(client, sender, "report", [{"biz_id": "unknown", "success": True}]).status_code == 404
    answer = call(client, sender, "report", [{"phone_number": "1", "biz_id": "biz-1", "success": True, "out_id": "x"}])
    assert answer.json()["code"] == 0
    assert only().state == "delivered"
    assert call(client, sender, "report", [{"sid": "biz-1", "report_status": "FAIL"}]).status_code == 200
    assert only().state == "delivered", "what has arrived has arrived"


def test_a_bounce_by_report_takes_the_next_means(client, home, gateway, outbox):
    gateway.answer = lambda _one: (200, {"ref": f"sid-{len(gateway.arrived)}"}, {})
    sender = make_sender("sms_http", url=gateway.url)
    send_to(home.to)
    outbox.round()
    bounced = [{"sid": "sid-1", "report_status": "FAIL", "errmsg": "MK:0012"}]
    call(client, sender, "report", bounced)
    assert only().state == "queued"
    assert Person.objects.filter(phone_dead_at__isnull=False).count() == 1
    outbox.round()
    assert gateway.arrived[1].json["phone"].endswith("0112")
    call(client, sender, "report", bounced)
    assert only().state == "sent", "the report of a means that was left changes nothing"


def test_a_hook_is_nobodys_without_its_key_and_signature(client, home, gateway):
    sender = make_sender("sms_http", url=gateway.url, secret="shared")
    other = make_sender("sms_http", url=gateway.url)
    body = json.dumps([{"phone": "13800130111", "text": "1", "ref": "r1"}]).encode()
    now = int(clock.now().timestamp())
    assert call(client, sender, "reply", body, key=hook_key(other.pk)).status_code == 404
    assert call(client, sender, "reply", body).status_code == 403
    for stale in (now - 1_000, now + 1_000):
        assert call(client, sender, "reply", body, headers=sign_body("shared", body, stale)).status_code == 403
    good = sign_body("shared", body, now)
    assert call(client, sender, "reply", body + b" ", headers=good).status_code == 403
    for _twice in (1, 2):
        assert call(client, sender, "reply", body, headers=good).status_code == 200
    assert Reply.objects.count() == 1
    assert call(client, sender, "reply", b"{", headers=sign_body("shared", b"{", now)).status_code == 422
    codes = [call(client, sender, "reply", body, key="x").status_code for _ in range(25)]
    assert codes[-1] == 429


SAID = [("收到", "confirmed", "confirmed"), ("几点来水？", "question", "read"), ("家里没药了", "need", "read")]


@pytest.fixture
def sent_to(home, gateway, outbox):
    """A household that was sent something, and by which sender."""
    sender = make_sender("sms_http", url=gateway.url)
    send_to(home.to)
    outbox.round()
    return sender


@pytest.mark.parametrize("said", SAID)
def test_a_reply_is_filed_with_what_it_answers(client, home, sent_to, said, monkeypatch):
    text, filed, state = said
    heard = []
    monkeypatch.setattr(events, "_subscribers", {})
    events.subscribe(ReplyFiled, heard.append)
    call(client, sent_to, "reply", [{"phone_number": "13800130111", "content": text, "sequence_id": 7}])
    reply = Reply.objects.get()
    assert (reply.filed_as, reply.recipient_id, reply.text, only().state) == (filed, home.household.pk, text, state)
    assert Event.objects.get().payload == {
        "reply_id": reply.pk, "filed_as": filed, "recipient_kind": "household", "recipient_id": home.household.pk,
        "source_room": "alerts", "source_id": "a1",
    }  # fmt: skip
    assert text.encode() not in bytes(Reply.objects.extra(select={"raw": "text"}).values_list("raw", flat=True)[0])


def test_a_reply_from_a_stranger_is_kept_and_belongs_to_nobody(client, home, gateway):
    sender = make_sender("sms_http", url=gateway.url)
    call(client, sender, "reply", [{"mobile": "13900000000", "nationcode": "86", "text": "收到", "time": "x"}])
    call(client, sender, "reply", [{"mobile": "not a number", "text": "\u0000<script>"}])
    assert Reply.objects.filter(recipient_id=None).count() == 2
    assert Delivery.objects.count() == 0
