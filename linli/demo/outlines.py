"""Schematic outlines for the demonstration. Only the district's own outline is real; whatever lies below it is that surface
cut into pieces again and again, as large as what stands on them is many. Nobody should find their way by it."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from linli.grid.geometry import DIGITS, Point, Ring, Shape, contains, label_point, read_shape

SOURCE = "示意图 schematic, for the demonstration"
ANGLES, HALVINGS = 7, 13
Weights = Mapping[str, float]


def read_outline(file: Path) -> Shape:
    return read_shape(json.loads(file.read_text(encoding="utf-8"))["features"][0])


def cut_up(shape: Shape, top: str, below: Iterable[tuple[str, str]]) -> dict[str, Shape]:
    """Code → outline for a place and all below it; `below` are pairs of code and the code above, from the top down."""
    children: dict[str, list[str]] = defaultdict(list)
    rows = list(below)
    weight: dict[str, float] = defaultdict(lambda: 1.0)
    for code, above in reversed(rows):
        children[above].insert(0, code)
        weight[above] = sum(weight[one] for one in children[above])
    flat = math.cos(math.radians(shape[0][0][0][1]))
    rings = {top: [(lon * flat, lat) for lon, lat in max((one[0] for one in shape), key=len)]}
    for above in [top, *(code for code, _above in rows)]:
        if children[above]:
            rings |= _share(rings[above], children[above], weight)
    found = {
        code: [[[(round(x / flat, DIGITS), round(y, DIGITS)) for x, y in ring]]]
        for code, ring in rings.items()
        if code != top
    }
    return {top: shape, **found}


def _share(ring: Ring, codes: Sequence[str], weight: Weights) -> dict[str, Ring]:
    if len(codes) == 1:
        return {codes[0]: ring}
    half = len(codes) // 2
    one, other = codes[:half], codes[half:]
    share = sum(weight[code] for code in one) / sum(weight[code] for code in codes)
    left, right = _cut(ring, share)
    return _share(left, one, weight) | _share(right, other, weight)


def _cut(ring: Ring, share: float) -> tuple[Ring, Ring]:
    """Two pieces by a straight line, the first with this share of the surface: the line that makes the roundest ones."""
    best: tuple[float, tuple[Ring, Ring]] | None = None
    for angles in (ANGLES, ANGLES * 7):
        for step in range(angles):
            angle = math.pi * (step + 0.3) / angles
            pieces = _cut_at(ring, angle, share)
            if pieces and (best is None or _rough(pieces) < best[0]):
                best = _rough(pieces), pieces
        if best:
            return best[1]
    raise ValueError("no straight line cuts this outline in two")


def _cut_at(ring: Ring, angle: float, share: float) -> tuple[Ring, Ring] | None:
    across = (math.cos(angle), math.sin(angle))
    heights = [x * across[0] + y * across[1] for x, y in ring]
    whole, low, high = _area(ring), min(heights), max(heights)
    for _round in range(HALVINGS):
        middle = (low + high) / 2
        if _area(_part(ring, heights, middle, below=True)) < whole * share:
            low = middle
        else:
            high = middle
    sides = [height < low for height in heights]
    if sum(a != b for a, b in pairwise([*sides, sides[0]])) != 2:
        return None  # it would fall into more than two pieces
    return _part(ring, heights, low, below=True), _part(ring, heights, low, below=False)


def _part(ring: Ring, heights: Sequence[float], level: float, *, below: bool) -> Ring:
    made: Ring = []
    for at, point in enumerate(ring):
        before = at - 1
        if (heights[before] < level) != (heights[at] < level):
            share = (level - heights[before]) / (heights[at] - heights[before])
            last = ring[before]
            made.append((last[0] + share * (point[0] - last[0]), last[1] + share * (point[1] - last[1])))
        if (heights[at] < level) == below:
            made.append(point)
    return made


def _area(ring: Ring) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]]))) / 2 if ring else 0.0


def _rough(pieces: Iterable[Ring]) -> float:
    """How far the worse piece is from a circle."""
    return max(sum(math.dist(a, b) for a, b in pairwise([*one, one[0]])) ** 2 / (_area(one) or 1e-12) for one in pieces)


def points_inside(shape: Shape, count: int) -> list[Point]:
    """So many points spread inside a shape, on even rows."""
    ring = shape[0][0]
    west, east = min(x for x, _y in ring), max(x for x, _y in ring)
    south, north = min(y for _x, y in ring), max(y for _x, y in ring)
    for side in range(2, 60):
        found = [
            (
                round(west + (east - west) * (column + 0.5) / side, DIGITS),
                round(south + (north - south) * (row + 0.5) / side, DIGITS),
            )
            for row in range(side)
            for column in range(side)
        ]
        inside = [one for one in found if contains(shape, *one)]
        if len(inside) >= count:
            return [inside[at * len(inside) // count] for at in range(count)]
    return [label_point(shape)] * count
