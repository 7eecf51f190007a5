"""Rows for places and what stands on them."""

import json
from io import BytesIO
from typing import Any
from uuid import uuid4

from linli.core.actors import SYSTEM
from linli.grid.actions import record_vacancy_check, save_outline
from linli.grid.models import Building, Dwelling, Entrance
from linli.grid.queries import last_version
from tests.conftest import Cast
from tests.matrix import SIGNED_IN, Row


def _community(cast: Cast) -> dict[str, Any]:
    return {"code": cast.place("001").code}


def _building(cast: Cast) -> dict[str, Any]:
    return {"building_id": Building.objects.get(name="1栋").pk}


def _entrance(cast: Cast) -> dict[str, Any]:
    return {"entrance_id": Entrance.objects.get(building__name="1栋").pk}


def _dwelling(cast: Cast) -> dict[str, Any]:
    return {"dwelling_id": Dwelling.objects.filter(entrance__building__name="1栋").earliest("id").pk}


def _sheet(cast: Cast) -> dict[str, Any]:
    file = BytesIO("楼栋,单元\n9栋,1单元\n".encode())
    file.name = "premises.csv"
    return {"file": file}


def _check(cast: Cast) -> dict[str, Any]:
    """A look that Wang wrote down a moment ago."""
    at = _dwelling(cast)
    made = record_vacancy_check(actor=cast.actor("wang"), vacant=True, write_id=uuid4(), **at)
    return {**at, "check_id": made.pk}


def _outline(cast: Cast) -> dict[str, Any]:
    """An outline to send: a square."""
    ring = [[115, 28], [115.1, 28], [115.1, 28.1], [115, 28]]
    geometry = json.dumps({"type": "Polygon", "coordinates": [ring]})
    return {"geometry": geometry, "version": 0, "write_id": str(uuid4())}


def _drawn(cast: Cast) -> dict[str, Any]:
    """A community whose outline was drawn once, and whose first save can be brought back."""
    place = cast.place("001")
    if not last_version(place=place):
        geometry = json.loads(_outline(cast)["geometry"])
        save_outline(actor=SYSTEM, place=place, geometry=geometry, version=0)
    return {"code": place.code}


def _geojson(cast: Cast) -> dict[str, Any]:
    geometry = json.loads(_outline(cast)["geometry"])
    features = [{"type": "Feature", "properties": {"code": cast.place("001").code}, "geometry": geometry}]
    file = BytesIO(json.dumps({"type": "FeatureCollection", "features": features}).encode())
    file.name = "outlines.geojson"
    return {"file": file}


NO_TILE = dict.fromkeys(("holder", "outsider", "operator"), 204)  # nothing is set up, and nobody is told more
SEES = {"permission": "places.see"}
# Li sees her grid and changes no place; the community above it she does not see at all.
EDITS = {"permission": "places.edit", "lacking": "li"}

ROWS = [
    Row("place-tree", **SEES, expect={"outsider": 200}),  # each their own
    Row("place", kwargs=_community, **SEES),
    Row("place-history", kwargs=_community, **SEES),
    Row("place-outline", kwargs=_community, **SEES),
    Row("place-outline", "POST", kwargs=_community, data=_outline, **EDITS),
    Row("outline-remove", "POST", kwargs=_drawn, data=lambda cast: {"version": 1, "write_id": str(uuid4())}, **EDITS),
    Row(
        "outline-restore",
        "POST",
        kwargs=lambda cast: {**_drawn(cast), "version": 1},
        data=lambda cast: {"version": 1, "write_id": str(uuid4())},
        **EDITS,
    ),
    Row("outlines-export", kwargs=_community, **SEES),
    Row("outlines-import", kwargs=_community, **EDITS),
    Row("outlines-import", "POST", kwargs=_community, data=_geojson, **EDITS),
    Row("map-outlines", **SEES, expect={"outsider": 200}),  # each their own
    Row("map-tile", kwargs=lambda cast: {"zoom": 1, "column": 0, "row": 0}, answers=SIGNED_IN, expect=NO_TILE),
    Row("building-point", kwargs=_building, **EDITS),
    Row(
        "building-point",
        "POST",
        kwargs=_building,
        data=lambda cast: {"lon": "115", "lat": "28", "write_id": str(uuid4())},
        **EDITS,
    ),
    Row("place-add", kwargs=_community, **EDITS),
    Row("place-add", "POST", kwargs=_community, data=lambda cast: {"name": "第三网格"}, **EDITS),
    Row("place-entrances", kwargs=_community, **EDITS),
    Row(
        "place-entrances",
        "POST",
        kwargs=_community,
        data=lambda cast: {"on": "2026-11-01"},
        expect={"holder": 422},  # nothing to place
        **EDITS,
    ),
    Row("building-add", kwargs=_community, **EDITS),
    Row("building-add", "POST", kwargs=_community, data=lambda cast: {"name": "9栋"}, **EDITS),
    Row("premises-import", kwargs=_community, **EDITS),
    Row("premises-import", "POST", kwargs=_community, data=_sheet, **EDITS),
    Row("building", kwargs=_building, **SEES),
    Row("building", "POST", kwargs=_building, data=lambda cast: {"names": "2单元"}, **EDITS),
    Row("entrance", kwargs=_entrance, **SEES),
    Row("entrance", "POST", kwargs=_entrance, data=lambda cast: {"rooms": "501"}, **EDITS),
    Row("dwelling", kwargs=_dwelling, **SEES),
    Row("dwelling-check-undo", "POST", kwargs=_check, permission="alerts.answer"),
    Row(
        "dwelling-check",
        "POST",
        kwargs=_dwelling,
        data=lambda cast: {"vacant": "yes", "checked_on": "2026-11-01"},
        permission="alerts.answer",
    ),
]
