"""The command `linli demo`: one hour of a whole district, in the browser or without one."""

import gc
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import typer
from django.conf import settings
from django.db import connections, transaction

from linli.alerts.queries import Figures, read_figures
from linli.core import clock, console, jobs
from linli.core.actors import SYSTEM
from linli.core.errors import SetupError
from linli.demo import live, sinks, stage
from linli.demo.play import Play
from linli.demo.redrawing import Redrawing
from linli.residents.queries import describe_households

MINUTES = 60
OFTEN, SELDOM = timedelta(minutes=1), timedelta(minutes=5)
SPEED = 12.0  # one shown hour in five minutes


@dataclass(frozen=True)
class Machine:
    """What the deployment's own commands lend: a database with its tables and key, a check of the port, the servers."""

    make_database: Callable[[], None]
    check_free: Callable[[str, int], None]
    serve: Callable[..., None]
    end_with: Callable[[int], None]


def mount(app: typer.Typer, machine: Machine) -> None:
    @app.command()
    def demo(  # noqa: PLR0917  (options have names)
        seed: Annotated[int, typer.Option(help="Another seed, another hour.")] = 7,
        profile: Annotated[str, typer.Option(help="china (a district) or barangay (a municipality).")] = "china",  # noqa: ARG001
        headless: Annotated[bool, typer.Option("--headless", help="Play the hour at once, without a browser.")] = False,
        port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
        speed: Annotated[float, typer.Option(min=0.1, max=600, help="Shown seconds in each real one.")] = SPEED,
        player: Annotated[int, typer.Option(hidden=True)] = 0,
    ) -> None:
        """A real district, an alert, and one hour until nobody is left out. Everything in it is invented but the names of
        the streets and communities. It has a database of its own and never touches yours.

        With --headless the exit code is 0 only if no household is unaccounted for."""
        if not settings.DEMO:
            raise SetupError("start it as 'linli demo'")
        if player:
            machine.end_with(player)
            live.play(seed, speed)
        elif headless:
            play_at_once(seed, machine)
        else:
            serve(seed, port, speed, machine)


def prepare(seed: int, machine: Machine, *, keep: bool) -> Any:
    """The world before the hour: put back where it was built before, else built anew."""
    world = stage.describe(seed)
    if stage.put_back(seed):
        return world
    stage.forget()
    machine.make_database()
    steps = stage.build_world(world)
    console.say(f"Building {world.households:,} households of a demonstration ...")
    done: Counter[str] = Counter()
    weight = lambda step: step[1] if step[0] == "households" else 0  # noqa: E731
    for what, count in console.progress(steps, total=world.households, what="Building", each=weight):
        done[what] += count
    console.say(", ".join(f"{count:,} {what}" for what, count in done.items()))
    if keep:
        stage.hold_earlier_drill(world, seed)
        stage.keep(seed)
    return world


# Without a browser ---------------------------------------------------------------------------------------------------


def play_at_once(seed: int, machine: Machine) -> None:
    """Play the hour as fast as it goes and account for everybody. Raises SystemExit with 1 where somebody is left out."""
    begun = time.monotonic()
    temporary = os.environ.get("LINLI_DEMO_TEMPORARY")
    try:
        world = prepare(seed, machine, keep=False)
        gc.freeze()  # the world stays; looking through it again and again would cost a tenth of the time
        play = stage.make_play(world, seed)
        play.issue()
        play.cast_parts()
        redrawing = Redrawing(play)
        for minute in console.progress(range(MINUTES + 1), total=MINUTES + 1, what="One hour"):
            clock.move(to=play.moment + timedelta(minutes=minute))
            with transaction.atomic():  # a minute at once: in use each act stands by itself
                play.perform(minute * 60)
            jobs.run_everything(upto=OFTEN if minute % 5 else SELDOM)  # whatever a worker runs within the hour
            redrawing.at(minute)
        figures = read_figures(actor=SYSTEM, alert=play.alert)
        score = stage.make_drilling(world.drill, seed).hold_at_once()
        more = {"redrawing": redrawing.plain(), "drill": score}
        report(play, figures, more, seed, time.monotonic() - begun)
    finally:
        connections.close_all()
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
    if figures.account.unaccounted or not (figures.agree and redrawing.adds_up and score["scored"]):
        raise SystemExit(1)


