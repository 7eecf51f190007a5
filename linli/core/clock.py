"""The time. Nothing else in Linli asks the machine for it, so that a demonstration can move it."""

import json
import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

_read: dict[str, Any] = {}


def now() -> datetime:
    """The present moment, aware, in UTC. In a demonstration: the shown moment (see `move`)."""
    if settings.DEMO:
        return _shown()
    return timezone.now()


def machine_time() -> float:
    """Seconds of this machine's real clock, also in a demonstration: to be compared with another machine's."""
    return time.time()


def today() -> date:
    """The local date of the deployment."""
    return timezone.localdate(now())


def local(moment: datetime) -> datetime:
    return timezone.localtime(moment)


def move(*, to: datetime, rate: float = 0.0) -> None:
    """Set the shown time; `rate` shown seconds then pass in each real one. Demonstrations only."""
    if not settings.DEMO:
        raise RuntimeError("only a demonstration may move the clock")
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"real": time.time(), "shown": to.timestamp(), "rate": rate}))
    os.replace(fresh, path)


def rate() -> float:
    """Shown seconds in each real one: 1, but in a demonstration that runs fast."""
    state = _state() if settings.DEMO else None
    return max(1.0, state["rate"]) if state else 1.0


def _path() -> Path:
    return Path(settings.HOME) / "demo-clock.json"


def _state() -> dict[str, float] | None:
    """What `move` wrote last, in this process or another; the file is read again only when it is another one."""
    try:
        found = os.stat(_path())
    except FileNotFoundError:
        return None
    mark = (str(_path()), found.st_ino, found.st_mtime_ns)
    if _read.get("mark") != mark:
        _read["mark"], _read["state"] = mark, json.loads(_path().read_text())
    return dict(_read["state"])


def _shown() -> datetime:
    state = _state()
    if state is None:
        return timezone.now()
    return datetime.fromtimestamp(state["shown"], tz=UTC) + timedelta(
        seconds=(time.time() - state["real"]) * state["rate"]
    )
