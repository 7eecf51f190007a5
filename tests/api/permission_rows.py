"""Routes of the API. Each kind of actor comes with a token of its own that holds every scope."""

from typing import Any
from uuid import uuid4

from linli.alerts import actions as alerts
from linli.alerts.actions import Notice
from linli.alerts.queries import get_alert
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.duties import actions as duties
from linli.duties.models import Task
from linli.grid import actions as grid
from linli.grid.models import Appointment, Dwelling
from linli.grid.queries import find_holder, list_holders
from linli.grid.rules import PERMISSIONS
from linli.residents.models import Person
from tests.api import rows_upkeep
from tests.conftest import Cast
from tests.matrix import API, PUBLIC, Row

COMMUNITY, CELL = "360103001001", "360103001001-1-1"
NOT_ALLOWED = {"lacking": 403}
NOTHING = {"outsider": (200,), "operator": (200,)}  # a list of what is one's own may be empty


def token(cast: Cast, username: str | None) -> dict[str, str]:
    if username is None:
        return {}
    account = cast.accounts[username]
    text = grid.make_token(actor=SYSTEM, account=account, name="matrix", scopes=sorted(PERMISSIONS))[1]
    return {"Authorization": f"Bearer {text}"}


def alert(cast: Cast) -> Any:
    """An alert over one community, so that next door it isn't there; issued by its secretary."""
    notice = Notice(texts={"en": {"headline": "x"}}, urgency="immediate", places=[cast.place("001")])
    made = alerts.issue_alert(actor=cast.actor("wang"), alert_id=uuid4(), notice=notice)
    return get_alert(actor=SYSTEM, alert_id=made.pk)


def task(cast: Cast) -> Task:
    cell = cast.place("001-1-1")
    holder = find_holder(cell.path, list_holders([cell.path]))
    new = duties.NewTask("household_silence", cell.pk, cell.path, holder, clock.now())
    duties.open_tasks(actor=SYSTEM, source=("alerts", str(uuid4())), tasks=[new])
    return Task.objects.get()


def person(cast: Cast) -> Person:
    return Person.objects.filter(memberships__household=cast.households[0]).order_by("id")[0]


def with_id(**more: Any) -> Any:
    return lambda cast: {"id": uuid4(), **{name: make(cast) if callable(make) else make for name, make in more.items()}}


def row(name: str, method: str = "GET", **more: Any) -> Row:
    return Row(f"api:{name}", method, answers=API, headers=token, **more)


def at_alert(cast: Cast) -> dict[str, Any]:
    return {"alert_id": alert(cast).pk}


def at_task(cast: Cast) -> dict[str, Any]:
    return {"task_id": task(cast).pk}


def at_household(cast: Cast) -> dict[str, Any]:
    return {"household_id": cast.households[0].pk}


def at_person(cast: Cast) -> dict[str, Any]:
    return {"person_id": person(cast).pk}


def vacant_dwelling(cast: Cast) -> int:
    first = Dwelling.objects.order_by("id")[0]
    return Dwelling.objects.create(entrance=first.entrance, room="901", sort="901").pk


