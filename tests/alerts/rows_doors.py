"""The walk from door to door: whoever may answer there, nobody else."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4, uuid5

from linli.alerts import actions
from linli.alerts.models import LateRecord
from linli.core import clock
from tests.alerts.rows_public import issue
from tests.conftest import Cast
from tests.matrix import Row


def _walk(cast: Cast) -> Mapping[str, Any]:
    return {"alert_id": issue(cast).pk, "code": cast.place("001-1-1").code}


def _home(cast: Cast) -> Mapping[str, Any]:
    return {"household": cast.households[0].pk}


def _knock(cast: Cast) -> Mapping[str, Any]:
    return {"alert": str(issue(cast).pk), "attempt_id": str(uuid4()), "outcome": "not_at_home"}


def _undo(cast: Cast) -> Mapping[str, Any]:
    alert, key = issue(cast), uuid4()
    common = {"household": cast.households[0].pk, "outcome": "refused", "attempt_id": key}
    actions.record_knocks(actor=cast.actor("zhou"), alerts=[alert], **common)
    return {"attempt": str(uuid5(key, str(alert.pk)))}


MAY: dict[str, Any] = {"permission": "alerts.answer", "holder": "zhou", "outsider": "wu"}


def _late(cast: Cast) -> Mapping[str, Any]:
    home, now = cast.households[0], clock.now()
    made = LateRecord.objects.create(
        id=uuid4(),
        account=cast.accounts["li"],
        household=home.pk,
        path=cast.place("001-1-1").path,
        alerts=[],
        outcome="refused",
        at=now,
        why="ended",
        received_at=now,
    )
    return {"record_id": made.pk}


ROWS = [
    Row("late-list", permission="alerts.answer", holder="zhou", expect={"outsider": 200}),
    Row("late-decide", "POST", kwargs=_late, data=lambda cast: {"accept": "0"}, **MAY),
    Row("alert-doors", kwargs=_walk, **MAY),
    Row("door", kwargs=_home, **MAY),
    Row("knock", "POST", kwargs=_home, data=_knock, **MAY),
    Row("knock-undo", "POST", kwargs=_home, data=_undo, **MAY),
    Row("household-link", "POST", kwargs=_home, data=lambda cast: {"answers_as": "itself"}, **MAY),
]
