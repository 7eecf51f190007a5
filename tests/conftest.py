"""The fixed cast: a small street with two communities. The same names stand in the demo, the docs and the screenshots.

南浦街道 (nanpu) ─ 二郎庙社区 (erlang) ─ grids g1, g2 ─ cells c1, c2 a grid; each cell holds one building with one entrance
of three dwellings, a household of two in each. 象山社区 (xiangshan) is next door, with one grid and one cell: its secretary
Sun is the outsider whom every test of scope tries.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from linli.alerts import actions as alerts
from linli.config.wiring import wire
from linli.core import clock, jobs
from linli.core.actors import SYSTEM, Actor
from linli.core.initials import initials
from linli.core.models import Deployment
from linli.grid import actions as grid_actions
from linli.grid.models import (
    Account,
    Appointment,
    Building,
    Dwelling,
    Entrance,
    EntrancePlacement,
    Place,
)
from linli.grid.profile import line_place_kinds
from linli.grid.queries import actor_for, line_unit
from linli.residents.models import Household, Membership, Person, Residence

TREE = [  # code, name, kind, parent
    ("36", "江西省", "province", ""),
    ("3601", "南昌市", "city", "36"),
    ("360103", "西湖区", "district", "3601"),
    ("360103001", "南浦街道", "street", "360103"),
    ("360103001001", "二郎庙社区居委会", "community", "360103001"),
    ("360103001001-1", "第一网格", "grid", "360103001001"),
    ("360103001001-1-1", "1号微网格", "cell", "360103001001-1"),
    ("360103001001-1-2", "2号微网格", "cell", "360103001001-1"),
    ("360103001001-2", "第二网格", "grid", "360103001001"),
    ("360103001001-2-1", "1号微网格", "cell", "360103001001-2"),
    ("360103001001-2-2", "2号微网格", "cell", "360103001001-2"),
    ("360103001002", "象山社区居委会", "community", "360103001"),
    ("360103001002-1", "第一网格", "grid", "360103001002"),
    ("360103001002-1-1", "1号微网格", "cell", "360103001002-1"),
]
CAST = [  # username, name, post, place
    ("chen", "陈书琴", "street_officer", "360103001"),
    ("wang", "王建国", "community_secretary", "360103001001"),
    ("li", "李梅", "grid_administrator", "360103001001-1"),
    ("zhao", "赵敏", "grid_administrator", "360103001001-2"),
    ("zhou", "周大勇", "cell_leader", "360103001001-1-1"),
    ("wu", "吴桂芳", "cell_leader", "360103001001-1-2"),
    ("zheng", "郑海", "cell_leader", "360103001001-2-1"),
    # the cell 2-2 is vacant: Zhao holds its part
    ("sun", "孙立", "community_secretary", "360103001002"),
    ("qian", "钱芬", "grid_administrator", "360103001002-1"),
]
MOBILE = "1380013{:04d}"


@dataclass
class Cast:
    """Accounts and places by short name, actors made afresh on each look."""

    accounts: dict[str, Account]
    places: dict[str, Place]
    households: list[Household] = field(default_factory=list)

    def actor(self, username: str) -> Actor:
        return actor_for(self.accounts[username])

    def place(self, code: str) -> Place:
        """By full code, or by what follows the street's: '001-1-1'."""
        return self.places.get(code) or self.places[f"360103001{code}"]

    def households_in(self, code: str) -> list[Household]:
        return list(Household.objects.below([self.place(code).path]).order_by("id"))


def make_places() -> dict[str, Place]:
    from linli.grid.models.places import path_of
    from linli.grid.rules import committee_of, natural_key

    made: dict[str, Place] = {}
    for code, name, kind, parent in TREE:
        above = made.get(parent)
        made[code] = Place.objects.create(
            code=code,
            name=name,
            kind=kind,
            parent=above,
            path=path_of(code, above),
            sort=natural_key(name),
            committee=committee_of(name) if kind == "community" else "",
        )
        if above is not None and kind in line_place_kinds():
            one = [grid_actions.Change(to_path=above.path)]
            grid_actions.record_headcount_changes(actor=SYSTEM, unit=line_unit(kind), changes=one)
    return made


