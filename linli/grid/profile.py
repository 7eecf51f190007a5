"""The profile's kinds of place and post, checked once and frozen."""

from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.translation import get_language

from linli.grid.rules import PERMISSIONS, PlaceKind, PostKind


@cache
def place_kinds() -> dict[str, PlaceKind]:
    """Code → kind, from the top of the tree down."""
    return {raw["code"]: PlaceKind(depth=depth, **raw) for depth, raw in enumerate(settings.PROFILE["place_kinds"])}


@cache
def post_kinds() -> dict[str, PostKind]:
    """Code → kind of post, in the order of the profile. Raises SystemExit where a post names what is not there."""
    roles = settings.PROFILE["roles"]
    found = {}
    for raw in settings.PROFILE["post_kinds"]:
        unknown = set(roles.get(raw["role"], ["?"])) - set(PERMISSIONS)
        if unknown or (raw["at"] not in place_kinds() and not raw["at"].startswith("organisation:")):
            raise SystemExit(f"linli: post {raw['code']} of the profile names an unknown role, permission or place")
        given = {**raw, "combines_with": tuple(raw.get("combines_with", ()))}
        found[raw["code"]] = PostKind(permissions=frozenset(roles[raw["role"]]), **given)
    return found


@cache
def longest_absence_days() -> int:
    """How long at most a post may be lent to a deputy in one go. Raises SystemExit where the profile says no such number."""
    days = settings.PROFILE["absence"].get("most_days", 60)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 366:
        raise SystemExit("linli: [absence] most_days of the profile must be a whole number of days from 1 to 366")
    return days


@cache
def line() -> tuple[PostKind, ...]:
    """The posts that owe a receipt, from the top of the line down."""
    kinds = place_kinds()
    return tuple(sorted((kind for kind in post_kinds().values() if kind.line), key=lambda kind: kinds[kind.at].depth))


@cache
def line_place_kinds() -> tuple[str, ...]:
    return tuple(kind.at for kind in line())


@cache
def leaf_kinds() -> tuple[str, ...]:
    return tuple(kind.code for kind in place_kinds().values() if kind.leaf)


@cache
def register_kind() -> str:
    """The kind of place that keeps a register: a community, a barangay."""
    return next(kind.code for kind in place_kinds().values() if kind.register)


class Named(Protocol):
    """Whatever the profile names in both languages."""

    @property
    def en(self) -> str: ...

    @property
    def zh(self) -> str: ...


def word(entry: Named | dict[str, str]) -> str:
    """The name of a profile's entry in the language of the page."""
    chinese = (get_language() or "").startswith("zh")
    if isinstance(entry, dict):
        return entry["zh"] if chinese else entry["en"]
    return entry.zh if chinese else entry.en


def kind_name(code: str) -> str:
    kind = place_kinds().get(code)
    return word(kind) if kind else code


def post_name(code: str) -> str:
    kind = post_kinds().get(code)
    return word(kind) if kind else code


def post_at(kind_of_place: str) -> list[PostKind]:
    return [kind for kind in post_kinds().values() if kind.at == kind_of_place]
