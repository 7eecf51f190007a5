"""Pages of drills: who may open and do what."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from linli.alerts import actions
from linli.core import clock
from linli.core.actors import SYSTEM
from tests.alerts.rows_office import WRITE, WRITES
from tests.conftest import Cast
from tests.matrix import Row

DRILL = UUID(int=4)


def planned(cast: Cast) -> Mapping[str, Any]:
    """A drill that the secretary planned for her community."""
    plan = actions.Plan(
        texts={"en": {"headline": "Test", "body": ""}},
        urgency="immediate",
        places=[cast.place("001")],
        planned_at=clock.now(),
        scope="line",
    )
    actions.plan_drill(actor=cast.actor("wang"), drill_id=DRILL, plan=plan)
    return {"drill_id": DRILL}


def running(cast: Cast) -> Mapping[str, Any]:
    found = planned(cast)
    actions.hold_drills(actor=SYSTEM)
    return found


def written(cast: Cast) -> Mapping[str, Any]:
    begins = clock.local(clock.now()) + timedelta(hours=1)
    return {
        "alert_id": uuid4(),
        "urgency": "immediate",
        "headline_en": "Test",
        "places": [cast.place("001").code],
        "planned_at": f"{begins:%Y-%m-%dT%H:%M}",
        "scope": "line",
        "repeat": "",
    }


def reason(_cast: Cast) -> Mapping[str, Any]:
    return {"reason": "Rain"}


ROWS = [
    Row("drill-list", permission="alerts.see", expect={"outsider": 200, "lacking": 200, "operator": 200}),
    Row("drill-new", **WRITE, expect=WRITES),
    Row("drill-new", "POST", data=written, **WRITE, expect={"outsider": 404, "operator": (403, 404)}),
    Row("drill", kwargs=planned, permission="alerts.see"),
    Row("drill-call-off", "POST", kwargs=planned, data=reason, **WRITE, expect={"lacking": (403, 404)}),
    Row("drill-end", "POST", kwargs=running, **WRITE, expect={"lacking": (403, 404)}),
]
