"""Rows of the API's routes that keep the register true."""

from typing import Any
from uuid import uuid4

from tests.conftest import Cast
from tests.matrix import API, Row
from tests.residents.rows_upkeep import APPROVE, EDIT, RECEIVER, SEE, correction, merged, person, transfer, two

HERE = "?place=360103001001"
OFTEN = {"lacking": 403}
OWN = {"outsider": (200,), "operator": (200, 404)}


def rows(token: Any) -> list[Row]:
    """`token` gives the headers of an actor, as the other routes have them."""

    def row(name: str, method: str = "GET", **more: Any) -> Row:
        return Row(f"api:{name}", method, answers=API, headers=token, **more)

    def with_id(**more: Any) -> Any:
        return lambda cast: {
            "id": uuid4(),
            **{name: made(cast) if callable(made) else made for name, made in more.items()},
        }

    def household(cast: Cast) -> dict[str, Any]:
        return {"household_id": cast.households[0].pk}

    def one(cast: Cast) -> dict[str, Any]:
        return {"person_id": two(cast)["person_id"]}

    other = with_id(other=lambda cast: two(cast)["other_id"])
    editor: dict[str, Any] = {"permission": EDIT, "lacking": "zhou", "expect": OFTEN}
    dwelling_there = with_id(dwelling=lambda cast: dwelling_of(cast, "002-1-1"))
    return [
        row("list_transfers", permission=EDIT, expect=OWN),
        row("get_transfer", permission=EDIT, kwargs=transfer, lacking="zhou", outsider="zhao", expect={"lacking": 404}),
        row("propose_transfer", "POST", kwargs=household, **editor, data=with_id(to="360103001002", reason="搬家")),
        row("accept_transfer", "POST", permission=EDIT, kwargs=transfer, lacking="wang", expect=OFTEN,
            data=dwelling_there, **RECEIVER),
        row("refuse_transfer", "POST", permission=EDIT, kwargs=transfer, lacking="wang", expect=OFTEN,
            data=with_id(answer="查无此户"), **RECEIVER),
        row("cancel_transfer", "POST", permission=EDIT, kwargs=transfer, lacking="sun", outsider="zhao", expect=OFTEN,
            data=with_id()),
        row("list_corrections", permission=EDIT, expect=OWN),
        row("get_correction", permission=EDIT, kwargs=correction, lacking="zhou", expect={"lacking": 404}),
        row("ask_correction", "POST", permission=SEE, kwargs=household, data=with_id(field="other", value="门牌错了")),
        row("approve_correction", "POST", permission=EDIT, kwargs=correction, lacking="zhou",
            expect={"lacking": (403, 404)}, data=with_id()),
        row("refuse_correction", "POST", permission=EDIT, kwargs=correction, lacking="zhou",
            expect={"lacking": (403, 404)}, data=with_id(answer="没有错")),
        row("list_duplicates", permission=EDIT, query=HERE, lacking="zhou", expect={"lacking": 404}),
        row("merge_people", "POST", kwargs=one, **editor, data=other),
        row("dismiss_duplicate", "POST", kwargs=one, **editor, data=other),
        row("list_merges", permission=EDIT, query=HERE, lacking="zhou", expect={"lacking": 404}),
        row("unmerge_people", "POST", kwargs=merged, **editor, data=with_id()),
        row("list_stale_contacts", permission=SEE, query=HERE),
        row("tick_contact", "POST", permission="tasks.work", kwargs=person, data=with_id()),
        row("list_due", permission=APPROVE, query=HERE, lacking="li", expect={"lacking": (403, 404)}),
        row("erase_due", "POST", permission=APPROVE, lacking="li", expect={"lacking": (403, 404)},
            data=with_id(place="360103001001")),
        row("erase_person", "POST", permission=APPROVE, kwargs=person, lacking="li", expect=OFTEN,
            data=with_id(ground="asked")),
        row("erase_household", "POST", permission=APPROVE, kwargs=household, lacking="li", expect=OFTEN,
            data=with_id(ground="asked")),
    ]  # fmt: skip


def dwelling_of(cast: Cast, code: str) -> int:
    from linli.residents.models import Residence

    home = cast.households_in(code)[0]
    return Residence.objects.get(household=home, until_on=None).dwelling_id
