"""Paper: a door list is printed, carried around, and typed back with the keyboard; what was wrong is mended on the way."""

import os
import re
from pathlib import Path

import pytest

from linli.alerts.models import Sheet
from linli.rounds.models import Answer, Attempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOK = os.environ.get("LINLI_LOOK", "")


A4, A3 = (210, 297), (297, 420)


def sheets_of(page, name):
    """Millimetres of each sheet of paper that a printer would fill with the page."""
    data = page.pdf(prefer_css_page_size=True)
    if LOOK:
        (Path(LOOK) / f"{name}.pdf").write_bytes(data)
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", data)
    return [tuple(round(float(side) / 72 * 25.4) for side in one) for one in boxes]


def type_line(page, text):
    page.locator("#quick").fill(text)
    page.locator("#quick").press("Enter")


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-hans", 390)])
def test_a_door_list_is_printed_and_typed_back(street, issued, language, width):
    alert = issued()
    page = street.open("li", language=language, width=width)
    page.goto(f"/alerts/{alert.pk}/paper")
    street.check(page)
    page.locator("form:has(input[value=doors]) button").first.click()
    page.wait_for_url("**/paper/*")
    street.check(page)
    sheet = Sheet.objects.get()
    for size in ("", "?size=large"):
        page.goto(f"/paper/{sheet.code}{size}")
        street.check(page)
        assert sheets_of(page, f"sheet{size.removeprefix('?size=')}-{language}") == [A4]
    page.goto(f"/alerts/{alert.pk}/paper")
    page.locator("#sheet-code").fill(sheet.code.lower())
    page.locator("#sheet-code").press("Enter")
    page.wait_for_url("**/type")
    street.check(page)
    type_line(page, "1 1")
    type_line(page, "99 1")  # there is no such row: it is said, and not taken
    assert page.locator("#quick").input_value() == "99 1"
    type_line(page, "2 2 back at six")
    type_line(page, "3 9")  # no such key
    type_line(page, "3 3")
    type_line(page, "1 4")  # typed again: the later one counts
    page.locator("#quick").fill("")
    page.locator("#quick").press("Enter")  # an empty line takes the last one back
    type_line(page, "1 1")
    assert page.locator("#typing-list li").count() == 3
    street.check(page)
    page.locator("#typing button[type=submit]").click()
    page.locator(".notice-success").wait_for()
    street.check(page)
    assert sorted(Attempt.objects.values_list("outcome", flat=True)) == ["not_at_home", "notice_left", "spoken_to"]
    assert Attempt.objects.get(outcome="not_at_home").note == "back at six"
    assert Answer.objects.filter(how="at_door").count() == 1
    assert page.locator("#typing-rows [data-typed]").count() == 3


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_poster_is_one_sheet_of_its_paper(street, issued, language):
    alert = issued()
    page = street.open("li", language=language)
    for size, paper in (("a4", A4), ("a3", A3)):
        page.goto(f"/alerts/{alert.pk}/paper")
        page.locator(f"form:has(input[value={size}]) button").first.click()
        page.wait_for_url("**/poster/*")
        street.check(page)
        assert sheets_of(page, f"poster-{size}-{language}") == [paper]


def test_without_script_the_lines_are_typed_into_a_box(street, issued, cast):
    alert = issued()
    page = street.open("li")
    page.goto(f"/alerts/{alert.pk}/paper")
    page.locator("form:has(input[value=doors]) button").first.click()
    page.wait_for_url("**/paper/*")
    code = Sheet.objects.get().code
    context = street.browser.new_context(base_url=street.url, java_script_enabled=False)
    street.contexts.append(context)
    context.add_cookies([{"name": "linli", "value": street.session_of("li"), "url": street.url}])
    plain = context.new_page()
    plain.goto(f"/paper/{code}/type")
    plain.locator("#lines").fill("1 1\n77 1")
    plain.locator("#typing button[type=submit]").click()
    assert plain.locator("#form-errors li").count() == 1
    assert not Attempt.objects.exists()  # all or nothing
    plain.locator("#lines").fill("1 1\n2 5")
    plain.locator("#typing button[type=submit]").click()
    assert Attempt.objects.count() == 2