def report(play: Play, figures: Figures, more: dict[str, Any], seed: int, elapsed_s: float) -> None:
    """The account of the hour."""
    account = figures.account
    doors = describe_households(actor=SYSTEM, ids=[row.household for row in account.not_reached])
    found = figures.plain()
    for line in found["not_reached"]:
        door = doors[line["household"]]
        line["address"] = f"{door.leaf} {door.address}"
    reasons = Counter(row.reason for row in account.not_reached)
    data = {
        "profile": settings.PROFILE.name,
        "seed": seed,
        "alert": str(play.alert.pk),
        **found,
        "reasons": dict(sorted(reasons.items())),
        "post_receipts": figures.posts.answered,
        **more,
        "elapsed_s": round(elapsed_s, 1),
    }
    share = 100 * account.reached / account.households
    text = [
        f"Notice {play.alert.pk}, one hour after it went out ({elapsed_s:.0f} s here):",
        f"  {account.reached:,} of {account.households:,} households reached ({share:.1f} %), each with a stored receipt:",
        "    " + ", ".join(f"{how} {count:,}" for how, count in sorted(account.by_how.items())),
        f"  {len(account.not_reached):,} not reached, each with a reason and a person who answers for it:",
        "    " + ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common()),
        f"  {account.unaccounted:,} unaccounted for",
        f"  {figures.posts.answered:,} of {figures.posts.members:,} posts confirmed, {figures.vacant_posts} vacant",
        "  the counters of the live picture say the same" if figures.agree else "  THE COUNTERS SAY OTHERWISE",
        "  a place was split in the middle of the hour and undone: at each step {unaccounted:,} unaccounted for".format(
            **more["redrawing"]
        ),
        "A drill of the line afterwards: {answered:,} of {posts:,} posts answered ({percent} %), {failed:,} with contacts "
        "that failed".format(**more["drill"]),
    ]
    console.result(data, "\n".join(text))


# In the browser ------------------------------------------------------------------------------------------------------


def serve(seed: int, port: int, speed: float, machine: Machine) -> None:
    """Serve the world and let the hour begin once the first page answers."""
    host = "127.0.0.1"
    machine.check_free(host, port)
    prepare(seed, machine, keep=True)
    clock.move(to=stage.moment() - live.BEFORE)
    stage.write_links({})
    command = [
        sys.executable,
        "-m",
        "linli",
        "--home",
        str(settings.HOME),
        "demo",
        "--profile",
        os.environ["LINLI_PROFILE"],
    ]
    command += ["--seed", str(seed), "--speed", str(speed), "--player", str(os.getpid())]
    players: list[subprocess.Popen[bytes]] = []

    def announce(address: str) -> None:
        console.say(WELCOME.format(address=address, minutes=MINUTES * 60 / speed / 60))
        if console.wants_json():
            console.result({"address": f"{address}/demo/", "pid": os.getpid()})
        players.append(subprocess.Popen(command))  # noqa: S603  (our own command, no shell)

    try:
        with sinks.opened(settings.HOME) as found:
            stage.point_at(found, f"http://{host}:{port}")
            machine.serve(host=host, port=port, workers=1, threads=8, with_worker=True, announce=announce)
    finally:
        for one in players:
            one.terminate()


WELCOME = """
Linli's demonstration answers at {address}/demo/  (stop it with Ctrl+C)

The hour begins now; it takes about {minutes:.0f} minutes. What to try:
  1. Open the address, sign in as the street officer with one click, and watch the picture fill up.
  2. Open one of the residents' links on the same page, and confirm as a household would.
  3. Sign in as the cell leader on a phone-sized window: the doors to knock at, in walking order.
  4. Look at {address}/demo/sinks: what arrived on their phones, in their inboxes and in the chat group of the street.
  5. As the street officer open Drills: one was scored yesterday, the next begins within the first minute here.
  6. As the secretary open Places, a grid, Split: in the middle of the notice, and undo it again.
  7. After the hour look at the certificate: who was not reached, why, and who answers for them.
"""
