"""The register's part of the deployment profile: vulnerable groups, kind of identity number, region of phones."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.utils.translation import get_language

from linli.residents.rules import GROUNDS


@dataclass(frozen=True)
class Group:
    code: str
    en: str
    zh: str


@cache
def groups() -> dict[str, Group]:
    """Code → group, in the order of the profile."""
    return {raw["code"]: Group(**raw) for raw in settings.PROFILE["groups"]}


def group_name(code: str) -> str:
    """In the language of the page; a code that the profile no longer knows stays as it is."""
    group = groups().get(code)
    if group is None:
        return code
    return group.zh if (get_language() or "").startswith("zh") else group.en


def identity() -> str:
    """'cn' for GB 11643 identity numbers, '' for free text."""
    return str(settings.PROFILE["register"]["identity"])


def phone_region() -> str:
    """Two letters: how a number without a country code is read."""
    return str(settings.PROFILE["register"]["phone_region"])


@dataclass(frozen=True)
class Purpose:
    """What data are used for. `ground` is by what; 'consent': only with it."""

    code: str
    ground: str
    en: str
    zh: str


@cache
def purposes() -> dict[str, Purpose]:
    """Code → purpose, in the order of the profile. Raises SystemExit for a ground that is none."""
    found = {raw["code"]: Purpose(**raw) for raw in settings.PROFILE["register"].get("purposes", [])}
    for one in found.values():
        if one.ground not in GROUNDS:
            raise SystemExit(f"linli: the purpose {one.code} of the profile names an unknown ground {one.ground!r}")
    return found


def purpose_name(code: str) -> str:
    """In the language of the page; a code that the profile no longer knows stays as it is."""
    found = purposes().get(code)
    if found is None:
        return code
    return found.zh if (get_language() or "").startswith("zh") else found.en


def contact_stale() -> timedelta:
    """After so long without a sign a contact is to be confirmed again."""
    return timedelta(days=int(settings.PROFILE["register"].get("contact_stale_days", 180)))


def departed_kept() -> timedelta:
    """After so long somebody who departed is due for erasure."""
    return timedelta(days=int(settings.PROFILE["register"].get("departed_kept_days", 1095)))


def erases_alone() -> bool:
    return str(settings.PROFILE["register"].get("erase", "propose")) == "alone"
