"""Rows for places and what stands on them."""

from io import BytesIO
from typing import Any

from linli.grid.models import Building, Dwelling, Entrance
from tests.conftest import Cast
from tests.matrix import Row


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


SEES = {"permission": "places.see"}
# Li sees her grid and changes no place; the community above it she does not see at all.
EDITS = {"permission": "places.edit", "lacking": "li"}

ROWS = [
    Row("place-tree", **SEES, expect={"outsider": 200}),  # each their own
    Row("place", kwargs=_community, **SEES),
    Row("place-history", kwargs=_community, **SEES),
    Row("place-add", kwargs=_community, **EDITS),
    Row("place-add", "POST", kwargs=_community, data=lambda cast: {"name": "第三网格"}, **EDITS),
    Row("place-rename", kwargs=_community, **EDITS),
    Row("place-rename", "POST", kwargs=_community, data=lambda cast: {"name": "二郎庙社区"}, **EDITS),
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
    Row(
        "dwelling-check",
        "POST",
        kwargs=_dwelling,
        data=lambda cast: {"vacant": "yes", "checked_on": "2026-11-01"},
        permission="alerts.answer",
    ),
]
