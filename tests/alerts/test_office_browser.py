"""The office's pages of an alert in a real browser: a notice goes out and its picture fills up without reloading."""

import re
from uuid import uuid4

import pytest

from linli.alerts import actions
from linli.alerts.models import Alert
from linli.core.actors import Actor
from tests.machine import find_chromium

LINK = Actor(kind="link", id=1)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def browser_page(live_server, sign_in, monkeypatch):
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = find_chromium()
    if not chromium:
        pytest.skip("no Chromium")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread of the test
    cookies = {"linli": sign_in("chen").cookies["linli"].value, "linli_language": "en"}
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url, locale="en")
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
        yield context.new_page()
        browser.close()


def test_a_notice_goes_out_and_its_picture_fills_up(browser_page, cast):
    page = browser_page
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)

    page.goto("/alerts/")
    page.get_by_role("link", name="Write a notice").click()
    page.locator("[name=headline_en]").fill("Water is cut off until 18:00")
    page.locator("#find-place").fill("象山")
    page.locator(f"#place-{cast.place('002').code}").check()
    page.locator(f"#place-{cast.place('360103001').code}").uncheck()
    page.locator("#find-place").fill("二郎庙")  # what is ticked stays
    page.locator(f"#place-{cast.place('001').code}").check()
    page.get_by_role("button", name="See whom it would reach").click()
    page.get_by_role("button", name="Issue to 15 households").first.click()
    value = page.locator(".headline-value").first
    assert value.inner_text() == "15"

    alert = Alert.objects.get()
    assert alert.places.count() == 2
    page.locator(".place-name").last.focus()
    focused = page.evaluate("document.activeElement.id")
    page.locator("#evidence details summary").click()
    page.locator(".place-name").last.focus()
    for household in cast.households[:6]:
        actions.confirm_household(actor=LINK, alert=alert, household=household.pk, receipt_id=uuid4(), how="own_tap")
    page.locator(".headline-value", has_text=re.compile("^9$")).wait_for()
    assert page.evaluate("document.activeElement.id") == focused
    page.locator("#evidence .bars-value", has_text=re.compile("^6$")).wait_for()
    assert page.locator("#evidence details").get_attribute("open") is not None
    assert "40% reached" in page.locator("#said").inner_text()

    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="over")
    with page.expect_response(lambda response: response.status == 286):
        pass
    page.goto("/alerts/")
    page.locator(".bar-slot .cover").wait_for()
    assert "9 missing" in page.locator(".bar-slot").inner_text()
    assert faults == []


@pytest.mark.parametrize("width", [1280, 390])
def test_no_fault_of_access_and_nothing_too_wide(browser_page, cast, issued, notice, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = browser_page
    page.set_viewport_size({"width": width, "height": 844})
    alert = issued()
    for household in cast.households[:5]:
        actions.confirm_household(actor=LINK, alert=alert, household=household.pk, receipt_id=uuid4(), how="relative")
    draft = actions.draft_alert(actor=cast.actor("chen"), alert_id=uuid4(), notice=notice())
    views = ["", "/timeline", "/not-reached", "/certificate", "/copy", "/update", "/cancel"]
    cell = cast.place("001-1-2").code
    for address in (
        "/alerts/",
        "/alerts/new",
        f"/alerts/{draft.pk}/preview",
        f"/alerts/{alert.pk}/places/{cell}",
        *(f"/alerts/{alert.pk}{view}" for view in views),
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found = [(fault["id"], fault["nodes"][0]["html"]) for fault in axe.run(page).response["violations"]]
        assert found == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