ROWS = [
    row("place_on_day", permission="places.see", query=f"?day=2026-11-20&code={COMMUNITY}"),
    row("list_redrawings", permission="places.see", expect=NOTHING),
    Row("api:openapi-json", answers=PUBLIC),
    Row("api:openapi-view", answers=PUBLIC),
    Row("api:api-root", answers=dict.fromkeys(PUBLIC, 404)),
    Row("api:api-root", "POST", answers=dict.fromkeys(PUBLIC, 404)),
    row("list_places", permission="places.see", query=f"?under={COMMUNITY}"),
    row("add_place", "POST", permission="places.edit", lacking="li", expect=NOT_ALLOWED,
        data=with_id(parent="360103001001-1", name="9号微网格")),
    row("count_places", permission="places.see", query=f"?under={COMMUNITY}"),
    row("get_place", permission="places.see", kwargs=lambda cast: {"code": COMMUNITY}),
    row("list_outlines", permission="places.see", kwargs=lambda cast: {"code": COMMUNITY}),
    row("list_vacancies", permission="posts.see", query=f"?under={CELL}", lacking="zhou", expect={"lacking": 404}),
    row("list_appointments", permission="posts.see", query=f"?place={CELL}", lacking="zhou", expect={"lacking": 404}),
    row("appoint", "POST", permission="posts.appoint", lacking="li", expect={"lacking": 404},
        data=with_id(username="nobody", post="cell_leader", place="360103001001-2-2", paper="2026-1")),
    row("end_appointment", "POST", permission="posts.appoint", lacking="li", expect=NOT_ALLOWED,
        kwargs=lambda cast: {"appointment_id": Appointment.objects.get(account=cast.accounts["zhou"]).pk},
        data=with_id(reason="moved")),
    row("list_dwellings", permission="places.see", query=f"?place={COMMUNITY}"),
    row("list_households", permission="register.see", query=f"?place={COMMUNITY}"),
    row("add_household", "POST", permission="register.edit", lacking="zhou", expect=NOT_ALLOWED,
        data=with_id(dwelling=vacant_dwelling, name="周")),
    row("get_household", permission="register.see", kwargs=at_household),
    row("add_person", "POST", permission="register.edit", lacking="zhou", expect=NOT_ALLOWED, kwargs=at_household,
        data=with_id(name="周一")),
    row("move_household", "POST", permission="register.edit", lacking="zhou", expect=NOT_ALLOWED, kwargs=at_household,
        data=with_id(dwelling=vacant_dwelling)),
    row("depart_household", "POST", permission="register.edit", lacking="zhou", expect=NOT_ALLOWED,
        kwargs=at_household, data=with_id()),
    row("depart_person", "POST", permission="register.edit", lacking="zhou", expect=NOT_ALLOWED, kwargs=at_person,
        data=with_id()),
    row("mark_group", "POST", permission="register.edit", lacking="zhou", expect=NOT_ALLOWED, kwargs=at_person,
        data=with_id(group="elderly")),
    row("reveal_numbers", "POST", permission="register.reveal", kwargs=at_person,
        data=lambda cast: {"fields": ["phone"], "purpose": "visit"}),
    *rows_upkeep.rows(token),
    row("list_alerts", permission="alerts.see", expect=NOTHING),
    row("issue_alert", "POST", permission="alerts.issue", lacking="li", expect=NOT_ALLOWED,
        data=with_id(texts={"en": {"headline": "x"}}, urgency="immediate", places=["360103001001-1"])),
    row("get_alert", permission="alerts.see", kwargs=at_alert),
    row("cancel_alert", "POST", permission="alerts.issue", lacking="li", expect={"lacking": (403, 404)}, kwargs=at_alert,
        data=with_id(reason="over")),
    row("acknowledge", "POST", permission="alerts.answer", kwargs=at_alert, data=with_id()),
    row("record_receipts", "POST", permission="alerts.answer", kwargs=at_alert,
        data=lambda cast: {
            "receipts": [{"id": uuid4(), "household": cast.households[0].pk, "at": clock.now().isoformat()}]
        }),
    row("record_knock", "POST", permission="alerts.answer", kwargs=at_alert,
        data=with_id(household=lambda cast: cast.households[0].pk, outcome="spoken_to")),
    row("read_coverage", permission="alerts.see", kwargs=at_alert, query=f"?place={CELL}"),
    row("list_not_reached", permission="alerts.see", kwargs=at_alert, query=f"?place={CELL}"),
    row("list_tasks", permission="tasks.see", expect=NOTHING),
    row("get_task", permission="tasks.see", kwargs=at_task),
    row("list_holders", permission="tasks.see", kwargs=at_task),
    row("hand_over", "POST", permission="tasks.work", kwargs=at_task,
        data=with_id(appointment=lambda cast: Appointment.objects.get(account=cast.accounts["li"]).pk)),
]  # fmt: skip
