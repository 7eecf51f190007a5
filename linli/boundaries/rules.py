"""What can be asked of boundaries, and how a wish becomes names and codes. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

RENAME = "rename"
MOVE = "move"
MERGE = "merge"
SPLIT = "split"
SHIFT = "shift"  # entrances go from one place to another; no place begins or ends
EDITION = "edition"
KINDS = (RENAME, MOVE, MERGE, SPLIT, SHIFT, EDITION)

DONE = "done"
UNDONE = "undone"

# A place's part in a redrawing.
MADE, ENDED, KEPT, RENAMED = "made", "ended", "kept", "renamed"

# What becomes of the holders. Split: of the posts of the new places. Merge: of the holders of what is merged.
H_SEVERAL = "several"  # posts that one person may hold at several places are held in the new one too
H_ALL = "all"  # everyone goes on in both, or comes along
H_NONE = "none"  # the new posts are vacant; merged holders end
H_FILL = "fill"  # merged holders come along where a seat is free, and end elsewhere
HOLDERS = {SPLIT: (H_SEVERAL, H_NONE, H_ALL), MERGE: (H_FILL, H_NONE, H_ALL)}

ADDED, VANISHED, RECODED, MOVED = "added", "vanished", "recoded", "moved"
DIFFERENCES = (ADDED, RENAMED, RECODED, MOVED, VANISHED)

# What became of a difference. A place that the tables lack is never ended with anything in it: it is left.
OPEN, CHOSEN, TAKEN, ALREADY, LEFT, REFUSED = "open", "chosen", "taken", "already", "left", "refused"
STATES = (OPEN, CHOSEN, TAKEN, ALREADY, LEFT, REFUSED)
CHOOSABLE = (OPEN, LEFT, REFUSED)

# In this order within a level, so that what goes somewhere finds it: names are free before they are given again.
STEPS = (RENAMED, ADDED, RECODED, MOVED)
TOGETHER = {RENAMED: 500, ADDED: 500, RECODED: 1, MOVED: 1, VANISHED: 20}  # in one transaction
MOST_REGISTERS = 1_000  # below a place that goes on under another code: each is locked meanwhile

MOST_PARTS = 6

# Why a difference could not be taken over.
NO_PLACE, NO_PARENT, CODE_USED, NAME_TAKEN = "no_place", "no_parent", "code_used", "name_taken"
TOO_MUCH, NOT_YOURS, BEGAN_LATER = "too_much", "not_yours", "began_later"
WHYS = (NO_PLACE, NO_PARENT, CODE_USED, NAME_TAKEN, TOO_MUCH, NOT_YOURS, BEGAN_LATER)


@dataclass(frozen=True)
class Part:
    """A new place of a split: which places below, or which entrances, go to it."""

    name: str
    code: str = ""
    children: tuple[str, ...] = ()
    entrances: tuple[int, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What somebody asks for. `into`: the new place above (move), the one that stays (merge), the one that takes the
    entrances (shift); `others`: what is merged; `code`: the new official code, where a move needs one."""

    kind: str
    place: str
    on: date
    paper: str
    name: str = ""
    into: str = ""
    code: str = ""
    others: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    entrances: tuple[int, ...] = ()
    holders: str = ""

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "on": self.on.isoformat()}

    @classmethod
    def from_plain(cls, raw: dict[str, Any]) -> "Wish":
        parts = tuple(
            Part(one["name"], one["code"], tuple(one["children"]), tuple(one["entrances"])) for one in raw["parts"]
        )
        lists = {"others": tuple(raw["others"]), "entrances": tuple(raw["entrances"])}
        return cls(**{**raw, **lists, "parts": parts, "on": date.fromisoformat(raw["on"])})


@dataclass
class Numbers:
    """Gives free numbers behind a code: '…-3' after '…-2', ended places counted."""

    last: dict[str, int] = field(default_factory=dict)

    def next(self, parent: str) -> str:
        self.last[parent] = self.last.get(parent, 0) + 1
        return f"{parent}-{self.last[parent]}"

    @classmethod
    def after(cls, codes: Iterable[tuple[str, str]]) -> "Numbers":
        """From pairs (parent's code, code)."""
        found = cls()
        for parent, code in codes:
            number = code.removeprefix(f"{parent}-")
            if number.isdigit() and len(number) < 9:
                found.last[parent] = max(found.last.get(parent, 0), int(number))
        return found


def free_name(name: str, taken: set[str], came_from: str) -> str:
    """The name, or with where it came from behind it where two would be called the same."""
    wanted, number = name, 1
    while wanted in taken:
        more = came_from if number == 1 else f"{came_from} {number}"
        wanted = f"{name[: 97 - len(more)]}（{more}）"
        number += 1
    return wanted
