"""Rows of the pages that keep the register true."""

from typing import Any
from uuid import uuid4

from linli.core.actors import Actor
from linli.residents import actions
from linli.residents.models import MergedPerson, Person, Regrouping
from tests.conftest import Cast
from tests.matrix import Row

SEE, EDIT, APPROVE = "register.see", "register.edit", "register.approve"
NOT_OURS = {"outsider": (200, 422)}  # one sees one's own there
HERE = "?place=360103001001"


def household(cast: Cast) -> dict[str, Any]:
    return {"household_id": cast.households[0].pk}


def departed(cast: Cast) -> dict[str, Any]:
    actions.depart_household(actor=cast.actor("wang"), household_id=cast.households[0].pk)
    return household(cast)


def person(cast: Cast) -> dict[str, Any]:
    first = Person.objects.filter(memberships__household=cast.households[0]).order_by("id")[0]
    return {"person_id": first.pk}


def two(cast: Cast) -> dict[str, Any]:
    found = Person.objects.filter(memberships__household=cast.households[0]).order_by("id")
    return {"person_id": found[0].pk, "other_id": found[1].pk}


def regrouping(cast: Cast) -> dict[str, Any]:
    if not Regrouping.objects.exists():
        one, other = cast.households[:2]
        actions.merge_households(actor=cast.actor("wang"), household_id=one.pk, other_id=other.pk)
    return {"regrouping_id": Regrouping.objects.get().pk}


def merged(cast: Cast) -> dict[str, Any]:
    keys = two(cast)
    if not MergedPerson.objects.exists():
        actions.merge_people(actor=cast.actor("wang"), kept_id=keys["person_id"], gone_id=keys["other_id"])
    return {"merged_id": MergedPerson.objects.get().pk}


def transfer(cast: Cast) -> dict[str, Any]:
    made = actions.propose_transfer(
        actor=cast.actor("li"), household_id=cast.households[0].pk, to_place_id=cast.place("002").pk, reason="搬家"
    )
    return {"transfer_id": made.pk}


def correction(cast: Cast) -> dict[str, Any]:
    link = Actor(kind="link", id=1)
    made = actions.ask_correction(actor=link, household_id=cast.households[0].pk, field="other", value="门牌错了")
    return {"correction_id": made.pk}


def consent(cast: Cast) -> dict[str, Any]:
    made = actions.record_ground(
        actor=cast.actor("wang"), **person(cast), purpose="skills", ground="consent", word="本人", write_id=uuid4()
    )
    return {**person(cast), "consent_id": made.pk}


def split_form(cast: Cast) -> dict[str, Any]:
    return {"people": person(cast)["person_id"], "name": "分户"}


def door_there(cast: Cast) -> dict[str, Any]:
    return {"leaf": cast.place("002-1-1").pk, "building": "5栋", "entrance": "1单元", "room": "201"}


RECEIVER = {"holder": "sun", "outsider": "qian"}  # of the community that is asked; a grid of it may not decide
ROWS = [
    Row("register-upkeep", query=HERE, permission=SEE),
    Row("household-notices", query="?ids=1,2", permission=SEE, expect={"outsider": 200}),
    Row("household-merge", permission=EDIT, kwargs=household, lacking="zhou"),
    Row(
        "household-merge", "POST", permission=EDIT, kwargs=household, lacking="zhou",
        data=lambda cast: {"other_id": cast.households[1].pk},
    ),
    Row("household-split", permission=EDIT, kwargs=household, lacking="zhou"),
    Row("household-split", "POST", permission=EDIT, kwargs=household, lacking="zhou", data=split_form),
    Row("regrouping-undo", "POST", permission=EDIT, kwargs=regrouping, lacking="zhou"),
    Row("transfer-propose", permission=EDIT, kwargs=household, lacking="zhou"),
    Row(
        "transfer-propose", "POST", permission=EDIT, kwargs=household, lacking="zhou",
        data=lambda cast: {"to_place_id": cast.place("002").pk, "reason": "搬家"},
    ),
    Row("transfer-list", permission=EDIT, expect={"outsider": 200}),
    Row("transfer", permission=EDIT, kwargs=transfer, lacking="zhou", outsider="zhao"),
    Row("transfer-accept", "POST", permission=EDIT, kwargs=transfer, lacking="wang", data=door_there, **RECEIVER),
    Row(
        "transfer-refuse", "POST", permission=EDIT, kwargs=transfer, lacking="wang",
        data=lambda _cast: {"answer": "查无此户"}, **RECEIVER,
    ),
    Row("transfer-cancel", "POST", permission=EDIT, kwargs=transfer, lacking="sun", outsider="zhao"),
    Row("correction-list", permission=EDIT, expect={"outsider": 200}),
    Row("correction", permission=EDIT, kwargs=correction, lacking="zhou"),
    Row("correction-approve", "POST", permission=EDIT, kwargs=correction, lacking="zhou"),
    Row(
        "correction-refuse", "POST", permission=EDIT, kwargs=correction, lacking="zhou",
        data=lambda _cast: {"answer": "没有错"},
    ),
    Row("household-correction", permission=SEE, kwargs=household, lacking="wu"),
    Row(
        "household-correction", "POST", permission=SEE, kwargs=household, lacking="wu",
        data=lambda _cast: {"field": "other", "value": "门牌错了"},
    ),
    Row("person-correction", permission=SEE, kwargs=person, lacking="wu"),
    Row(
        "person-correction", "POST", permission=SEE, kwargs=person, lacking="wu",
        data=lambda _cast: {"field": "name", "value": "陈玉兰"},
    ),
    Row("duplicate-list", query=HERE, permission=EDIT, lacking="zhou"),
    Row("person-merge", permission=EDIT, kwargs=two, lacking="zhou"),
    Row("person-merge", "POST", permission=EDIT, kwargs=two, lacking="zhou"),
    Row("duplicate-dismiss", "POST", permission=EDIT, kwargs=two, lacking="zhou"),
    Row("person-unmerge", "POST", permission=EDIT, kwargs=merged, lacking="zhou"),
    Row("stale-contacts", query=HERE, permission=SEE),
    Row("contact-tick", "POST", permission="tasks.work", kwargs=person, lacking="wu"),
    Row("ground-record", permission=EDIT, kwargs=person, lacking="zhou"),
    Row(
        "ground-record", "POST", permission=EDIT, kwargs=person, lacking="zhou",
        data=lambda _cast: {"purpose": "skills", "ground": "consent", "word": "本人"},
    ),
    Row("ground-withdraw", "POST", permission=EDIT, kwargs=consent, lacking="zhou"),
    Row("person-erase", permission=APPROVE, kwargs=person, lacking="li"),
    Row("person-erase", "POST", permission=APPROVE, kwargs=person, lacking="li", data=lambda _cast: {"ground": "asked"}),
    Row("household-erase", permission=APPROVE, kwargs=household, lacking="li"),
    Row(
        "household-erase", "POST", permission=APPROVE, kwargs=household, lacking="li",
        data=lambda _cast: {"ground": "mistake"},
    ),
    Row("erasure-due", query=HERE, permission=APPROVE, lacking="li"),
    Row("erasure-due", "POST", query=HERE, permission=APPROVE, lacking="li"),
]  # fmt: skip
