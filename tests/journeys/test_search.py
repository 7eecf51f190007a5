"""Search and keys in a real browser: found while one types, gone through with arrows, and a plain page without script."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_one_types_is_found_and_gone_through_with_keys(street):
    page = street.open("wang")
    page.goto("/places")
    page.keyboard.press("/")
    page.keyboard.type("zdy")
    page.locator("#search-panel .row-title", has_text="周大勇").wait_for()
    street.check(page)
    page.keyboard.press("ArrowDown")
    assert "周大勇" in page.evaluate("document.activeElement.innerText")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Escape")
    assert page.locator("#search-panel .row-title").count() == 0
    page.locator("#search").fill("微网格")
    page.locator("#search").press("Enter")
    page.wait_for_url("**/search?q=**")
    assert "1号微网格" in page.locator("#seen").inner_text()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("main .rows a").first
    assert page.evaluate("document.activeElement.innerText") == first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/360103001001-**")


def test_keys_can_be_switched_off(street):
    page = street.open("wang")
    page.goto("/places")
    page.keyboard.press("?")
    page.locator("#keys-on").uncheck()
    street.check(page)
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.keyboard.press("?")
    assert not page.locator("#shortcuts").is_visible()
    assert page.url.endswith("/places")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("text", ["", "周", "没有这样的人"])
def test_the_page_of_search_is_open_to_all(street, width, text):
    page = street.open("wang", width=width)
    page.goto(f"/search?q={text}")
    street.check(page)
