"""What is kept how long: one table, put together in `config/keeping.py`, for `linli retention` and the page on privacy.
Each line names the job that does it; a line without a job says who decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.conf import settings

USUAL = {"messages": 400, "replies": 180, "late_notes": 180}  # days: a year of notices can be accounted for


@cache
def kept(what: str) -> timedelta:
    """How long the section `[retention]` of the profile has something kept. Raises SystemExit where it makes no sense."""
    given = settings.PROFILE["retention"]
    unknown = sorted(set(given) - set(USUAL))
    if unknown:
        raise SystemExit(f"linli: [retention] of the profile: {unknown[0]} is not known")
    wrong = [name for name, days in given.items() if isinstance(days, bool) or not isinstance(days, int) or days < 1]
    if wrong:
        raise SystemExit(f"linli: [retention] of the profile: {wrong[0]} is a whole number of days")
    return timedelta(days={**USUAL, **given}[what])


@dataclass(frozen=True)
class Kept:
    """`due` counts what is over now and goes with the job's next run."""

    what: str
    time: timedelta | None  # None: for ever
    why: str
    job: str
    due: Callable[[], int] | None = None

    @property
    def words(self) -> str:
        if self.time is None:
            return "for ever"
        days, hours = self.time.days, self.time.seconds // 3600
        return f"{days} day{'s' if days != 1 else ''}" if days else f"{hours} hour{'s' if hours != 1 else ''}"
