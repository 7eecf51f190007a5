"""What operators and everybody sees of the ways out, in a real browser: the page of the deployment, notifications."""

import json

import pytest

from linli.config.wiring import wire
from linli.core import clock
from linli.core.models import Lease
from linli.messages.models import Means
from linli.messages.senders.push import make_private_key
from tests.messages.conftest import make_sender

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-hans", 390)])
def test_the_page_of_the_deployment(street, language, width):
    wire()
    now = clock.now()
    Lease.objects.create(name="linli.core.jobs.seal_audit", next_at=now, last_error="OperationalError")
    Lease.objects.create(name="linli.core.jobs.forget_old_writes", next_at=now, last_ok_at=now)
    page = street.open("operator", language=language, width=width)
    page.goto("/operation/")
    street.check(page)
    page.locator("main details summary").first.click()
    street.check(page)
    page.locator("a[href='/exchange/feeds/']").first.click()
    page.wait_for_url("**/exchange/feeds/")
    street.check(page)


@pytest.fixture
def chen(street):
    """Her page of ways, where a sender of notifications is set up."""
    make_sender("web_push", private_key=make_private_key(), contact="mailto:ops@example.org")
    page = street.open("chen")
    page.goto("/account/means")
    return page


def ask(page):
    """Press the button, and give what the page then says."""
    page.locator("[data-push-form] button").click()
    page.locator("[data-push-said]:not(:empty)").wait_for()
    return page.locator("[data-push-said]").inner_text()


def test_notifications_that_the_browser_refuses_are_told(chen):
    page = chen
    page.evaluate("Notification.requestPermission = () => Promise.resolve('denied')")
    assert "refuses notifications" in ask(page)
    assert page.locator("[data-push-form] button").is_enabled()  # it can be tried again
    assert not Means.objects.exists()


def test_a_browser_without_a_push_service_is_told_and_its_worker_stands(street, chen):
    """Chromium without Google's keys has the worker and no push service: as far as a machine without network can go."""
    page = chen
    page.evaluate("Notification.requestPermission = () => Promise.resolve('granted')")
    said = ask(page)
    assert "can’t show notifications" in said
    assert page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.active.scriptURL)").endswith(
        "/sw.js"
    )
    assert not Means.objects.exists()


def test_what_a_push_service_answers_is_kept_and_the_way_stands_on_the_page(street, chen):
    """From the browser's own words on: only the push service itself is played, for none can be reached from here."""
    page = chen
    given = {
        "endpoint": "https://push.example.org/send/abc",
        "keys": {"p256dh": KEY, "auth": "tBHItJI5svbpez7KI4CCXg"},
    }
    page.evaluate(PLAYED, json.dumps(given))
    page.locator("[data-push-form] button").click()
    page.locator("ol .card").wait_for()
    street.check(page)
    assert [one.kind for one in Means.objects.filter(account=street.cast.accounts["chen"])] == ["push"]


KEY = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
PLAYED = """(text) => {
  Notification.requestPermission = () => Promise.resolve("granted");
  PushManager.prototype.subscribe = function (options) {
    if (!(options.applicationServerKey.length === 65 && options.userVisibleOnly)) throw new Error("wrong key");
    return Promise.resolve({ toJSON: () => JSON.parse(text) });
  };
}"""
