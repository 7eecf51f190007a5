"""An alert from the street office to a door and back, as its people see it."""

from typing import Any

import pytest

from linli.alerts.actions import make_household_link
from linli.core.actors import SYSTEM
from linli.grid.actions import set_password
from tests.journeys.conftest import Street

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long road along the river"
SIZES = [("en", 1280), ("zh-hans", 390), ("zh-hans", 1280), ("en", 390)]


def sign_in(street: Street, page: Any, username: str) -> None:
    set_password(actor=SYSTEM, account=street.cast.accounts[username], password=PASSWORD)
    page.goto("/alerts/new")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    street.check(page)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/alerts/new")


def write_and_issue(street: Street, page: Any) -> str:
    """Compose, preview, issue; gives the address of the picture."""
    page.locator("main input[maxlength='60']").first.fill("暴雨红色预警")
    page.locator("main textarea").first.fill("今天中午前请留在家中。")
    place = page.locator("main input[name=places]").first
    if not place.is_checked():
        place.check()
    street.check(page)
    page.locator("main form .act-row button[type=submit]").click()
    page.wait_for_url("**/preview")
    street.check(page)
    page.locator("main form[action$='/issue'] button").first.click()
    page.locator(".headline-value").first.wait_for()
    street.check(page)
    return str(page.url)


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_from_the_office_to_the_door_and_back(street: Street, language: str, width: int):
    cast = street.cast
    officer = street.open(language=language, width=width)
    sign_in(street, officer, "chen")
    picture = write_and_issue(street, officer)
    assert officer.locator(".headline-value").first.inner_text() == "15"
    officer.evaluate("window.stayed = true")

    # The grid administrator confirms the notice, goes to a door and is answered.
    worker = street.open("li", language=language, width=width)
    worker.goto("/")
    street.check(worker)
    worker.goto(picture)
    worker.locator("form[action$='/acknowledge'] button").click()
    worker.locator("form[action$='/acknowledge']").wait_for(state="detached")
    street.check(worker)
    worker.goto(f"{picture}/doors/{cast.place('001-1-1').code}")
    street.check(worker)
    door = worker.locator(".door-row a").first.get_attribute("href")
    worker.goto(door)
    street.check(worker)
    worker.locator("button[value=spoken_to]").click()
    worker.locator("button[value=spoken_to]").wait_for(state="detached")

    # A resident opens the link of the household, and confirms with one tap.
    household = cast.households_in("001-2-1")[0].pk
    token = make_household_link(actor=cast.actor("wang"), household=household)
    resident = street.open(language=language, width=width)
    resident.goto(f"/l/{token}")
    assert token not in resident.url
    street.check(resident)
    resident.locator("main form[action$='/confirm'] button").first.click()
    resident.locator("main form[action$='/confirm']").wait_for(state="detached")
    street.check(resident)

    # The officer's picture has followed without being loaded again.
    officer.locator(".headline-value", has_text="13").first.wait_for()
    assert officer.evaluate("window.stayed") is True
    for view in ("/timeline", "/not-reached", "/certificate", "/copy"):
        officer.goto(picture + view)
        street.check(officer)


def test_opening_a_link_alone_confirms_nothing(street: Street):
    officer = street.open("chen")
    officer.goto("/alerts/new")
    picture = write_and_issue(street, officer)
    household = street.cast.households_in("001-1-1")[0].pk
    token = make_household_link(actor=street.cast.actor("wang"), household=household)
    for _scanner in range(2):
        street.open().goto(f"/l/{token}")
    officer.goto(picture)
    assert officer.locator(".headline-value").first.inner_text() == "15"


def test_next_door_it_is_not_there(street: Street):
    officer = street.open("chen")
    officer.goto("/alerts/new")
    picture = write_and_issue(street, officer)
    outsider = street.open("sun")
    answer = outsider.goto(f"{picture}/places/{street.cast.place('001').code}")
    assert answer.status == 404
    street.check(outsider)
