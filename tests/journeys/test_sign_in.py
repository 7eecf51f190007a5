"""Li sets up a second factor on her phone, signs in with it, and loses the phone."""

import os
import re

import pyotp
import pytest
from django.conf import settings as present

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.grid import actions
from linli.grid.models import SecondFactor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GOOD = "three-green-lanterns"
LOOK = os.environ.get("LINLI_LOOK", "")


def look(page, name):
    """A picture for whoever works on the pages, on request."""
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 1280)])
def test_a_second_factor_from_the_first_page_to_the_recovery_code(street, language, width):
    cast = street.cast
    actions.set_password(actor=SYSTEM, account=cast.accounts["li"], password=GOOD)
    actions.set_factor_rules(actor=cast.actor("operator"), post_kinds=["grid_administrator"])
    page = street.open(language=language, width=width)

    def enter():
        page.goto("/sign-in")
        street.check(page)
        page.fill("input[name=username]", "li")
        page.fill("input[name=password]", GOOD)
        page.click("main button[type=submit]")

    enter()
    assert page.url.endswith("/account/second-factor")
    street.check(page)
    look(page, f"factor-begin-{language}-{width}")
    page.click("main form button.btn-primary")
    page.wait_for_selector("img.qr-drawing")
    street.check(page)
    look(page, f"factor-picture-{language}-{width}")
    secret = SecondFactor.objects.get().secret
    page.fill("input[name=code]", pyotp.TOTP(secret).at(clock.now()))
    page.click("main form button.btn-primary")
    page.wait_for_selector("#codes")
    street.check(page)
    look(page, f"factor-codes-{language}-{width}")
    code = re.findall(r"\b[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}\b", page.inner_text("main"))[0]
    page.goto("/account")
    street.check(page)
    look(page, f"factor-account-{language}-{width}")
    page.goto("/account/second-factor")
    street.check(page)
    look(page, f"factor-used-{language}-{width}")

    page.context.clear_cookies(name=present.SESSION_COOKIE_NAME)
    enter()
    assert page.url.endswith("/sign-in/code")
    street.check(page)
    look(page, f"factor-code-{language}-{width}")
    page.fill("input[name=code]", "000000")
    page.click("main button[type=submit]")
    assert page.get_attribute("input[name=code]", "aria-invalid") == "true"
    page.fill("input[name=code]", code)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")

    boss = street.open("operator", language=language, width=width)
    boss.goto("/accounts/second-factor")
    street.check(boss)
    look(boss, f"factor-rules-{language}-{width}")
    boss.goto(f"/accounts/{cast.accounts['li'].pk}")
    street.check(boss)
    look(boss, f"factor-reset-{language}-{width}")
