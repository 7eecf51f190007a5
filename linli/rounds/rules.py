"""Words and sums of rounds: how an answer came, what an attempt ends in, what coverage is made of."""

from collections.abc import Iterable
from dataclasses import dataclass

# How a receipt came. The certificate tells them apart.
OWN_TAP = "own_tap"
RELATIVE = "relative"
SHARED_LINK = "shared_link"
AT_DOOR = "at_door"
IN_APP = "in_app"  # the holder of a post, signed in
HELD_PART = "held_part"  # a vacant post's part, confirmed by whoever holds it
ISSUED = "issued"  # the issuer's own posts
HOW = (OWN_TAP, RELATIVE, SHARED_LINK, AT_DOOR, IN_APP, HELD_PART, ISSUED)

# What a knock ends in. Only the first is a receipt.
SPOKEN_TO = "spoken_to"
NOT_AT_HOME = "not_at_home"
NOTICE_LEFT = "notice_left"
REFUSED = "refused"
VACANT = "vacant"
MOVED = "moved"
WRONG_ADDRESS = "wrong_address"
OUTCOMES = (SPOKEN_TO, NOT_AT_HOME, NOTICE_LEFT, REFUSED, VACANT, MOVED, WRONG_ADDRESS)

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
