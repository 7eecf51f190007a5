"""The pages of messages in a real browser: nothing bars anybody's way, on a desk and on a phone, in both languages."""

import os
from pathlib import Path

import pytest

from linli.messages.models import Delivery
from linli.residents.models import Person
from tests.journeys.conftest import street
from tests.messages.conftest import household, make_mail, make_sender, send_to

assert street  # the fixture, of the journeys
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("LINLI_LOOK", "")


@pytest.fixture
def filled(cast, gateway, outbox):
    """A robot, means, messages that went, that failed and that wait for a call."""
    robot = make_sender("wecom", place=cast.place("360103001"), url=gateway.url, per_minute=18)
    make_mail(cast.accounts["chen"], "chen@example.org")
    homes = cast.households_in("001-1-1")
    Person.objects.filter(memberships__household=homes[0]).update(channels=["voice"])
    send_to(*(household(one, cast.place("001-1-1").path) for one in homes))
    outbox.round()
    send_to(household(homes[0], cast.place("001-1-1").path), drill=True)
    outbox.round()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"to_call", "failed"}
    return robot


PAGES = {
    "channels": "/channels/",
    "sender": "/channels/{robot}",
    "new": "/channels/new/wecom",
    "means": "/account/means",
    "inbox": "/messages/",
    "unsent": "/messages/unsent",
    "calls": "/messages/calls",
}


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 1280)])
def test_the_pages_of_messages(street, filled, language, width):
    page = street.open("chen", language=language, width=width)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    for name, address in PAGES.items():
        page.goto(address.format(robot=filled.pk))
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
        street.check(page)
    assert faults == []
