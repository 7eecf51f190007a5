"""A form is brought in with mistakes, mended, given its picture and published, in a wide window and on a phone."""

import pytest

from linli.surveys.models import Form
from tests.surveys.books import CHOICES, SETTINGS, SURVEY, make_book, questions

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-hans", 1280), ("en", 390), ("zh-hans", 390)])
def test_a_form_is_brought_in_mended_and_published(street, cast, tmp_path, language, width):
    page = street.open("wang", language=language, width=width)

    def send(data):
        file = tmp_path / "quarantine.xlsx"
        file.write_bytes(data)
        page.locator("input[type=file]").first.set_input_files(file)
        page.locator("main form button[type=submit]").first.click()

    page.goto("/forms/")
    street.check(page)
    page.locator("main a[href='/forms/new']").first.click()
    street.check(page)
    send(questions(["txt", "1a", "A"], ["select_one yes_no", "b", "${fevr}"], ["text", "fever", ""], ["end_group"]))
    page.locator(".told").first.wait_for()
    street.check(page)
    survey = [
        [*SURVEY[0], "media::image::English (en)"],
        *SURVEY[1:],
        ["note", "way", "The way", "", "", "", "", "way.png"],
    ]
    send(make_book({"survey": survey, "choices": CHOICES, "settings": SETTINGS}))
    page.locator(".asks").wait_for()
    street.check(page)
    (tmp_path / "way.png").write_bytes(b"\x89PNG")
    page.locator("input[name=attached]").set_input_files(tmp_path / "way.png")
    page.locator("form[action$='/files'] button").click()
    page.locator("form[action$='/publish'] button").click()
    page.locator("dialog[open]").wait_for()
    street.check(page)
    page.locator("dialog[open] button[value=yes], dialog[open] .btn-primary, dialog[open] .btn-danger").first.click()
    page.locator("form[action$='/close']").wait_for()
    street.check(page)
    assert Form.objects.get().state == "published"
    page.goto("/forms/")
    street.check(page)
