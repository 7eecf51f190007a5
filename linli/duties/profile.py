"""The profile's times for questions of residents."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.conf import settings

from linli.duties.rules import NEED, QUESTION


@dataclass(frozen=True)
class AskedTimes:
    """By when it is to be answered, and from when on, if nobody begins, it climbs."""

    due: timedelta
    passes: timedelta


USUAL = {"question": 480, "question_passes": 240, "need": 120, "need_passes": 60, "kept_days": 180, "most_a_day": 5}


@cache
def _figures() -> dict[str, int]:
    """Raises SystemExit where the profile makes no sense."""
    given = settings.PROFILE["questions"]
    found = {**USUAL, **given}
    wrong = [name for name, one in found.items() if isinstance(one, bool) or not isinstance(one, int) or one < 1]
    unknown = sorted(set(given) - set(USUAL))
    if wrong or unknown:
        raise SystemExit(
            f"linli: [questions] of the profile: {', '.join([*wrong, *unknown])} must be one of "
            f"{', '.join(USUAL)}, a whole number from 1"
        )
    if found["question_passes"] > found["question"] or found["need_passes"] > found["need"]:
        raise SystemExit("linli: [questions] of the profile: what passes on must do so before it is due")
    return found


def asked_times(kind: str) -> AskedTimes:
    name = {QUESTION: "question", NEED: "need"}[kind]
    figures = _figures()
    return AskedTimes(timedelta(minutes=figures[name]), timedelta(minutes=figures[f"{name}_passes"]))


def texts_kept() -> timedelta:
    return timedelta(days=_figures()["kept_days"])


def most_a_day() -> int:
    return _figures()["most_a_day"]
