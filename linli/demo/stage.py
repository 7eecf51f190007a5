"""A demonstration's home: the world built once and kept as it was before the hour, so that the next start is quick."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connections

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import SetupError
from linli.demo import build, district, municipality
from linli.demo.drill import Drilling, drill_id
from linli.demo.play import Play, alert_id
from linli.demo.sinks import Sinks
from linli.demo.world import Exercise, World, start
from linli.grid import queries as places
from linli.messages import actions as messages
from linli.messages.rules import EMAIL, SMS_HTTP, SMTP, WECOM

WORLDS: dict[str, Callable[[int], World]] = {"china": district.build, "barangay": municipality.build}
CASTS = {"china": district.CAST, "barangay": municipality.CAST}
SOURCES = ("demo/*.py", "data/xihu/*.csv", "data/barangay/*.csv", "profiles/*.toml", "*/migrations/*.py")
KEPT = "before-the-hour.sqlite3"
LINKS = "demo-links.json"
EARLIER = timedelta(hours=20)  # before the hour


def describe(seed: int) -> World:
    """The world of this deployment's profile. Raises SetupError where there is none for it."""
    name = settings.PROFILE.name
    if name not in WORLDS:
        raise SetupError(f"there is no demonstration for the profile {name!r}; there is one for {', '.join(WORLDS)}")
    return WORLDS[name](seed)


def moment() -> datetime:
    """When the notice of the hour goes out."""
    return start(settings.TIME_ZONE)


def make_play(world: World, seed: int) -> Play:
    return Play(world, seed, moment(), alert_id(settings.PROFILE.name, seed))


def make_drilling(exercise: Exercise, seed: int) -> Drilling:
    return Drilling(exercise, seed, drill_id(settings.PROFILE.name, seed, exercise.place))


def hold_earlier_drill(world: World, seed: int) -> None:
    """On the day before: so that there is a score to look at and to compare with. The clock stands at the hour again."""
    clock.move(to=moment() - EARLIER)
    make_drilling(world.drill, seed).hold_at_once()
    clock.move(to=moment())


def put_back(seed: int) -> bool:
    """Put the kept world of this seed and version in place; False where there is none."""
    kept = settings.HOME / KEPT
    if not kept.exists() or _read_version(seed) != version(seed):
        return False
    _drop_database()
    _copy(kept, _database())
    clock.move(to=moment())
    return True


def build_world(world: World) -> Iterator[build.Step]:
    """Build into an empty database. Raises SetupError where it is not empty."""
    return build.build(world, moment())


def keep(seed: int) -> None:
    """Remember the database as it is now."""
    connections.close_all()
    fresh = settings.HOME / f"{KEPT}.new"
    fresh.unlink(missing_ok=True)
    _copy(_database(), fresh)
    os.replace(fresh, settings.HOME / KEPT)
    (settings.HOME / "version.json").write_text(json.dumps({"seed": seed, "version": version(seed)}))


def forget() -> None:
    """An empty home, for a world that is built anew."""
    _drop_database()
    for name in (KEPT, "version.json", LINKS, "demo-clock.json"):
        (settings.HOME / name).unlink(missing_ok=True)


def version(seed: int) -> str:
    """What the world is made from: another seed, profile or source makes another one."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(f"{seed}:{settings.PROFILE.name}".encode())
    for pattern in SOURCES:
        for path in sorted(package.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def write_links(links: dict[str, str]) -> None:
    """The tokens of the example links, for the page of the cast alone: the database holds only their hashes."""
    path = settings.HOME / LINKS
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(links, file)


def read_links() -> dict[str, str]:
    try:
        return dict(json.loads((settings.HOME / LINKS).read_text()))
    except FileNotFoundError:
        return {}


def point_at(found: Sinks, address: str) -> None:
    """Senders that send to this machine alone, for this start; links begin with the demonstration's own address. The
    servers and the worker that are started next find both in their environment."""
    settings.INNER_HOSTS, settings.PUBLIC_URL = found.hosts, address
    os.environ |= {"LINLI_INNER_HOSTS": ",".join(found.hosts), "LINLI_PUBLIC_URL": address}
    messages.add_sender(
        actor=SYSTEM,
        name="短信",
        kind=SMS_HTTP,
        place=None,
        config={"url": found.sms, "ref_field": "ref"},
        per_minute=900,
    )
    mail = {"host": "127.0.0.1", "port": found.smtp_port, "security": "none", "from_address": "linli@linli.example"}
    messages.add_sender(actor=SYSTEM, name="E-mail", kind=SMTP, place=None, config=mail, per_minute=300)
    for member in CASTS.get(settings.PROFILE.name, ()):
        account = places.get_account_by_username(actor=SYSTEM, username=member.username)
        own = f"{member.username}@linli.example"
        messages.add_means(actor=places.actor_for(account), kind=EMAIL, address=own)
    _add_robot(found)


def _add_robot(found: Sinks) -> None:
    """One, in the group of those who work in the officer's street."""
    for member in CASTS.get(settings.PROFILE.name, ()):
        if member.look in {"street_officer", "risk_officer"}:
            account = places.get_account_by_username(actor=SYSTEM, username=member.username)
            for one in places.list_posts_of(actor=SYSTEM, account=account)[:1]:
                config = {"url": f"{found.robot}?{one.place.code}", "audience": "workers"}
                messages.add_sender(
                    actor=SYSTEM, name=one.place.name, kind=WECOM, place=one.place, config=config, per_minute=18
                )
            return


def _read_version(seed: int) -> str:
    try:
        found = json.loads((settings.HOME / "version.json").read_text())
    except (FileNotFoundError, ValueError):
        return ""
    return str(found["version"]) if found.get("seed") == seed else ""


def _drop_database() -> None:
    connections.close_all()
    for ending in ("", "-wal", "-shm"):
        Path(f"{_database()}{ending}").unlink(missing_ok=True)


def _database() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])


def _copy(source: Path, target: Path) -> None:
    """A whole copy, write-ahead log and all."""
    before, after = sqlite3.connect(source), sqlite3.connect(target)
    with before, after:
        before.backup(after)
    before.close()
    after.close()
