"""The register's codes as words, for its templates."""

from collections.abc import Callable, Mapping
from typing import Any

from django import template

from linli.residents import words
from linli.residents.profile import group_name, purpose_name

register = template.Library()

# Filter → the table that it looks a code up in; a code that stands in none is shown as it is.
TABLES = {
    "role_words": words.ROLES,
    "status_words": words.STATUSES,
    "grant_words": words.GRANT_ACTS,
    "field_words": words.CORRECTABLE,
    "how_words": words.CHECKED_HOW,
    "ground_words": words.GROUNDS,
    "regrouping_words": words.REGROUPINGS,
    "reading_words": words.READINGS,
    "aim_words": words.PURPOSES,  # what somebody named before a number was shown
}


def _looked_up_in(table: Mapping[str, Any]) -> Callable[[str], Any]:
    return lambda code: table.get(code, code)


for _name, _table in TABLES.items():
    register.filter(_name, _looked_up_in(_table))


@register.filter
def group_words(code: str) -> str:
    return group_name(code)


@register.filter
def kind_words(door: Any) -> Any:
    """Of a door: what it is, as closely as it is known."""
    return words.SUBKINDS.get(door.subkind) or words.KINDS.get(door.kind, door.kind)


@register.filter
def sex_words(code: str) -> Any:
    return words.SEXES.get(code, "")


@register.filter
def means_words(codes: Any) -> str:
    return ", ".join(str(words.MEANS[code]) for code in words.MEANS if code in codes)


@register.filter
def channel_words(codes: Any) -> str:
    return ", ".join(str(words.CHANNELS.get(code, code)) for code in codes)


@register.filter
def member_note(one: Any) -> str:
    """What a list says of a person besides the name, in one line."""
    born = str(one.born_on.year) if one.born_on else ""
    status = "" if one.status == "registered" else str(words.STATUSES.get(one.status, one.status))
    who = " ".join(part for part in (str(words.SEXES.get(one.sex, "")), born) if part)
    return " · ".join(part for part in (who, *(group_name(code) for code in one.groups), status) if part)


@register.filter
def request_state(code: str) -> tuple[str, Any]:
    """(kind of state, words) of a proposal or request."""
    return words.REQUEST_STATES.get(code, ("plain", code))


@register.filter
def signs_words(codes: Any) -> str:
    return ", ".join(str(words.SIGNS.get(code, code)) for code in codes)


@register.filter
def purpose_words(code: str) -> str:
    return purpose_name(code)


@register.filter
def contact_words(code: str) -> Any:
    return words.REVEALABLE["phone"] if code == "phone" else words.CHANNELS.get(code, code)


@register.filter
def hold_words(code: str) -> str:
    return words.hold(code)


@register.filter
def obstacle_words(code: str) -> str:
    return words.obstacle(code)
