"""Outlines of places as plain figures: checked, measured, made coarser, compared. Longitudes and latitudes in degrees;
a shape is a list of polygons, a polygon its outer ring and its holes, a ring its points without the first one again."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Point = tuple[float, float]
Ring = list[Point]
Polygon = list[Ring]
Shape = list[Polygon]
Span = tuple[float, float]

MOST_POINTS, MOST_RINGS = 5_000, 200
DIGITS = 6  # of a degree: 11 cm
FARTHEST_NORTH = 85.0  # the edge of the usual web map
LEAST_M2 = 1.0
METRES = 111_320.0  # of one degree of latitude
LINES = 200  # scan lines by which two shapes are compared


class BadShapeError(ValueError):
    """What is wrong with a shape, as one of the codes in `words.SHAPE_FAULTS`, and where."""

    def __init__(self, code: str, at: Point | None = None):
        super().__init__(code)
        self.code, self.at = code, at


# In and out ----------------------------------------------------------------------------------------------------------


def read_shape(raw: Any) -> Shape:
    """The shape of a GeoJSON geometry, or of a Feature that holds one: Polygon or MultiPolygon, checked and tidied. Raises
    BadShapeError."""
    if isinstance(raw, dict) and raw.get("type") == "Feature":
        raw = raw.get("geometry")
    if not isinstance(raw, dict) or raw.get("type") not in ("Polygon", "MultiPolygon"):
        raise BadShapeError("no-polygon")
    given = raw.get("coordinates")
    polygons = [given] if raw["type"] == "Polygon" else given
    if not isinstance(polygons, list) or not polygons:
        raise BadShapeError("no-polygon")
    _check_size(polygons)
    shape = [_read_polygon(one) for one in polygons]
    _check_crossings(shape)
    for polygon in shape:
        if any(not contains([[polygon[0]]], *hole[0]) and hole[0] not in polygon[0] for hole in polygon[1:]):
            raise BadShapeError("hole-outside")
    if area_m2(shape) < LEAST_M2:
        raise BadShapeError("no-area")
    return shape


def _check_size(polygons: list[Any]) -> None:
    rings = [ring for polygon in polygons if isinstance(polygon, list) for ring in polygon]
    points = sum(len(ring) for ring in rings if isinstance(ring, list))
    if points > MOST_POINTS or len(rings) > MOST_RINGS or len(polygons) > MOST_RINGS:
        raise BadShapeError("too-many-points")


def _read_polygon(raw: Any) -> Polygon:
    if not isinstance(raw, list) or not raw:
        raise BadShapeError("no-polygon")
    rings = [_read_ring(one) for one in raw]
    return [_turned(rings[0], left=True), *(_turned(hole, left=False) for hole in rings[1:])]


def _read_ring(raw: Any) -> Ring:
    if not isinstance(raw, list):
        raise BadShapeError("no-polygon")
    ring = _tidy([_read_point(one) for one in raw])
    if len(ring) < 3:
        raise BadShapeError("too-few-points", ring[0] if ring else None)
    return ring


def _read_point(raw: Any) -> Point:
    if not isinstance(raw, list | tuple) or len(raw) < 2:
        raise BadShapeError("no-number")
    lon, lat = raw[0], raw[1]
    for value in (lon, lat):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadShapeError("no-number")
    if abs(lon) > 180 or abs(lat) > FARTHEST_NORTH:
        raise BadShapeError("off-the-map", (lon, lat))
    return (round(float(lon), DIGITS), round(float(lat), DIGITS))


def _tidy(points: Iterable[Point]) -> Ring:
    """Without points given twice in a row, the closing one, and spikes that go out and back on the same way."""
    ring: Ring = []
    for point in points:
        ring.append(point)
        while len(ring) > 1 and (ring[-1] == ring[-2] or (len(ring) > 2 and ring[-1] == ring[-3])):
            ring.pop()
            if len(ring) > 1 and ring[-1] != point:
                ring.pop()
    while len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    return ring


def _turned(ring: Ring, *, left: bool) -> Ring:
    return ring if (_twice_area(ring) > 0) == left else ring[::-1]


def write_shape(shape: Shape) -> dict[str, Any]:
    """The GeoJSON geometry, with closed rings."""
    polygons = [[[list(point) for point in [*ring, ring[0]]] for ring in polygon] for polygon in shape]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


# Crossing sides ------------------------------------------------------------------------------------------------------


def _check_crossings(shape: Shape) -> None:
    """No side crosses another one. Sides are gone through from west to east, so that only near ones are compared."""
    sides = sorted(
        (min(a[0], b[0]), max(a[0], b[0]), a, b)
        for polygon in shape
        for ring in polygon
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
    )
    active: list[tuple[float, float, Point, Point]] = []
    for side in sides:
        active = [one for one in active if one[1] >= side[0]]
        for other in active:
            if _cross(side[2], side[3], other[2], other[3]):
                raise BadShapeError("crosses-itself", side[2])
        active.append(side)


def _side_of(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Do two sides cross in a point that is an end of neither? Touching is allowed."""
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    one, two = _side_of(a, b, c), _side_of(a, b, d)
    three, four = _side_of(c, d, a), _side_of(c, d, b)
    return one * two < 0 and three * four < 0


# Measures ------------------------------------------------------------------------------------------------------------


