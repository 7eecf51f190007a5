"""Which places an alert means, by official codes and by names. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from linli.exchange.rules.cap import Area
from linli.grid.geometry import Shape, coarser

LENGTHS = (2, 4, 6, 9, 12)  # of a division code: province, city, district, street, community
_SPLIT = re.compile(r"[、，,;；/|\n]+|(?<=[a-z]) and |\s{2,}")


def codes_in(areas: Iterable[Area]) -> list[str]:
    """Division codes as the tables write them: of '360103000000' and of '360103' the same '360103'."""
    found = []
    for area in areas:
        for _name, value in area.geocodes:
            plain = unicodedata.normalize("NFKC", value).strip()
            found.append(shorten(plain) if plain.isdigit() else plain)
    return list(dict.fromkeys(code for code in found if code))


def shorten(code: str) -> str:
    """Without the zeros that stand for 'all of it'."""
    for length in LENGTHS:
        if len(code) > length and set(code[length:]) == {"0"}:
            return code[:length]
    return code


def names_in(areas: Iterable[Area]) -> list[str]:
    """The names in the descriptions, one by one: '南浦街道、丁公路街道' are two."""
    parts = (part for area in areas for part in _SPLIT.split(unicodedata.normalize("NFKC", area.desc)))
    return list(dict.fromkeys(part.strip() for part in parts if 1 < len(part.strip()) <= 60))


def is_division(code: str) -> bool:
    return code.isdigit() and len(code) in LENGTHS


def urgency_in(urgency: str, severity: str, choices: Mapping[str, Sequence[str]]) -> str:
    """Which of the deployment's urgencies an alert from outside means: the one with the same words; else the same urgency;
    else the most urgent, so that nothing urgent is taken for slow. `choices`: code → how urgent and how serious in CAP, the
    most urgent first."""
    for code, words in choices.items():
        if tuple(words) == (urgency, severity):
            return code
    same = [code for code, words in choices.items() if words and words[0] == urgency]
    if same:
        return same[0]
    calm = urgency in ("Past",) or severity == "Minor"
    return list(choices)[-1] if calm else next(iter(choices))


MOST_CORNERS = 100  # of a place: a receiver draws an area, it doesn't measure it
FINEST, COARSEST = 19, 2  # zooms of a map


def polygons_of(shape: Shape) -> tuple[str, ...]:
    """The outer rings as CAP writes them, 'lat,lon lat,lon …' and closed. Holes can't be told, and are warned with the rest.
    One with many corners is made coarser until it has few."""
    for zoom in range(FINEST, COARSEST - 1, -1):
        if sum(len(polygon[0]) for polygon in shape) <= MOST_CORNERS:
            break
        shape = coarser(shape, zoom)
    return tuple(" ".join(f"{lat},{lon}" for lon, lat in [*ring, ring[0]]) for ring, *_holes in shape)
