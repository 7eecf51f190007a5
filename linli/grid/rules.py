"""The grid's vocabulary and pure rules: permissions, kinds, committees, natural order of names."""

import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import pyotp

# Every permission, with its meaning. The profile's roles are made of these; docs/scope.md is made from this table.
PERMISSIONS: dict[str, str] = {
    "places.see": "see places and what stands on them",
    "places.edit": "add and change grids, cells, buildings, entrances and dwellings",
    "places.redraw": "merge, split, move and rename places below one's own",
    "posts.see": "see who holds which post, vacancies and double bookings",
    "posts.appoint": "appoint holders and end appointments",
    "register.see": "see households and people, masked",
    "register.edit": "add and change households and people",
    "register.import": "import a roster",
    "register.reveal": "show a number in full, for a stated purpose",
    "register.approve": "approve another person's bulk reveal or export; erase records",
    "register.protected": "see the address of a protected person",
    "alerts.see": "see alerts and their coverage",
    "alerts.issue": "issue, update and cancel alerts",
    "alerts.answer": "confirm for a post, record knocks and receipts",
    "tasks.see": "see tasks",
    "tasks.work": "work on tasks and hand them over",
    "channels.edit": "keep the robots of chat groups, and see to what could not be sent",
    "surveys.edit": "write forms, publish and close them",
    "audit.see": "read the audit trail of one's places",
}
# Permissions that widen access to personal data; the API's tokens must name them one by one.
SENSITIVE = frozenset({"register.reveal", "register.approve", "register.protected", "register.import"})

COMMITTEES = {"residents": ("居委会", "居民委员会", "社区"), "village": ("村委会", "村民委员会", "村", "嘎查")}


@dataclass(frozen=True)
class PlaceKind:
    code: str
    en: str
    zh: str
    depth: int
    leaf: bool = False
    register: bool = False


@dataclass(frozen=True)
class PostKind:
    code: str
    en: str
    zh: str
    at: str  # kind of place, or "organisation:<kind>"
    role: str
    seats: int = 1
    line: bool = False
    staff: bool = False  # counted in residents per staff
    combines_with: tuple[str, ...] = ()
    max_places: int = 1
    permissions: frozenset[str] = frozenset()


def committee_of(name: str) -> str:
    """'residents', 'village' or 'other', from the ending of a community's official name."""
    for committee, endings in COMMITTEES.items():
        if name.endswith(endings):
            return committee
    return "other"


_NUMBER = re.compile(r"\d+")


def natural_key(name: str) -> str:
    """Sorts 2栋 before 10栋: every number is padded to eight digits."""
    return _NUMBER.sub(lambda found: found.group().zfill(8), name)[:100]


@dataclass(frozen=True)
class Held:
    """One valid appointment, as the booking rules see it."""

    appointment_id: int
    account_id: int
    post_kind: str
    place_id: int


def find_bookings_in_breach(held: Sequence[Held], kinds: dict[str, PostKind]) -> dict[int, set[str]]:
    """Appointment id → reasons ('seats', 'combination', 'places') for all appointments valid at one moment.

    'seats': more holders at one place than the post has seats. 'combination': one person in two posts that do not
    combine. 'places': one person in the same post at more places than allowed.
    """
    breaches: dict[int, set[str]] = {}

    def add(found: Sequence[Held], reason: str) -> None:
        for one in found:
            breaches.setdefault(one.appointment_id, set()).add(reason)

    for group in _grouped(held, lambda one: (one.post_kind, one.place_id)):
        if len(group) > kinds[group[0].post_kind].seats:
            add(group, "seats")
    for group in _grouped(held, lambda one: one.account_id):
        for same in _grouped(group, lambda one: one.post_kind):
            if len({one.place_id for one in same}) > kinds[same[0].post_kind].max_places:
                add(same, "places")
        add([one for one in group if _clashes(one, group, kinds)], "combination")
    return breaches


def _clashes(one: Held, group: Sequence[Held], kinds: dict[str, PostKind]) -> bool:
    return any(
        other.post_kind != one.post_kind
        and other.post_kind not in kinds[one.post_kind].combines_with
        and one.post_kind not in kinds[other.post_kind].combines_with
        for other in group
    )