def make_accounts(places: dict[str, Place]) -> dict[str, Account]:
    made = {}
    for username, name, post, code in CAST:
        made[username] = Account.objects.create(username=username, name=name, initials=initials(name))
        Appointment.objects.create(
            account=made[username],
            post_kind=post,
            place=places[code],
            from_at=clock.now() - timedelta(days=30),
            paper="南浦办〔2026〕1号",
        )
    made["operator"] = Account.objects.create(username="operator", name="运维", is_operator=True)
    made["nobody"] = Account.objects.create(username="nobody", name="无职")
    return made


def make_household(cell: Place, number: int, *, rooms: int = 3) -> list[Household]:
    """A building with one entrance in `cell`, `rooms` dwellings, a household of two in each."""
    from linli.core.crypto import keyed_hash

    community = Place.objects.get(path="/".join(cell.path.split("/")[:5]) + "/")
    building = Building.objects.create(place=community, name=f"{number}栋", sort=f"{number:08d}栋")
    entrance = Entrance.objects.create(building=building, name="1单元", sort="00000001单元")
    day = clock.today() - timedelta(days=20)
    EntrancePlacement.objects.create(entrance=entrance, place=cell, from_on=day)
    made = []
    for room in range(1, rooms + 1):
        dwelling = Dwelling.objects.create(entrance=entrance, floor=room, room=f"{room}01", sort=f"{room:08d}01")
        household = Household.objects.create(kind="family", name=f"{number}-{room}户", made_at=clock.now())
        Residence.objects.create(household=household, dwelling=dwelling, from_on=day)
        for which in (1, 2):
            last4 = f"{number:02d}{room}{which}"
            phone = f"+861380013{last4}"
            person = Person.objects.create(
                name=f"住户{number}{room}{which}",
                phone=phone,
                phone_index=keyed_hash(phone, "phone"),
                phone_last4=keyed_hash(last4, "phone-last4"),
                made_at=clock.now(),
            )
            Membership.objects.create(person=person, household=household, from_on=day)
        made.append(household)
    changes = [grid_actions.Change(to_path=cell.path, n=rooms)]
    grid_actions.record_headcount_changes(actor=SYSTEM, unit="household", changes=changes)
    return made


DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--only-database", action="store_true", help="leave out what the first database has shown: tests that use none"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--only-database"):
        return
    kept, left = [], []
    for item in items:
        (kept if _uses_database(item) else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def _uses_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("postgresql")
    return bool(marked or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))


@pytest.fixture
def cast(db: Any) -> Cast:
    """The whole street, with 15 households."""
    Deployment.objects.get_or_create(id=1, defaults={"profile": "china", "made_at": clock.now()})
    places = make_places()
    made = Cast(make_accounts(places), places)
    cells = [place for place in places.values() if place.kind == "cell"]
    for number, cell in enumerate(cells, start=1):
        made.households += make_household(cell, number)
    grid_actions.fold_headcounts(actor=SYSTEM)
    return made


@pytest.fixture
def sign_in(client: Any, cast: Cast) -> Any:
    """`sign_in("chen")` gives a test client signed in as her."""

    def go(username: str) -> Any:
        client.force_login(cast.accounts[username], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return go


@pytest.fixture
def notice(cast):
    def make(*codes, groups=(), urgency="immediate", **more):
        return alerts.Notice(
            texts={
                "zh-hans": {"headline": "暴雨红色预警", "body": "请勿外出，等待通知。"},
                "en": {"headline": "Red rainstorm warning", "body": "Stay inside and wait for notice."},
            },
            urgency=urgency,
            places=[cast.place(code) for code in codes or ["360103001"]],
            groups=groups,
            **more,
        )

    return make


@pytest.fixture
def issued(cast, notice):
    def issue(username="chen", *codes, **more):
        return alerts.issue_alert(actor=cast.actor(username), alert_id=uuid4(), notice=notice(*codes, **more))

    return issue


@pytest.fixture
def after():
    """`after(15)`: 15 minutes later, with everything done that the clock and the queue start."""
    wire()
    with time_machine.travel("2026-03-02T08:00:00+00:00", tick=False) as traveller:

        def go(minutes):
            traveller.shift(timedelta(minutes=minutes))
            jobs.run_everything()

        yield go
