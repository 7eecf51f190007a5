"""Senders, what needs a person, one's own means, and what providers call."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.messages import actions
from linli.messages.actions import Recipient, Sending
from linli.messages.models import Delivery, Sender
from linli.messages.views.provider import hook_key
from tests.conftest import Cast
from tests.matrix import PUBLIC, SIGNED_IN, Row


def a_robot(cast: Cast) -> Sender:
    place = cast.place("001-1")
    return Sender.objects.create(
        name="群", kind="wecom", place=place, path=place.path, config="{}", per_minute=20, made_at=clock.now()
    )


def a_delivery(cast: Cast, **state: Any) -> Delivery:
    home = cast.households_in("001-1-1")[0]
    sending = Sending(("alerts", "a1"), "notice", {"zh-hans": {"headline": "停水"}})
    dispatch = actions.begin_dispatch(actor=SYSTEM, dispatch_id=uuid4(), sending=sending)
    to = [Recipient("household", home.pk, cast.place("001-1-1").path)]
    actions.enqueue(actor=SYSTEM, dispatch=dispatch, recipients=to)
    row = Delivery.objects.get(dispatch=dispatch)
    Delivery.objects.filter(pk=row.pk).update(**state)
    return row


def _robot(cast: Cast) -> Mapping[str, Any]:
    return {"sender_id": a_robot(cast).pk}


def _to_call(cast: Cast) -> Mapping[str, Any]:
    from linli.residents.models import Person

    index = Person.objects.get(memberships__household=cast.households_in("001-1-1")[0], name__endswith="1").phone_index
    return {"delivery_id": a_delivery(cast, state="to_call", channel="voice", address_index=index).pk}


def _failed(cast: Cast) -> Mapping[str, Any]:
    return {"delivery_id": a_delivery(cast, state="failed", failure="timeout").pk}


def _hook(cast: Cast) -> Mapping[str, Any]:
    sender = a_robot(cast).pk
    return {"sender_id": sender, "key": hook_key(sender)}


def _refusing(cast: Cast) -> Mapping[str, Any]:
    """An address of the inside: nothing is asked, and the page says so."""
    robot = a_robot(cast)
    Sender.objects.filter(pk=robot.pk).update(config='{"url": "http://127.0.0.1:9/"}')
    return {"sender_id": robot.pk}


# Li keeps no channels. An operator keeps them all, and sees neither households nor what was to be said to them.
KEEPS: dict[str, Any] = {"permission": "channels.edit", "lacking": "li", "expect": {"lacking": 404}}
SENDER: dict[str, Any] = {**KEEPS, "kwargs": _robot, "expect": {"lacking": 404, "operator": (200, 302)}}
LIST: dict[str, Any] = {**KEEPS, "expect": {"lacking": 404, "outsider": 200, "operator": (200, 404)}}
MINE: dict[str, Any] = {"answers": SIGNED_IN}
NAMED: dict[str, Any] = {"data": lambda _cast: {"name": "群"}}
ROWS = [
    Row("channel-list", permission="channels.edit", lacking="li", expect={"lacking": 404, "outsider": 200, "operator": 200}),
    Row("channel-new", kwargs=lambda _cast: {"kind": "wecom"}, permission="channels.edit", lacking="li",
        expect={"lacking": 404, "outsider": 200, "operator": 200}),
    Row("channel-new", "POST", **NAMED, kwargs=lambda _cast: {"kind": "wecom"}, permission="channels.edit",
        lacking="li",
        expect={"holder": 422, "lacking": 404, "outsider": 422, "operator": 422}),
    Row("channel", **SENDER),
    Row("channel", "POST", **NAMED, **{**SENDER, "expect": {"holder": 422, "lacking": 404, "operator": 422}}),
    Row("channel-switch", "POST", data=lambda _cast: {"on": "0"}, **SENDER),
    Row("channel-test", "POST", **{**SENDER, "kwargs": _refusing}),
    Row("messages-unsent", permission="channels.edit", lacking="li",
        expect={"lacking": 404, "outsider": 200, "operator": 404}),
    Row("messages-retry", "POST", permission="channels.edit", lacking="li",
        expect={"lacking": 404, "outsider": 302, "operator": 404}),
    Row("messages-to-call", "POST", kwargs=_failed, **KEEPS),
    Row("messages-calls", permission="register.reveal", holder="zhou", expect={"outsider": 200, "operator": 404}),
    Row("messages-call-take", "POST", kwargs=_to_call, permission="register.reveal", holder="zhou"),
    Row("messages-call", "POST", kwargs=_to_call, data=lambda _cast: {"outcome": "reached"},
        permission="register.reveal", holder="zhou"),
    Row("inbox", **MINE),
    Row("inbox-open", "POST", kwargs=lambda _cast: {"delivery_id": 1}, answers={**SIGNED_IN, **dict.fromkeys(
        ("holder", "lacking", "outsider", "operator"), 404)}),
    Row("account-means", **MINE),
    Row("account-means-add", "POST", data=lambda _cast: {"kind": "email", "address": "a@example.org"}, **MINE),
    Row("account-means-push", "POST", answers={**dict.fromkeys(SIGNED_IN, 422), "anonymous": 302}),
    Row("account-means-quiet", "POST", data=lambda _cast: {"begins": "22:00", "ends": "07:00"}, **MINE),
    Row("account-means-test", "POST", **MINE),
    Row("account-means-remove", "POST", kwargs=lambda _cast: {"means_id": 1}, **MINE),
    Row("account-means-prefer", "POST", kwargs=lambda _cast: {"means_id": 1},
        answers={**dict.fromkeys(SIGNED_IN, 404), "anonymous": 302}),
    Row("sms-report", "POST", kwargs=_hook, answers={**PUBLIC, **dict.fromkeys(PUBLIC, 422)}),
    Row("sms-reply", "POST", kwargs=_hook, answers={**PUBLIC, **dict.fromkeys(PUBLIC, 422)}),
]  # fmt: skip
