"""Pure rules of messages: lengths, waits, quiet hours, what a reply means; and the signatures of providers."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from linli.messages import rules, texts
from linli.messages.senders.gateways import _fill as fill
from linli.messages.senders.gateways import look_up, sign_aliyun, sign_tencent
from linli.messages.senders.push import WebPush, make_private_key, public_key
from linli.messages.senders.robots import sign_dingtalk, sign_feishu
from linli.messages.texts import Words

LINK = "https://linli.example/l/0123456789abcdef0123456789abcdef"
ANY = st.text(max_size=400)


@given(ANY, ANY)
def test_an_sms_begins_with_headline_and_link_and_ends_after_three_parts(headline, body):
    words = Words("zh-hans", texts.one_line(headline)[:60], body.strip())
    found = texts.sms(words, LINK)
    assert found.startswith(f"{words.headline} {LINK}".strip())
    assert texts.sms_parts(found) <= texts.MOST_PARTS
    assert texts.sms_parts(texts.sms(Words("zh-hans", "停水", ""), LINK)) == 1


@pytest.mark.parametrize(
    ("text", "parts"), [("水" * 70, 1), ("水" * 71, 2), ("a" * 160, 1), ("a" * 161, 2), ("𠮷" * 35, 1), ("𠮷" * 36, 2)]
)
def test_parts_are_counted_as_phones_do(text, parts):
    assert texts.sms_parts(text) == parts


@given(ANY, ANY)
def test_nothing_in_a_notice_is_markup_or_calls_the_whole_group(headline, body):
    found = texts.markdown(Words("zh-hans", headline, body), "", "")
    inner = found.removeprefix("**").replace("**", "", 1)
    assert not set(inner) & set("<>[]@`#")
    html = texts.mail_html(Words("en", "<script>" + headline, body), "https://x/?a=1&b=\"'", "go", "")
    assert "<script" not in html
    assert "\"'" not in html


@given(st.integers(1, 30), st.floats(0, 1), st.floats(-5, 1e9))
def test_waits_grow_to_a_bound_and_respect_the_provider(tries, chance, asked):
    wait = rules.wait_before(tries, chance, asked)
    assert timedelta(seconds=5) <= wait <= timedelta(days=1)
    assert wait >= min(timedelta(seconds=max(asked, 0)), timedelta(days=1))
    assert rules.wait_before(tries + 1, chance) >= rules.wait_before(tries, chance) or tries > 6


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.times(), st.times())  # noqa: DTZ001
def test_quiet_hours_end_ahead_and_outside_them(moment, begins, ends):
    begins, ends = begins.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0)
    found = rules.quiet_end(moment, begins, ends)
    if found is not None:
        assert timedelta(0) < found - moment <= timedelta(days=1)
        assert rules.quiet_end(found, begins, ends) is None


def test_quiet_hours_over_a_change_of_summer_time():
    night = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))  # at two o'clock it becomes three
    found = rules.quiet_end(night, time(22), time(7))
    assert found.astimezone(UTC) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)


@given(st.floats(0, 1e6), st.floats(-1e6, 1e6), st.integers(1, 60_000))
def test_a_bucket_never_overflows_and_takes_nothing_back(tokens, elapsed, per_minute):
    found = rules.refill(tokens, elapsed, per_minute)
    assert 0 <= found <= max(1, per_minute / 6)


@pytest.mark.parametrize(
    ("text", "filed"),
    [
        ("1", "confirmed"), ("收到", "confirmed"), ("收到，谢谢", "confirmed"), ("OK", "confirmed"), (" 已收到。", "confirmed"),
        ("Received!", "confirmed"), ("１", "confirmed"), ("几点来水", "question"), ("停到什么时候？", "question"),
        ("When will it end?", "question"), ("我需要买药", "need"), ("老人发烧了怎么办？", "need"), ("I need help", "need"),
        ("不需要", "other"), ("退订", "other"), ("", "other"), ("11", "other"), ("我不是本小区的", "other"),
    ],
)  # fmt: skip
def test_what_a_reply_means(text, filed):
    assert rules.file_reply(text) == filed


@given(ANY)
def test_any_reply_is_filed(text):
    assert rules.file_reply(text) in rules.FILED


@given(st.text())
def test_no_text_breaks_out_of_the_shape_of_a_gateway(text):
    filled = fill({"a": "{text}", "b": ["x {text}"], "{text}": 1}, {"text": text, "phone": "1"})
    assert set(filled) == {"a", "b", "{text}"}
    assert json.loads(json.dumps(filled))["a"] == text
    assert look_up(filled, "b.0") == f"x {text}"


def test_the_states_lead_somewhere():
    for state, others in rules.STATES.items():
        assert state not in others
        assert set(others) <= set(rules.STATES)


# Signatures -----------------------------------------------------------------------------------------------------------


def test_the_signature_of_aliyun_is_the_documented_one():
    """Step by step as the documentation of version 3 says, apart from the product's own code."""
    query = {
        "PhoneNumbers": "13800138000",
        "SignName": "邻里",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"a": "b c"}',
    }
    moment = datetime(2026, 3, 1, 8, 0, 5, tzinfo=UTC)
    found = sign_aliyun(key_id="id", secret="sk", host="dysmsapi.aliyuncs.com", query=query, moment=moment, nonce="n1")
    empty = hashlib.sha256(b"").hexdigest()
    canonical = (
        "POST\n/\n"
        "PhoneNumbers=13800138000&SignName=%E9%82%BB%E9%87%8C&TemplateCode=SMS_1&TemplateParam=%7B%22a%22%3A%20%22b%20c%22%7D\n"
        "host:dysmsapi.aliyuncs.com\nx-acs-action:SendSms\n"
        f"x-acs-content-sha256:{empty}\nx-acs-date:2026-03-01T08:00:05Z\nx-acs-signature-nonce:n1\nx-acs-version:2017-05-25\n"
        "\nhost;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\n" + empty
    )
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    wanted = hmac.new(b"sk", text.encode(), hashlib.sha256).hexdigest()
    assert found["Authorization"].endswith(f"Signature={wanted}")