def _twice_area(ring: Ring) -> float:
    east, north = ring[0]
    return sum(
        (a[0] - east) * (b[1] - north) - (b[0] - east) * (a[1] - north)
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
    )


def area_m2(shape: Shape) -> float:
    """Near enough for a district: degrees taken as a flat sheet at the shape's own latitude."""
    box = bounds(shape)
    wide = METRES * math.cos(math.radians((box[1] + box[3]) / 2))
    square = sum(
        abs(_twice_area(polygon[0])) - sum(abs(_twice_area(hole)) for hole in polygon[1:]) for polygon in shape
    )
    return square / 2 * wide * METRES


def bounds(shape: Shape) -> tuple[float, float, float, float]:
    """West, south, east, north."""
    points = [point for polygon in shape for point in polygon[0]]
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return min(lons), min(lats), max(lons), max(lats)


def count_points(shape: Shape) -> int:
    return sum(len(ring) for polygon in shape for ring in polygon)


def spans(shape: Shape, lat: float) -> list[Span]:
    """Where a line of latitude runs inside the shape, from west to east."""
    crossed = []
    for polygon in shape:
        for ring in polygon:
            previous = ring[-1]
            for point in ring:
                if (point[1] > lat) != (previous[1] > lat):
                    share = (lat - previous[1]) / (point[1] - previous[1])
                    crossed.append(previous[0] + share * (point[0] - previous[0]))
                previous = point
    crossed.sort()
    return list(zip(crossed[::2], crossed[1::2], strict=True))


def contains(shape: Shape, lon: float, lat: float) -> bool:
    return any(west <= lon < east for west, east in spans(shape, lat))


def label_point(shape: Shape) -> Point:
    """A point well inside, where a name can stand: the middle of the longest way across."""
    _west, south, _east, north = bounds(shape)
    middle = (south + north) / 2
    best: tuple[float, Point] = (-1.0, (shape[0][0][0]))
    for step in range(1, 20):
        lat = south + (north - south) * step / 20
        for west, east in spans(shape, lat):
            fit = (east - west) * (1 - abs(lat - middle) / (north - south))
            if fit > best[0]:
                best = (fit, (round((west + east) / 2, DIGITS), round(lat, DIGITS)))
    return best[1]


# Coarser -------------------------------------------------------------------------------------------------------------


def pixel(zoom: int) -> float:
    """Degrees of longitude of one point of the screen."""
    return 360 / (256 * 2**zoom)


def coarser(shape: Shape, zoom: int) -> Shape:
    """As a map at this zoom shows it. Points are moved to a fixed sheet of squares instead of being left out, so that
    neighbours with a common border still meet."""
    grain = max(pixel(zoom) / 2, 10**-DIGITS)
    made = []
    for polygon in shape:
        rings = [_straightened(_tidy(_to_grain(point, grain) for point in ring)) for ring in polygon]
        if len(rings[0]) > 2:
            made.append([ring for ring in rings if len(ring) > 2])
    return made or shape


def _to_grain(point: Point, grain: float) -> Point:
    return (round(round(point[0] / grain) * grain, DIGITS), round(round(point[1] / grain) * grain, DIGITS))


def _straightened(ring: Ring) -> Ring:
    """Without points in the middle of a straight line."""
    around = zip(
        [ring[-1:], *([one] for one in ring[:-1])], ring, [*([one] for one in ring[1:]), ring[:1]], strict=True
    )
    return [point for before, point, after in around if abs(_side_of(before[0], point, after[0])) > 1e-12]


# Comparisons ---------------------------------------------------------------------------------------------------------


def _met(one: Sequence[Span], other: Sequence[Span]) -> Iterator[Span]:
    for west, east in one:
        for left, right in other:
            if max(west, left) < min(east, right):
                yield max(west, left), min(east, right)


def _scan(shape: Shape) -> Iterator[float]:
    _west, south, _east, north = bounds(shape)
    step = (north - south) / LINES
    return (south + step * (line + 0.5) for line in range(LINES))


def _length(found: Iterable[Span]) -> float:
    return sum(east - west for west, east in found)


def share_inside(shape: Shape, other: Shape) -> float:
    """Which part of `shape` lies in `other`, 0 to 1, along 200 lines across it."""
    whole = part = 0.0
    for lat in _scan(shape):
        own = spans(shape, lat)
        whole += _length(own)
        part += _length(_met(own, spans(other, lat)))
    return part / whole if whole else 0.0


def share_covered(shape: Shape, parts: Sequence[Shape]) -> float:
    """Which part of `shape` its `parts` cover together, 0 to 1; what two of them cover counts once."""
    boxes = [(bounds(one), one) for one in parts]
    whole = part = 0.0
    for lat in _scan(shape):
        own = spans(shape, lat)
        whole += _length(own)
        cover = sorted(span for box, one in boxes if box[1] <= lat <= box[3] for span in spans(one, lat))
        part += _length(_met(own, _joined(cover)))
    return part / whole if whole else 0.0


def _joined(found: Iterable[Span]) -> list[Span]:
    made: list[Span] = []
    for west, east in found:
        if made and west <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], east))
        else:
            made.append((west, east))
    return made


def boxes_meet(one: Shape, other: Shape) -> bool:
    a, b = bounds(one), bounds(other)
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
