"""Names of the profile's kinds in the language of the page, and the frame of a map."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.conf import settings

from linli.core.tiles import zooms
from linli.grid import profile, words
from linli.grid.rules import SHADES

register = template.Library()
register.filter("kind_name", profile.kind_name)
register.filter("post_name", profile.post_name)
register.filter("absence_reason", words.absence_reason)


@register.inclusion_tag("grid/map_frame.html")
def map_frame(source: str, label: Any, points: str = "", mode: str = "show") -> dict[str, Any]:
    """A map of the outlines at the address `source`, named `label` for those who hear the page. Without script it is not
    there at all: the list beside it says the same. `points` are buildings as JSON; `mode` is show, edit, compare or point."""
    found = zooms()
    return {
        "source": source,
        "label": label,
        "points": points,
        "mode": mode,
        "shades": SHADES,
        "zooms": found,
        "attribution": settings.TILES_ATTRIBUTION if found else "",
    }


@register.inclusion_tag("grid/map_legend.html")
def map_legend(rows: Sequence[tuple[str, Any, int]]) -> dict[str, Any]:
    """What the shades mean and how many places have each, as (shade, words, number)."""
    return {"rows": rows}
