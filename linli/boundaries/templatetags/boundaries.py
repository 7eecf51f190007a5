"""Words of boundaries in templates."""

from typing import Any

from django import template

from linli.boundaries.words import DIFFERENCES, STATES

register = template.Library()


@register.filter
def difference_words(code: str) -> Any:
    return DIFFERENCES.get(code, code)


@register.filter
def difference_state(code: str) -> Any:
    return STATES.get(code, code)
