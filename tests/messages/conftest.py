"""Senders that point at servers of the test, and a day on which nobody sleeps."""

import json
from datetime import time
from types import SimpleNamespace
from uuid import uuid4

import pytest

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.messages import actions
from linli.messages.actions import Recipient, Sending
from linli.messages.jobs import Outbox
from linli.messages.models import Delivery, Means, Sender
from linli.messages.profile import Quiet
from tests.messages.peers import mail_server, provider

TEXTS = {"zh-hans": {"headline": "明天停水", "body": "请储水。"}, "en": {"headline": "No water", "body": "Store some."}}


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch):
    """Quiet hours are tested where they are meant."""
    awake = Quiet(time(0), time(0), frozenset({"immediate"}))
    monkeypatch.setattr("linli.messages.jobs.plan.quiet", lambda: awake)


@pytest.fixture
def gateway(settings):
    with provider() as made:
        settings.INNER_HOSTS = [*settings.INNER_HOSTS, made.host]
        yield made


@pytest.fixture
def mail(settings):
    with mail_server() as made:
        settings.INNER_HOSTS = [*settings.INNER_HOSTS, made.host]
        yield made


def make_sender(kind, *, place=None, per_minute=60_000, **config):
    return Sender.objects.create(
        name=kind,
        kind=kind,
        place=place,
        path=place.path if place else "",
        config=json.dumps(config),
        per_minute=per_minute,
        made_at=clock.now(),
    )


def send_to(*recipients, source=("alerts", "a1"), texts=TEXTS, kind="notice", **more):
    sending = Sending(source=source, kind=kind, texts=texts, **more)
    dispatch = actions.begin_dispatch(actor=SYSTEM, dispatch_id=uuid4(), sending=sending)
    actions.enqueue(actor=SYSTEM, dispatch=dispatch, recipients=recipients)
    return dispatch


def make_mail(account, address):
    return Means.objects.create(
        account=account, kind="email", address=address, address_index=address, order=1, made_at=clock.now()
    )


def household(one, path):
    return Recipient("household", one.pk, path)


@pytest.fixture
def outbox():
    made = Outbox(chance=lambda: 0.5)
    yield made
    made.close()


def only(**where):
    return Delivery.objects.get(**where)


@pytest.fixture
def home(cast):
    """The first household of a cell, and where it is."""
    path = cast.place("001-1-1").path
    found = cast.households_in("001-1-1")[0]
    return SimpleNamespace(household=found, path=path, to=household(found, path))
