"""What is kept how long: one table, put together in `config/keeping.py`, for `linli retention` and the page on privacy.
Each line names the job that does it; a line without a job says who decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


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
