"""The hour in the browser: the script plays while the shown clock runs, until it has run out; then the clock goes slowly
on, so that whoever tries it can go on with the rest."""

import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta
from uuid import uuid5

from django.db import close_old_connections
from django.db.utils import OperationalError

from linli.alerts import actions as alerts
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict
from linli.demo import stage
from linli.demo.drill import Drilling
from linli.demo.play import Play
from linli.demo.script import END
from linli.duties import actions as duties
from linli.duties.rules import QUESTION
from linli.grid import queries as places
from linli.messages.rules import ITSELF, RELATIVE
from linli.residents.queries import Door, contact_means
from linli.residents.rules import HouseholdRow

BEFORE = timedelta(seconds=40)  # shown before the notice goes out: time to sign in
STEP_S, PAUSE_S = 0.7, 0.02
FEW = 12
DRILL_AFTER = timedelta(minutes=4)  # shown, from the notice
TO_TRY = {"leader", "administrator", "vacancy"}


def play(seed: int, speed: float) -> None:
    """Until the hour is over or somebody stops it."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_args: stop.set())
    world = stage.describe(seed)
    play = stage.make_play(world, seed)
    clock.move(to=play.moment - BEFORE, rate=speed)
    drilling = stage.make_drilling(world.next_drill, seed)
    drilling.plan(play.moment + DRILL_AFTER)
    _wait_for(play, 0, stop)
    if stop.is_set():
        return
    play.issue()
    play.cast_parts(spared=_make_links(play), idle=_list_idle(play))
    with suppress(Conflict):  # whoever tries it may cancel or replace the notice: then there is no more to play
        _run(play, drilling, stop)
    clock.move(to=clock.now(), rate=1.0)


def _run(play: Play, drilling: Drilling, stop: threading.Event) -> None:
    done = False
    while not stop.is_set() and not (done and play.done_until >= END):
        try:
            done = play.perform(min(_elapsed(play), END), most=FEW)
            drilling.perform()
        except OperationalError:  # a busy machine: what was not done is done the next time
            done = False
        close_old_connections()
        stop.wait(STEP_S if done else PAUSE_S)


def _elapsed(play: Play) -> float:
    return (clock.now() - play.moment).total_seconds()


def _wait_for(play: Play, moment_s: float, stop: threading.Event) -> None:
    while _elapsed(play) < moment_s and not stop.is_set():
        time.sleep(0.1)


def _list_idle(play: Play) -> set[int]:
    """Those of the cast whose work is left to whoever tries it; what they don't begin climbs."""
    names = [member.username for member in play.world.cast if member.look in TO_TRY]
    return {places.get_account_by_username(actor=SYSTEM, username=name).pk for name in names}


def _make_links(play: Play) -> set[int]:
    """Links to try as a resident; their households are left alone by the script."""
    silent = play.list_silent()
    means, doors = contact_means(silent), play.doors_of(silent)
    codes = {code for code, _key in play.world.examples}
    paths = {place.code: place.path for place in places.list_places(actor=SYSTEM, codes=codes)}
    links: dict[str, str] = {}
    spared: set[int] = set()
    for code, key in play.world.examples:
        wanted = {"answerer"} if key == "relative" else {"phone"}
        found = next(one for one in silent if _fits(doors[one], paths[code]) and wanted <= means[one])
        as_who = RELATIVE if key == "relative" else ITSELF
        links[key] = alerts.make_household_link(actor=SYSTEM, household=found, answers_as=as_who)
        spared.add(found)
        if key == "own":
            _ask(play, found)
    shared = places.get_place(actor=SYSTEM, code=play.world.shared)
    links["shared"] = alerts.make_shared_link(actor=SYSTEM, alert=play.alert, place=shared)
    waiting, row = _example_of_a_group(play, {key: doors[key] for key in silent if key not in spared}, shared.path)
    links |= {"building": row.building, "entrance": row.entrance, "room": row.room, "last4": row.people[0].phone[-4:]}
    stage.write_links(links)
    return spared | {waiting}


def _ask(play: Play, household: int) -> None:
    """One household asks something: a task of whoever answers for it."""
    key, source = uuid5(play.key, "question"), ("alerts", str(play.key))
    duties.ask(
        actor=SYSTEM, household=household, kind=QUESTION, text=play.world.question, question_id=key, source=source
    )


def _fits(door: Door, path: str) -> bool:
    return door.path == path and door.kind == "family"


def _example_of_a_group(play: Play, doors: dict[int, Door], path: str) -> tuple[int, HouseholdRow]:
    """A household of a chat group whose door and phone the page of the cast tells, and its row."""
    here = {(door.building, door.entrance, door.room): key for key, door in doors.items() if door.path.startswith(path)}
    for homes in play.world.homes.values():
        for row in (home.row for home in homes):
            key = here.get((f"{row.estate} {row.building}".strip(), row.entrance, row.room))
            if key and row.people[0].phone and row.kind == "family":
                return key, row
    raise LookupError(path)
