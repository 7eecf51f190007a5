"""The register's part of the deployment profile: vulnerable groups, kind of identity number, region of phones."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.translation import get_language


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
