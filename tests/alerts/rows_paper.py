"""Paper: whoever answers for the place."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from linli.alerts import actions
from tests.alerts.rows_public import issue
from tests.conftest import Cast
from tests.matrix import Row


def _alert(cast: Cast) -> Mapping[str, Any]:
    return {"alert_id": issue(cast).pk}


def _place(cast: Cast) -> Mapping[str, Any]:
    return {"alert_id": issue(cast).pk, "code": cast.place("001-1-1").code}


def _sheet(cast: Cast) -> Mapping[str, Any]:
    common = {"alert": issue(cast), "place": cast.place("001-1-1"), "kind": "calls", "write_id": uuid4()}
    return {"code": actions.print_sheet(actor=cast.actor("zhou"), **common).code}


def _typed(cast: Cast) -> Mapping[str, Any]:
    return {"lines": "1 2", "at": "2000-01-01T00:00"}


MAY: dict[str, Any] = {"permission": "alerts.answer", "holder": "zhou", "outsider": "wu"}
ROWS = [
    Row("alert-paper", kwargs=_alert, **{**MAY, "outsider": "sun"}, expect={"outsider": 200}),
    Row("paper-make", "POST", kwargs=_place, data=lambda cast: {"kind": "doors"}, **MAY),
    Row("alert-poster", "POST", kwargs=_place, **MAY),
    Row("paper-find", query="?code=ZZZZZZ", **MAY, expect={"holder": 404}),
    Row("paper-sheet", kwargs=_sheet, **MAY),
    Row(
        "paper-sheet",
        "POST",
        kwargs=_sheet,
        data=lambda cast: {"purpose": "nothing"},
        **MAY,
        expect={"holder": (403, 422)},
    ),
    Row("paper-type", kwargs=_sheet, **MAY),
    Row("paper-type", "POST", kwargs=_sheet, data=_typed, **MAY, expect={"holder": 422}),
]
