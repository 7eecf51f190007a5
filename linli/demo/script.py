"""Who answers how and when, within one hour. Pure: a seed and who there is give the same hour every time.

Times are seconds from the notice. Chance is drawn for each door and post by itself, so that nothing depends on the order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from linli.demo.people import pick
from linli.rounds.rules import (
    MOVED,
    NOT_AT_HOME,
    NOTICE_LEFT,
    OWN_TAP,
    REFUSED,
    RELATIVE,
    SHARED_LINK,
    SPOKEN_TO,
    VACANT,
    WRONG_ADDRESS,
)

MINUTE = 60
END = 60 * MINUTE
FIRST = (
    (SPOKEN_TO, 64),
    (NOT_AT_HOME, 15),
    (NOTICE_LEFT, 7),
    (REFUSED, 6),
    (MOVED, 3),
    (VACANT, 3),
    (WRONG_ADDRESS, 2),
)
AGAIN = ((SPOKEN_TO, 55), (NOTICE_LEFT, 25), (NOT_AT_HOME, 20))
AGAIN_AFTER = 12 * MINUTE
NEVER = 10 * END
# How quickly each level of the line opens the notice: first and last minute, share of the silent.
PACE = ((0, 3, 0.0), (1, 8, 0.01), (1, 10, 0.02), (2, 14, 0.05))
# Silent ones who open it late after all.
LATE = 0.6
DRILL_SILENT = 0.16


@dataclass(frozen=True)
class Post:
    """A person on the line: `level` counts from its top."""

    account_id: int
    level: int


@dataclass(frozen=True)
class Answer:
    """A household confirms by itself."""

    at: float
    household: int
    how: str


@dataclass(frozen=True)
class Visit:
    """What comes of the first knock at a door and of the second, where the first found nobody. `missed`: nobody gets
    that far within the hour."""

    outcomes: tuple[str, ...]
    missed: bool


def acknowledgements(seed: int, posts: Iterable[Post]) -> dict[int, float]:
    """Account → when it opens the notice; the silent ones are left out."""
    found = {}
    for post in posts:
        rng = Random(f"{seed}:post:{post.account_id}")
        first, last, silent = PACE[min(post.level, len(PACE) - 1)]
        if rng.random() < silent:
            if rng.random() < LATE:
                found[post.account_id] = rng.uniform(18, 45) * MINUTE
        else:
            found[post.account_id] = rng.triangular(first, last, first + 1) * MINUTE
    return found


def drill_answers(seed: int, accounts: Iterable[int]) -> list[tuple[float, int]]:
    """When each holder answers a drill, the quickest first; about one in six never does."""
    found = []
    for account in accounts:
        rng = Random(f"{seed}:drill:{account}")
        if rng.random() >= DRILL_SILENT:
            found.append((rng.triangular(0.5, 28, 3) * MINUTE, account))
    return sorted(found)


def answers(seed: int, doors: Mapping[int, str], means: Mapping[int, set[str]], spared: Iterable[int]) -> list[Answer]:
    """What comes without a knock, in order of time. `doors`: household → what stands for its door in every run; those
    `spared` wait for whoever tries the demonstration."""
    left_out = set(spared)
    found = []
    for household, door in doors.items():
        if household in left_out:
            continue
        one = _answer(Random(f"{seed}:door:{door}"), means.get(household, set()))
        if one is not None and one[0] < END:
            found.append(Answer(one[0], household, one[1]))
    return sorted(found, key=lambda one: (one.at, one.household))


def _answer(rng: Random, means: set[str]) -> tuple[float, str] | None:
    """When and how a household confirms, where it does."""
    own = rng.random() < 0.68 and bool(means - {"answerer"})
    relative = rng.random() < 0.72 and "answerer" in means
    shared = rng.random() < 0.4 and bool(means)
    after = rng.gammavariate(1.7, 4.0)
    if own:
        return (1 + after) * MINUTE, OWN_TAP
    if relative:
        return (3 + after * 1.6) * MINUTE, RELATIVE
    return ((4 + after * 1.4) * MINUTE, SHARED_LINK) if shared else None


def visit(seed: int, door: str) -> Visit:
    """What happens at a door that somebody has to knock at."""
    rng = Random(f"{seed}:visit:{door}")
    first = pick(rng, FIRST)
    again = (pick(rng, AGAIN),) if first == NOT_AT_HOME else ()
    return Visit((first, *again), missed=rng.random() < 0.06)


def begins_at(seed: int, leaf: str) -> float:
    """When somebody begins to go round the doors of a place: some never do, until the task has climbed to another."""
    rng = Random(f"{seed}:leaf:{leaf}")
    return NEVER if rng.random() < 0.05 else rng.uniform(16, 23) * MINUTE


def walks(seed: int, holder: str, minute: int) -> bool:
    """Does this person get one door further in this minute?"""
    return Random(f"{seed}:walk:{holder}:{minute}").random() < 0.8
