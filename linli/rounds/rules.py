"""Words and sums of rounds: how an answer came, what an attempt ends in, what coverage is made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# How a receipt came. The certificate tells them apart.
OWN_TAP = "own_tap"
RELATIVE = "relative"
SHARED_LINK = "shared_link"
REPLY = "reply"
AT_DOOR = "at_door"
IN_APP = "in_app"  # the holder of a post, signed in
HELD_PART = "held_part"  # a vacant post's part, confirmed by whoever holds it
ISSUED = "issued"  # the issuer's own posts
HOW = (OWN_TAP, RELATIVE, SHARED_LINK, REPLY, AT_DOOR, IN_APP, HELD_PART, ISSUED)

# What a knock ends in. Only the first is a receipt.
SPOKEN_TO = "spoken_to"
NOT_AT_HOME = "not_at_home"
NOTICE_LEFT = "notice_left"
REFUSED = "refused"
VACANT = "vacant"
MOVED = "moved"
WRONG_ADDRESS = "wrong_address"
OUTCOMES = (SPOKEN_TO, NOT_AT_HOME, NOTICE_LEFT, REFUSED, VACANT, MOVED, WRONG_ADDRESS)

NOBODY = "nobody"  # a group that nobody is marked as: a round over it has no members (a drill of the posts alone)
HOUSEHOLD = "household"
POST = "post"


@dataclass(frozen=True)
class Coverage:
    """What is known of a place in a round. `expected` at the record time; `arrived` and `left` since; `answered` are
    present members with an answer, `missing` those without."""

    expected: int = 0
    arrived: int = 0
    left: int = 0
    answered: int = 0

    @property
    def members(self) -> int:
        return self.expected + self.arrived - self.left

    @property
    def missing(self) -> int:
        return self.members - self.answered

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all. An empty place is complete."""
        return 100 if self.members <= 0 else self.answered * 100 // self.members

    @property
    def complete(self) -> bool:
        return self.missing <= 0

    def __add__(self, other: "Coverage") -> "Coverage":
        return Coverage(
            expected=self.expected + other.expected,
            arrived=self.arrived + other.arrived,
            left=self.left + other.left,
            answered=self.answered + other.answered,
        )


def total(parts: Iterable[Coverage]) -> Coverage:
    found = Coverage()
    for part in parts:
        found += part
    return found


# Knocks that reach the server later than they were made -------------------------------------------------------------

# What became of a record that a phone sent.
STORED = "stored"
ALREADY = "already"  # it came before
CONFLICT = "conflict"  # nothing is written: whoever recorded it decides
LATE = "late"  # kept for review by whoever answers now
REFUSED_RECORD = "refused"

# Why.
RECORDED = "recorded"  # somebody else recorded something that contradicts it
ANSWERED = "answered"  # the household confirmed meanwhile
CLOSED = "closed"  # the notice ended
GONE = "gone"  # the household moved
ENDED = "ended"  # the appointment ended between recording and sending
REVOKED = "revoked"  # the phone was revoked
NOT_YOURS = "not_yours"  # not there, or not in one's places: the two look alike
NOT_APPOINTED = "not_appointed"  # held no post there when it was recorded
REUSED = "reused"  # the id was used for something else
UNREADABLE = "unreadable"
OTHER_ACCOUNT = "other_account"

_NOBODY_THERE = {NOT_AT_HOME, NOTICE_LEFT}


def contradicts(mine: str, theirs: str) -> bool:
    """Can't both be so, whichever came first? Nobody at home at nine and somebody at ten can."""
    if mine == theirs or (mine in _NOBODY_THERE and theirs in _NOBODY_THERE):
        return False
    if mine == SPOKEN_TO:
        return theirs not in _NOBODY_THERE | {REFUSED}
    if theirs == SPOKEN_TO:
        return mine not in _NOBODY_THERE
    return not (mine in _NOBODY_THERE or theirs in _NOBODY_THERE)


SKEW = timedelta(minutes=5)  # a phone's clock that is off by less needs no explanation


def moment_of(
    *, at: datetime, offset_then: timedelta, offset_now: timedelta, after: datetime, now: datetime
) -> datetime:
    """When a record was made, by the server's clock. `offset_*` is the server's clock less the phone's, at the last
    contact before recording and at sending. Where the phone's clock was set in between, the one that falls between the
    fetching of the list (`after`) and now is right; where neither does, the nearest end of that span."""
    later, earlier = at + offset_now, at + offset_then
    for one in (later, earlier):
        if after <= one <= now:
            return one
    for one in (later, earlier):
        if after - SKEW <= one <= now + SKEW:
            return min(max(one, after), now)
    return min(max(later, after), now)


@dataclass(frozen=True)
class Moved:
    """By a redrawing, what stood at the old path stands at the new. `made`: the new place was made for it; `leaf`: it is
    one that takes over entrances; `like`: the old place goes on as the new one, its post with it."""

    old_id: int
    old_path: str
    new_id: int
    new_path: str
    made: bool = False
    leaf: bool = False
    like: bool = False
