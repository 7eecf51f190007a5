"""Outlines from a GeoJSON file: every feature is matched to a place by its code, or by its name where only one place below
has it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.sheets import normalise
from linli.grid import actions
from linli.grid.actions.outlines import OutlinesImported
from linli.grid.geometry import BadShapeError, Shape, read_shape
from linli.grid.models import Place
from linli.grid.words import SHAPE_FAULTS

CODES = ("code", "CODE", "代码", "区划代码", "adcode", "id")
NAMES = ("name", "NAME", "名称", "名字")
MOST_FEATURES = 20_000


@dataclass
class OutlinesRead:
    """What a file holds, and what of it can't be taken: (number of the feature, its code or name, why)."""

    shapes: list[tuple[Place, Shape]] = field(default_factory=list)
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    done: OutlinesImported = field(default_factory=OutlinesImported)

    def figures(self) -> dict[str, Any]:
        return {**asdict(self.done), "errors": [list(one) for one in self.errors]}


def import_outlines(
    *, actor: Actor, data: bytes, below: Place | None = None, source: str = "", dry: bool = False
) -> OutlinesRead:
    """Bring outlines in; good features go in, bad ones are named. Places outside of the actor's, or not at or below
    `below`, look like unknown ones. The same file again changes nothing. Raises Invalid where the file is none."""
    features = _features(data)
    find = _Finder(actor, below, features)
    read = OutlinesRead()
    seen: dict[int, int] = {}
    for number, feature in enumerate(features, start=1):
        words = _named(feature, CODES) or _named(feature, NAMES) or "-"
        try:
            place = find(feature)
            if place.pk in seen:
                raise _NotTaken(_("The place stands in the file twice, first as number %(n)s.") % {"n": seen[place.pk]})
            read.shapes.append((place, read_shape(feature)))
            seen[place.pk] = number
        except BadShapeError as fault:
            read.errors.append((number, words, str(SHAPE_FAULTS[fault.code])))
        except _NotTaken as fault:
            read.errors.append((number, words, str(fault)))
    if read.shapes and not dry:
        read.done = actions.import_outlines(actor=actor, shapes=read.shapes, source=source)
    return read


class _NotTaken(Exception):
    """Why a feature is left out."""


def _features(data: bytes) -> list[dict[str, Any]]:
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Invalid(_("This is no GeoJSON file: it can't be read as JSON.")) from None
    found = raw.get("features") if isinstance(raw, dict) and raw.get("type") == "FeatureCollection" else [raw]
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("type") == "Feature" for one in found):
        raise Invalid(_("This is no GeoJSON file: it must hold features, each with a code or a name and a polygon."))
    if len(found) > MOST_FEATURES:
        raise Invalid(_("The file holds more than 20,000 outlines. Split it."))
    return found


def _named(feature: dict[str, Any], keys: Iterable[str]) -> str:
    properties = feature.get("properties")
    given = {**(properties if isinstance(properties, dict) else {}), "id": feature.get("id")}
    found = next((given[key] for key in keys if isinstance(given.get(key), str | int) and given[key] != ""), "")
    return normalise(str(found))[:100]


class _Finder:
    """The place of a feature, from two queries for the whole file."""

    def __init__(self, actor: Actor, below: Place | None, features: list[dict[str, Any]]):
        rows = Place.objects.visible_to(actor, "places.edit").filter(until_on=None)
        if below is not None:
            rows = rows.below(below.path)
        self.by_code: dict[str, Place] = {}
        self.by_name: dict[str, list[Place]] = defaultdict(list)
        codes = sorted({_named(one, CODES) for one in features} - {""})
        names = sorted({_named(one, NAMES) for one in features} - {""})
        for start in range(0, max(len(codes), len(names)), 1_000):
            for place in rows.filter(code__in=codes[start : start + 1_000]):
                self.by_code[place.code] = place
            for place in rows.filter(name__in=names[start : start + 1_000])[:50_000]:
                self.by_name[place.name].append(place)

    def __call__(self, feature: dict[str, Any]) -> Place:
        code, name = _named(feature, CODES), _named(feature, NAMES)
        if code in self.by_code:
            return self.by_code[code]
        found = self.by_name.get(name, []) if not code or not code[:1].isdigit() or len(code) < 6 else []
        if len(found) > 1:
            raise _NotTaken(_("Several places are called so. Give the code."))
        if not found:
            raise _NotTaken(_("There is no such place among those you may change."))
        return found[0]