def _grouped(held: Sequence[Held], key: Any) -> list[list[Held]]:
    groups: dict[Any, list[Held]] = {}
    for one in held:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


# Accounts, tokens and appointments -----------------------------------------------------------------------------------

TOKEN_PREFIX = "linli_"  # noqa: S105  (secret scanners look for it)
TOKEN_DAYS, MOST_TOKEN_DAYS = 30, 366
_USERNAME = re.compile(r"[\w.@-]{2,60}")


def plain_username(text: str) -> str | None:
    """The one form of a name for sign-in (lower case, no spaces around), or None where it can't be one."""
    bare = text.strip().lower()
    return bare if _USERNAME.fullmatch(bare) else None


def default_scopes() -> list[str]:
    """What a token may do when nothing is named: everything that does not widen access to personal data."""
    return sorted(set(PERMISSIONS) - SENSITIVE)


ABSENCE_REASONS = ("leave", "elsewhere", "other")  # an illness is nobody's business here


def overlaps(from_at: Any, until_at: Any, other_from: Any, other_until: Any) -> bool:
    """Do two spans share a moment? An end is not included; None never ends."""
    return (until_at is None or other_from < until_at) and (other_until is None or from_at < other_until)


# Signing in ----------------------------------------------------------------------------------------------------------

ENROL = "enrol"  # marks a session whose account must set up a second factor before anything else opens
OPERATORS = "operator"  # stands for operators where kinds of post are named
STEP_S = 30
DRIFT = 1  # steps that a phone's clock may be off either way


def plain_code(text: str) -> str:
    """A code as it is compared: full-width signs made plain, no spaces or dashes, small letters."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(sign for sign in folded if sign.isalnum())[:40]


def find_totp_step(secret: str, code: str, moment: datetime, *, after: int) -> int | None:
    """The step of a right code that lies behind `after`, the last one used; None for a wrong or used code. Where the
    machine's clock has stepped back behind the last use, what was used lies ahead of anything that can be shown now
    and no longer counts."""
    now, given = int(moment.timestamp()) // STEP_S, plain_code(code)
    totp = pyotp.TOTP(secret)
    last = after if after <= now + DRIFT else 0
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), given.encode()) and step > last:
            return step
    return None


def totp_address(secret: str, username: str, issuer: str) -> str:
    """What the app's camera reads (otpauth://)."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


# Redrawing -----------------------------------------------------------------------------------------------------------

Ref = int | str  # a place that stands (its id), or one that a redrawing makes (its key in the plan)


class Done(NamedTuple):
    """One thing that a redrawing changed: what an undo puts back, and what its page lists."""

    kind: str
    subject: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class MadePlace:
    """A place that a redrawing makes. `like`: the one that ends here and goes on as this one, posts, tasks and all."""

    key: str
    parent: Ref | None
    kind: str
    name: str
    code: str = ""  # empty: the parent's with the next number
    like: int = 0


@dataclass(frozen=True)
class HolderMove:
    """What becomes of an appointment: it gets one of the same kind at `to`, and its own ends unless it `stays`."""

    appointment: int
    to: Ref | None = None
    stays: bool = False


@dataclass
class GridPlan:
    """What a redrawing does to the grid. `leaves`: place → where every entrance that it holds goes; `entrances`: the same
    for some by themselves. `successors`: place that ends → what it becomes or is merged into."""

    made: list[MadePlace] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    renamed: dict[int, str] = field(default_factory=dict)
    leaves: dict[int, Ref] = field(default_factory=dict)
    entrances: dict[int, Ref] = field(default_factory=dict)
    successors: dict[int, Ref] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)  # made by splitting → the place that it was split from
    holders: list[HolderMove] = field(default_factory=list)


# The map -------------------------------------------------------------------------------------------------------------

SHADES = ("done", "most", "half", "few", "none", "plain")  # from all of it to nothing, and where there is nothing to do


def shade(part: int, whole: int) -> str:
    """How a map shows that `part` of `whole` is done: one of `SHADES`."""
    if whole <= 0:
        return "plain"
    if part >= whole:
        return "done"
    if part <= 0:
        return "none"
    return "most" if part * 10 >= whole * 9 else "half" if part * 2 >= whole else "few"
