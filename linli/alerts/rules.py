"""States of an alert, the clock of its line, and why a household was not reached. Pure."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from linli.rounds.rules import MOVED, NOT_AT_HOME, NOTICE_LEFT, REFUSED, VACANT, WRONG_ADDRESS

DRAFT = "draft"
WAITING = "waiting"  # for a second person's approval
ISSUED = "issued"
UPDATED = "updated"  # another alert replaces it
CANCELLED = "cancelled"
EXPIRED = "expired"

# State → the states it may go to. The diagram of the docs is made from this.
STATES: dict[str, tuple[str, ...]] = {
    DRAFT: (WAITING, ISSUED, CANCELLED),
    WAITING: (ISSUED, DRAFT, CANCELLED),  # approved; refused, taken back or lapsed; thrown away
    ISSUED: (UPDATED, CANCELLED, EXPIRED),
    UPDATED: (),
    CANCELLED: (),
    EXPIRED: (),
}

# Facts of the timeline.
F_ISSUED = "issued"
F_APPROVED = "approved"
F_NOBODY = "nobody_to_approve"
F_HELD = "vacancies_held"
F_REMINDED = "posts_reminded"
F_HOMES_REMINDED = "homes_reminded"
F_PASSED = "posts_passed_up"
F_VISITS = "visits_opened"
F_DEADLINE = "deadline"
F_UPDATED = "updated"
F_CANCELLED = "cancelled"
F_EXPIRED = "expired"
F_REDRAWN = "places_redrawn"
F_REDRAWN_BACK = "redrawing_undone"
FACTS = (
    F_ISSUED,
    F_APPROVED,
    F_NOBODY,
    F_HELD,
    F_REMINDED,
    F_HOMES_REMINDED,
    F_PASSED,
    F_VISITS,
    F_DEADLINE,
    F_UPDATED,
    F_CANCELLED,
    F_EXPIRED,
    F_REDRAWN,
    F_REDRAWN_BACK,
)

# Why a household was not reached: a closed list, derived from recorded facts and never typed.
NO_MEANS = "no_means"
POST_VACANT = "post_vacant"
NOT_YET_VISITED = "not_yet_visited"
REASONS = (REFUSED, NOT_AT_HOME, NOTICE_LEFT, VACANT, MOVED, WRONG_ADDRESS, POST_VACANT, NO_MEANS, NOT_YET_VISITED)


def may_become(state: str, other: str) -> bool:
    return other in STATES.get(state, ())


@dataclass(frozen=True)
class Urgency:
    """Minutes from issue at which the line acts (see the profile)."""

    code: str
    en: str
    zh: str
    reminders: tuple[int, ...]
    pass_post: int
    visit: int
    pass_task: int
    deadline: int
    remind_homes: tuple[int, ...] = ()

    @property
    def remind(self) -> int:
        """When the first silent post is reminded; where none is, when its part passes on."""
        return self.reminders[0] if self.reminders else self.pass_post

    def at(self, issued_at: datetime, what: str) -> datetime:
        return issued_at + timedelta(minutes=getattr(self, what))


APPROVED, REFUSED_IT, LAPSED, TAKEN_BACK = "approved", "refused", "lapsed", "taken_back"


@dataclass(frozen=True)
class ApprovalRule:
    """When a second person is asked: where every condition named here holds. `outside`: from and until, in local time."""

    urgencies: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # of place: one of the notice's is of such a kind
    households: int = 0
    outside: tuple[time, time] | None = None
    drills: bool = False
    lapses: int = 60  # minutes until the request is over

    def fits(self, *, urgency: str, kinds: Iterable[str], households: int, local: time, drill: bool) -> bool:
        if drill and not self.drills:
            return False
        if self.outside is not None and self.outside[0] <= local < self.outside[1]:
            return False
        return (
            (not self.urgencies or urgency in self.urgencies)
            and (not self.kinds or bool(set(kinds) & set(self.kinds)))
            and households >= self.households
        )


def wrong_with(urgency: Urgency) -> str:
    """What can't be so in an urgency's minutes, or '' where all is well."""
    steps = (urgency.pass_post, urgency.visit, urgency.pass_task, urgency.deadline)
    every = (*urgency.reminders, *urgency.remind_homes, *steps)
    if any(isinstance(one, bool) or not isinstance(one, int) or one < 0 for one in every):
        return "every moment must be a whole number of minutes"
    for name in ("reminders", "remind_homes"):
        moments = getattr(urgency, name)
        if list(moments) != sorted(set(moments)) or 0 in moments:
            return f"{name} must rise, the first after more than 0 minutes"
        if moments and moments[-1] >= urgency.deadline:
            return f"{name} must lie before the deadline"
    if urgency.reminders and urgency.reminders[-1] > urgency.pass_post:
        return "reminders must not lie behind pass_post"
    if not urgency.visit <= urgency.pass_task <= urgency.deadline or urgency.pass_post > urgency.deadline:
        return "visit, pass_task and deadline must follow each other, and pass_post must not lie behind the deadline"
    return ""


def due_reminder(
    *, issued_at: datetime, now: datetime, minutes: Iterable[int], sent: Iterable[int], until: datetime
) -> int | None:
    """The one reminder that is to go out now, by its minutes: the newest that is due. Those that were slept through are
    passed over; none goes out behind a later one (a clock stepped back), nor once the notice is past its use."""
    due = [one for one in minutes if issued_at + timedelta(minutes=one) <= now]
    if not due or now >= until or max(due) <= max(sent, default=0):
        return None
    return max(due)


# A message of a notice on its way into the outbox: its kind → the stages that it passes, in this order.
S_NOTICE, S_UPDATE, S_CANCEL, S_POSTS, S_HOMES = "notice", "update", "cancel", "remind_posts", "remind_homes"
POSTS, HOMES, TOLD, TOLD_BEFORE = "posts", "homes", "told", "told_before"
STAGES: dict[str, tuple[str, ...]] = {
    S_NOTICE: (POSTS, HOMES),
    S_UPDATE: (POSTS, HOMES, TOLD_BEFORE),  # and whoever was told of what it replaces
    S_CANCEL: (TOLD,),
    S_POSTS: (POSTS,),
    S_HOMES: (HOMES,),
}


def reason_for(*, last_outcome: str, post_vacant: bool, has_means: bool) -> str:
    """What was tried counts first, then who was lacking to try it, then by what means it could have been tried."""
    if last_outcome in REASONS:
        return last_outcome
    if post_vacant:
        return POST_VACANT
    return NOT_YET_VISITED if has_means else NO_MEANS


@dataclass(frozen=True)
class NotReached:
    """A household without a receipt: why, and who answers for it. Without a person it is unaccounted."""

    household: int
    path: str
    reason: str
    responsible: str

    @property
    def accounted(self) -> bool:
        return bool(self.responsible and self.reason in REASONS)


def count_unaccounted(rows: Iterable[NotReached]) -> int:
    return sum(not row.accounted for row in rows)


_DOOR_WORDS = re.compile(r"(栋|幢|号楼|楼|座|单元|门|室|房|[-–—－―/\\,，、·.。\s])+")


def split_door(building: str, entrance: str, room: str) -> tuple[str, str, str]:
    """Building, entrance and room as a resident wrote them. '3-2-301', '3栋2单元301室' or '3-301' written into one field
    counts as all of them; whatever else is left as it is."""
    written = [part.strip() for part in (building, entrance, room) if part.strip()]
    if len(written) != 1:
        return building.strip(), entrance.strip(), room.strip()
    parts = [part for part in _DOOR_WORDS.sub(" ", unicodedata.normalize("NFKC", written[0])).split(" ") if part]
    if len(parts) == 3:
        return parts[0], parts[1], parts[2]
    if len(parts) == 2:
        return parts[0], "", parts[1]
    return building.strip(), entrance.strip(), room.strip()


SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that are read as figures, or as one another
LONG = 12


def spell_code(digest: str) -> str:
    """Twelve signs (60 bits) of a hexadecimal digest, for a person to read and type."""
    number = int(digest, 16)
    return "".join(SIGNS[number >> 5 * place & 31] for place in range(LONG))


def show_code(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def read_code(typed: str) -> str:
    """A code as somebody typed it: any case, with or without its dashes, O for 0 and I or L for 1. '' where it is none."""
    plain = re.sub(r"[\s\-–—]", "", unicodedata.normalize("NFKC", typed)).upper().translate(_ALIKE)
    return plain if len(plain) == LONG and set(plain) <= set(SIGNS) else ""


_ALIKE = str.maketrans("OIL", "011")


# Drills of the line --------------------------------------------------------------------------------------------------

LINE_ONLY, HOMES_TOO = "line", "homes"
SCOPES = (LINE_ONLY, HOMES_TOO)
MONTHLY, QUARTERLY = "month", "quarter"
REPEATS = {"": 0, MONTHLY: 1, QUARTERLY: 3}  # months between two
PLANNED, RUNNING, SCORED, CALLED_OFF, LAPSED_DRILL = "planned", "running", "scored", "called_off", "lapsed"
# State → the states it may go to.
DRILL_STATES: dict[str, tuple[str, ...]] = {
    PLANNED: (RUNNING, CALLED_OFF, LAPSED_DRILL),
    RUNNING: (SCORED, CALLED_OFF),
    SCORED: (),
    CALLED_OFF: (),
    LAPSED_DRILL: (),
}
DRILL_WAITS = timedelta(hours=2)  # a drill whose hour has passed by so much is not held any more: it would surprise

IN_TIME, LATE, SILENT, UNREACHED, VACANT_POST = "in_time", "late", "silent", "unreached", "vacant_post"
RESULTS = (IN_TIME, LATE, SILENT, UNREACHED, VACANT_POST)


@dataclass(frozen=True)
class PostResult:
    """How one post of the line did. `minutes` until it answered; `channel` by which its holder was told."""

    place_id: int
    path: str
    account_id: int
    result: str
    minutes: float | None = None
    channel: str = ""
    failure: str = ""


def result_of(*, minutes: float | None, held: bool, told: bool, within: int) -> str:
    """`within`: minutes until the first reminder; whoever answers by then needed none."""
    if minutes is not None:
        return IN_TIME if minutes <= within else LATE
    if not held:
        return VACANT_POST
    return SILENT if told else UNREACHED


def score_posts(results: Iterable[PostResult]) -> dict[str, Any]:
    """The sums of a drill: posts by result, percent that answered (rounded down), minutes, and each channel's share."""
    rows = list(results)
    taken = sorted(one.minutes for one in rows if one.minutes is not None)
    answered = len(taken)
    channels: dict[str, list[int]] = {}
    for one in rows:
        if one.channel:
            told = channels.setdefault(one.channel, [0, 0])
            told[0] += 1
            told[1] += one.minutes is not None
    return {
        "posts": len(rows),
        "answered": answered,
        "percent": 100 if not rows else answered * 100 // len(rows),
        **{name: sum(one.result == name for one in rows) for name in RESULTS},
        "median_min": _quantile(taken, 0.5),
        "p90_min": _quantile(taken, 0.9),
        "channels": dict(sorted(channels.items())),
    }


def _quantile(taken: list[float], share: float) -> float | None:
    """The smallest value that at least this share of all are not above."""
    return round(taken[max(0, -(-int(len(taken) * share * 100) // 100) - 1)], 1) if taken else None


def next_time(at: datetime, repeat: str) -> datetime | None:
    """The same day and local hour so many months on, or the last day of a shorter month. `at` is a local time."""
    months = REPEATS.get(repeat, 0)
    if not months:
        return None
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))
