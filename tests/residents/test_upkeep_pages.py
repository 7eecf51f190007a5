"""The pages on which the register is kept true: the same number of queries whatever waits there."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from linli.core import clock
from linli.core.actors import Actor
from linli.residents import actions
from linli.residents.models import Membership, Person
from linli.residents.rules import PersonEntry
from tests.conftest import Cast
from tests.residents.test_pages import queries_of
from tests.residents.test_reach import people_of


def pile_up(cast: Cast, homes: list[Any]) -> None:
    """Something to decide about each of these households, and somebody long gone from it."""
    link, wang, long_ago = Actor(kind="link", id=1), cast.actor("wang"), clock.today() - timedelta(days=2_000)
    for home in homes:
        one, other = people_of(home)
        actions.ask_correction(actor=link, household_id=home.pk, field="other", value="门牌错了")
        to = cast.place("002").pk
        actions.propose_transfer(actor=wang, household_id=home.pk, to_place_id=to, reason="搬家")
        Person.objects.filter(pk=other.pk).update(name=one.name, born_on=one.born_on, sex=one.sex)
        actions.add_person(actor=wang, household_id=home.pk, entry=PersonEntry(f"旧{home.pk}"))
        gone = Person.objects.get(name=f"旧{home.pk}")
        actions.depart_person(actor=wang, person_id=gone.pk)
        Membership.objects.filter(person=gone).update(from_on=long_ago, until_on=long_ago)


def test_no_page_asks_more_where_more_waits(cast: Cast, sign_in: Any):
    client, place = sign_in("wang"), f"?place={cast.place('001').code}"
    names = ["register-upkeep", "transfer-list", "correction-list", "duplicate-list", "stale-contacts", "erasure-due"]
    pages = [reverse(name) + place for name in names]
    homes = [one for one in cast.households if one.pk in {found.pk for found in cast.households_in("001-1-1")}]
    pile_up(cast, homes[:1])
    for url in pages:
        queries_of(client, url)
    before = [queries_of(client, url) for url in pages]
    pile_up(cast, homes[1:])
    after = [queries_of(client, url) for url in pages]
    assert [(url, was, now) for url, was, now in zip(pages, before, after, strict=True) if now > was] == []
    assert max(after) <= 25


def test_how_fresh_the_phone_of_whoever_answers_is(cast: Cast, sign_in: Any):
    wang, home, neighbour = cast.actor("wang"), cast.households[0], people_of(cast.households[1])[0]
    actions.name_answerer(actor=wang, household_id=home.pk, name="女儿", phone="13900017777")
    actions.name_answerer(actor=wang, household_id=home.pk, by_person_id=neighbour.pk)
    page = f"/register/households/{home.pk}"
    text = sign_in("wang").get(page).content.decode()
    assert "登记于" in text
    assert "从未确认" in text
    actions.tick_contact(actor=cast.actor("zhou"), person_id=neighbour.pk)
    text = sign_in("wang").get(page).content.decode()
    assert "最近确认" in text
