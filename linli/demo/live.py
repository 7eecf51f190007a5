"""The hour in the browser: the script plays while the shown clock runs, until it has run out; then the clock goes slowly
on, so that whoever tries it can go on with the rest."""

import signal
import threading
import time
from datetime import timedelta

from django.db import close_old_connections

from linli.alerts import actions as alerts
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.demo import stage
from linli.demo.play import Play
from linli.demo.script import END
from linli.grid import queries as places
from linli.messages.rules import ITSELF, RELATIVE
from linli.residents.queries import contact_means

BEFORE = timedelta(seconds=40)  # shown before the notice goes out: time to sign in
STEP_S = 0.7


def play(seed: int, speed: float) -> None:
    """Until the hour is over or somebody stops it."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_args: stop.set())
    world = stage.describe(seed)
    play = stage.make_play(world, seed)
    clock.move(to=play.moment - BEFORE, rate=speed)
    _wait_for(play, 0, stop)
    if stop.is_set():
        return
    play.issue()
    play.cast_parts(spared=_make_links(play))
    while not stop.is_set():
        now = _elapsed(play)
        play.perform(min(now, END))
        if now >= END:
            break
        close_old_connections()
        stop.wait(STEP_S)
    clock.move(to=clock.now(), rate=1.0)


def _elapsed(play: Play) -> float:
    return (clock.now() - play.moment).total_seconds()


def _wait_for(play: Play, moment_s: float, stop: threading.Event) -> None:
    while _elapsed(play) < moment_s and not stop.is_set():
        time.sleep(0.1)


def _make_links(play: Play) -> set[int]:
    """Links to try as a resident; their households are left alone by the script."""
    silent = play.list_silent()
    means = contact_means(silent)
    paths = {place.code: place.path for place in _list_places(play)}
    doors = play.doors_of(silent)
    links, spared = {}, set()
    for code, key in play.world.examples:
        here = [one for one in silent if doors[one].path == paths[code]]
        wanted = {"answerer"} if key == "relative" else {"phone"}
        found = next((one for one in here if wanted <= means[one]), here[0])
        as_who = RELATIVE if key == "relative" else ITSELF
        links[key] = alerts.make_household_link(actor=SYSTEM, household=found, answers_as=as_who)
        spared.add(found)
    shared = places.get_place(actor=SYSTEM, code=play.world.shared)
    links["shared"] = alerts.make_shared_link(actor=SYSTEM, alert=play.alert, place=shared)
    stage.write_links(links)
    return spared


def _list_places(play: Play) -> list:
    return places.list_places(actor=SYSTEM, codes={code for code, _key in play.world.examples})
