"""The certificate of a notice: drawn up by the office, printed, and checked by somebody who holds nothing but the paper."""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from linli.alerts.actions import confirm_household
from linli.core.actors import Actor
from tests.journeys.conftest import Street

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-hans", 390)])
def test_from_the_figures_to_the_paper_and_back(
    street: Street,
    issued,
    tmp_path: Path,
    language: str,
    width: int,
):
    alert = issued()
    for home in street.cast.households[:4]:
        confirm_household(
            actor=Actor(kind="link", id=1), alert=alert, household=home.pk, receipt_id=uuid4(), how="own_tap"
        )
    officer = street.open("chen", language=language, width=width)
    officer.goto(f"/alerts/{alert.pk}/certificate")
    street.check(officer)
    officer.locator("form[action$='/certificates'] button").first.click()
    officer.wait_for_url("**/certificates/*")
    street.check(officer)
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", officer.locator("main").inner_text())
    assert code is not None
    with officer.expect_download() as download:
        officer.locator("form[action$='/pdf'] button").first.click()
    file = tmp_path / "certificate.pdf"
    download.value.save_as(file)
    assert file.read_bytes().startswith(b"%PDF-")

    reader = street.open(language=language, width=width)
    reader.goto("/verify/")
    street.check(reader)
    reader.locator("main input[name=code]").first.fill(code.group().lower())
    reader.locator("main form button").first.click()
    reader.wait_for_url(f"**/verify/{code.group()}")
    street.check(reader)
    reader.locator("input[type=file]").set_input_files(file)
    reader.locator("form:has(input[type=file]) button").click()
    reader.locator("#file .notice-success").wait_for()
    street.check(reader)
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(file.read_bytes() + b"\n")
    reader.locator("input[type=file]").set_input_files(forged)
    reader.locator("form:has(input[type=file]) button").click()
    reader.locator("#file .notice-error").wait_for()
