"""An alert of the weather service becomes a notice of ours, in the hands of the people who answer for that."""

from datetime import timedelta
from typing import Any

import pytest

from linli.alerts.models import Alert
from linli.config.wiring import wire
from linli.core import clock, events
from linli.core.actors import SYSTEM
from linli.exchange import actions
from linli.exchange.models import Incoming
from linli.exchange.rules.cap import Area, Info, Message
from linli.exchange.rules.writing import write_message
from tests.journeys.conftest import Street

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [("en", 1280), ("zh-hans", 390)]


def rainstorm() -> bytes:
    now = clock.now().replace(microsecond=0)
    info = Info(
        language="zh-CN",
        event="暴雨",
        headline="暴雨红色预警",
        description="未来3小时有特大暴雨。",
        instruction="请勿外出。",
        urgency="Immediate",
        severity="Extreme",
        certainty="Likely",
        categories=("Met",),
        expires=now + timedelta(hours=6),
        sender_name="市气象台",
        areas=(Area(desc="南浦街道", geocodes=(("division-code", "360103001"),)),),
    )
    return write_message(Message(identifier="NC-7", sender="weather@example.org", sent=now, infos=(info,)))


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_from_the_weather_service_to_the_doors(street: Street, language: str, width: int):
    wire()
    (one,) = actions.take_in(actor=SYSTEM, document=rainstorm(), place=street.cast.place("360103001"))
    officer = street.open("chen", language=language, width=width)
    officer.goto("/exchange/incoming/")
    street.check(officer)
    officer.locator("main a.row-link").first.click()
    officer.wait_for_url(f"**/exchange/incoming/{one.pk}")
    street.check(officer)
    officer.locator("form[action$='/draft'] button").click()
    officer.wait_for_url("**/edit")
    assert "暴雨红色预警" in [one.input_value() for one in officer.locator("main input[maxlength='60']").all()]
    street.check(officer)
    officer.locator("main form .act-row button[type=submit]").first.click()
    officer.wait_for_url("**/preview")
    street.check(officer)
    officer.locator("main form[action$='/issue'] button").first.click()
    officer.locator(".headline-value").first.wait_for()
    while events.deliver_due():
        pass
    assert Incoming.objects.get().state == "issued"
    officer.goto(f"/exchange/incoming/{one.pk}")
    street.check(officer)
    officer.goto("/exchange/incoming/?which=done")
    assert officer.locator("main a.row-link").count() == 1
    told_outside(street, officer, Alert.objects.get())


def told_outside(street: Street, officer: Any, alert: Alert) -> None:
    officer.goto(f"/alerts/{alert.pk}/cap")
    street.check(officer)
    assert f"/cap/{alert.pk}.xml" in officer.locator("dd.address a").first.get_attribute("href")
    answer = street.open().request.get(f"{street.url}/cap/{alert.pk}.xml")
    assert answer.headers["content-type"].startswith("application/cap+xml")
    assert "暴雨红色预警" in answer.text()
