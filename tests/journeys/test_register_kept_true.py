"""A community keeps its register true: what waits is seen in one look, decided, confirmed and erased; and a home looks at
what is held about it. On a desk and on a phone, in both languages."""

import json
from datetime import timedelta

import pytest

from linli.core import clock
from linli.core.actors import Actor
from linli.messages.models import Sender
from linli.residents import actions
from linli.residents.models import Membership, Person
from tests.alerts.test_about_code import code_that_came
from tests.alerts.test_public import links_of
from tests.messages.peers import provider
from tests.residents.test_reach import people_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HERE = "?place=360103001001"
EYES = [("en", 1280), ("zh-hans", 390)]


@pytest.fixture
def untidy(street):
    """Something of everything: a correction, a hand-over each way, two records of one person, somebody long gone."""
    cast, link = street.cast, Actor(kind="link", id=1)
    wang, homes = cast.actor("wang"), cast.households
    actions.ask_correction(actor=link, household_id=homes[0].pk, field="other", value="门牌应为 102")
    there = next(one for one in homes if one in cast.households_in("002-1-1"))
    to = cast.place("001").pk
    actions.propose_transfer(actor=cast.actor("sun"), household_id=there.pk, to_place_id=to, reason="搬到本社区")
    away = cast.place("002").pk
    actions.propose_transfer(actor=wang, household_id=homes[1].pk, to_place_id=away, reason="搬走")
    one, other = people_of(homes[2])
    Person.objects.filter(pk=other.pk).update(name=one.name, sex=one.sex, born_on=one.born_on)
    gone, long_ago = people_of(homes[3])[0], clock.today() - timedelta(days=2_000)
    actions.depart_person(actor=wang, person_id=gone.pk, reason="去世")
    Membership.objects.filter(person=gone).update(until_on=long_ago, from_on=long_ago)
    return street


@pytest.mark.parametrize(("language", "width"), EYES)
def test_every_page_of_it_is_for_everybody(untidy, language, width):
    street, homes = untidy, untidy.cast.households
    page = street.open("wang", language=language, width=width)
    person = people_of(homes[0])[0].pk
    for path in (
        f"/register/upkeep{HERE}",
        "/register/transfers",
        "/register/corrections",
        f"/register/duplicates{HERE}",
        f"/register/contacts{HERE}",
        f"/register/due{HERE}",
        f"/register/people/{person}/erase",
        f"/register/people/{person}/ground",
        f"/register/people/{person}/correction",
        f"/register/households/{homes[0].pk}/erase",
        f"/register/households/{homes[0].pk}/transfer",
        f"/register/households/{homes[0].pk}",
    ):
        answer = page.goto(path)
        assert answer.status == 200, path
        street.check(page)
    page.goto("/register/transfers")
    page.locator(".rows a").first.click()
    street.check(page)
    page.goto("/register/corrections")
    page.locator(".rows a").first.click()
    street.check(page)


def test_what_waits_is_decided(untidy):
    page = untidy.open("wang")
    page.goto(f"/register/upkeep{HERE}")
    page.goto("/register/corrections")
    page.locator(".rows a").first.click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved. Whoever asked sees it.").wait_for()


@pytest.mark.parametrize(("language", "width"), EYES)
def test_a_home_looks_at_what_is_held(street, language, width):
    home = street.cast.households[0]
    page = street.open(language=language, width=width)
    page.goto(f"/l/{links_of(home)}")
    page.goto("/n/about")
    street.check(page)
    page.locator("input[name=last4]").fill("9999")
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    street.check(page)
    page.locator("input[name=last4]").fill("0111")
    page.locator("form button[type=submit]").first.click()
    page.get_by_text("138****0111").first.wait_for()
    street.check(page)


@pytest.mark.parametrize(("language", "width"), EYES)
def test_a_home_proves_itself_by_the_code_that_comes(street, settings, language, width):
    with provider() as gateway:
        settings.INNER_HOSTS = [*settings.INNER_HOSTS, gateway.host]
        config = json.dumps({"url": gateway.url, "ref_field": "ref"})
        Sender.objects.create(name="sms", kind="sms_http", config=config, per_minute=60_000, made_at=clock.now())
        page = street.open(language=language, width=width)
        page.goto(f"/l/{links_of(street.cast.households[0])}")
        page.goto("/n/about")
        page.locator("input[name=last4]").fill("0111")
        page.locator("form button[type=submit]").first.click()
        page.locator("input[name=code]").wait_for()
        street.check(page)
        page.locator("input[name=code]").fill("12")
        page.locator("form button[type=submit]").first.click()
        page.get_by_role("alert").first.wait_for()
        street.check(page)
        page.locator("input[name=code]").fill(code_that_came(gateway))
        page.locator("form button[type=submit]").first.click()
        page.get_by_text("138****0111").first.wait_for()