def test_the_signature_of_tencent_is_the_documented_one():
    body = b'{"PhoneNumberSet": ["+8613800138000"]}'
    found = sign_tencent(key_id="AKID", secret="sk", host="sms.tencentcloudapi.com", body=body, seconds=1551113065)
    canonical = (
        "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:sms.tencentcloudapi.com\n\ncontent-type;host\n"
        + hashlib.sha256(body).hexdigest()
    )
    scope = "2019-02-25/sms/tc3_request"
    text = f"TC3-HMAC-SHA256\n1551113065\n{scope}\n" + hashlib.sha256(canonical.encode()).hexdigest()
    key = b"TC3sk"
    for part in ("2019-02-25", "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wanted = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    assert found["Authorization"] == (
        f"TC3-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders=content-type;host, Signature={wanted}"
    )


def test_robots_sign_with_time_and_secret():
    assert sign_dingtalk("https://x/robot?access_token=a", "", 1) == "https://x/robot?access_token=a"
    digest = base64.b64encode(hmac.new(b"SEC", b"7\nSEC", hashlib.sha256).digest()).decode()
    signed = sign_dingtalk("https://x/robot?access_token=a", "SEC", 7)
    assert signed.startswith("https://x/robot?access_token=a&timestamp=7&sign=")
    assert sign_feishu("SEC", 7) == base64.b64encode(hmac.new(b"7\nSEC", b"", hashlib.sha256).digest()).decode()
    assert digest


def test_a_browser_can_open_what_is_sealed_for_it(settings):
    from linli.messages.senders import Letter
    from tests.messages.peers import provider

    browser = ec.generate_private_key(ec.SECP256R1())
    point = browser.public_key().public_numbers()
    raw = b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    auth = b"0123456789abcdef"
    text = lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")  # noqa: E731
    with provider() as made:
        settings.INNER_HOSTS = [made.host]
        made.answer = lambda _one: (201, {}, {})
        to = json.dumps({"endpoint": made.url + "/x", "keys": {"p256dh": text(raw), "auth": text(auth)}})
        key = make_private_key()
        way = WebPush({"private_key": key, "contact": "mailto:ops@example.org"})
        assert way.send(Letter(1, to=to, subject="停水", plain="请储水。")).ok
    opened = http_ece.decrypt(made.arrived[0].body, private_key=browser, auth_secret=auth, version="aes128gcm")
    assert json.loads(opened)["title"] == "停水"
    assert f"k={public_key(key)}" in made.arrived[0].headers["Authorization"]
