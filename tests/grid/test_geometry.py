"""Outlines as figures: what is one and what isn't, measured and compared; the rules hold for whatever is drawn."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.grid.geometry import (
    MOST_POINTS,
    BadShapeError,
    area_m2,
    bounds,
    coarser,
    contains,
    count_points,
    label_point,
    read_shape,
    share_covered,
    share_inside,
    spans,
    write_shape,
)
from linli.grid.rules import SHADES, shade


def polygon(*rings):
    return {"type": "Polygon", "coordinates": [[list(point) for point in [*ring, ring[0]]] for ring in rings]}


def box(west, south, east, north):
    return [(west, south), (east, south), (east, north), (west, north)]


@st.composite
def stars(draw):
    """Rings around a middle point: never crossing themselves."""
    count = draw(st.integers(3, 40))
    far = draw(st.lists(st.floats(0.2, 1), min_size=count, max_size=count))
    lon, lat = draw(st.floats(-170, 170)), draw(st.floats(-70, 70))
    turns = [2 * math.pi * step / count for step in range(count)]
    return [
        (lon + 0.01 * one * math.cos(turn), lat + 0.01 * one * math.sin(turn))
        for one, turn in zip(far, turns, strict=True)
    ]


@settings(deadline=None)
@given(stars())
def test_a_good_shape_is_read_and_written_again_the_same(ring):
    shape = read_shape(polygon(ring))
    assert read_shape(write_shape(shape)) == shape
    assert read_shape(polygon(ring[::-1]))[0][0] in _turns(shape[0][0])
    assert area_m2(shape) > 0


def _turns(ring):
    return [ring[at:] + ring[:at] for at in range(len(ring))]


@settings(deadline=None)
@given(stars())
def test_the_label_stands_inside_and_the_bounds_hold_it(ring):
    shape = read_shape(polygon(ring))
    lon, lat = label_point(shape)
    west, south, east, north = bounds(shape)
    assert west <= lon <= east
    assert south <= lat <= north
    assert contains(shape, lon, lat)


@settings(deadline=None)
@given(stars(), st.integers(0, 20))
def test_coarser_is_never_finer_and_stays_near(ring, zoom):
    shape = read_shape(polygon(ring))
    made = coarser(shape, zoom)
    assert count_points(made) <= count_points(shape)
    grain = max(360 / 256 / 2**zoom / 2, 1e-6)
    west, south, east, north = (one - other for one, other in zip(bounds(made), bounds(shape), strict=True))
    assert west >= -grain
    assert south >= -grain
    assert east <= grain
    assert north <= grain


@settings(deadline=None)
@given(st.floats(0, 0.02), st.floats(0, 0.02))
def test_the_overlap_of_boxes_is_that_of_the_textbook(right, up):
    one, other = (
        read_shape(polygon(box(0, 0, 0.01, 0.01))),
        read_shape(polygon(box(right, up, right + 0.01, up + 0.01))),
    )
    wanted = max(0, 0.01 - right) * max(0, 0.01 - up) / 0.0001
    assert abs(share_inside(one, other) - wanted) < 0.01


@settings(deadline=None)
@given(st.integers(1, 9))
def test_neighbours_share_a_border_and_nothing_else(cut):
    whole = read_shape(polygon(box(0, 0, 0.01, 0.01)))
    left = read_shape(polygon(box(0, 0, cut / 1000, 0.01)))
    right = read_shape(polygon(box(cut / 1000, 0, 0.01, 0.01)))
    assert share_inside(left, right) == 0
    assert share_covered(whole, [left, right]) == pytest.approx(1)
    assert share_covered(whole, [left, left]) == pytest.approx(cut / 10, abs=1e-6)
    for zoom in (12, 16):  # seen coarser they still meet
        a, b = coarser(left, zoom), coarser(right, zoom)
        if count_points(a) == count_points(b) == 4:
            assert bounds(a)[2] == bounds(b)[0]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (None, "no-polygon"),
        ({"type": "Point", "coordinates": [1, 2]}, "no-polygon"),
        ({"type": "Polygon", "coordinates": []}, "no-polygon"),
        ({"type": "Polygon", "coordinates": [5]}, "no-polygon"),
        ({"type": "Polygon", "coordinates": [[]]}, "too-few-points"),
        ({"type": "MultiPolygon", "coordinates": {}}, "no-polygon"),
        (polygon([(0, 0), (1, 1), (0, 0)]), "too-few-points"),
        (polygon([(0, 0), (1, 1), (2, 2)]), "no-area"),
        (polygon([(0, 0), (1, True), (2, 2)]), "no-number"),
        (polygon([(0, 0), (1, float("nan")), (2, 2)]), "no-number"),
        (polygon([(0, 0), ("1", 1), (2, 2)]), "no-number"),
        (polygon([(0, 0), (181, 1), (2, 2)]), "off-the-map"),
        (polygon([(28, 115), (28, 116), (29, 116)]), "off-the-map"),
        (polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "crosses-itself"),
        (polygon(box(0, 0, 1, 1), box(2, 2, 3, 3)), "hole-outside"),
        (polygon(box(0, 0, 1, 1), box(0.5, 0.5, 2, 0.7)), "crosses-itself"),
        (polygon([(at / 1e5, at % 2) for at in range(MOST_POINTS + 1)]), "too-many-points"),
    ],
)
def test_what_is_no_outline_is_named(raw, code):
    with pytest.raises(BadShapeError) as raised:
        read_shape(raw)
    assert raised.value.code == code


def test_holes_are_left_out():
    shape = read_shape(polygon(box(0, 0, 3, 3), box(1, 1, 2, 2)))
    assert not contains(shape, 1.5, 1.5)
    assert spans(shape, 1.5) == [(0, 1), (2, 3)]
    assert area_m2(shape) == pytest.approx(8 * 111_320**2 * math.cos(math.radians(1.5)), rel=1e-6)


def test_points_given_twice_and_ways_out_and_back_are_tidied():
    ring = [(0, 0), (0, 0), (1, 0), (1, 1), (1.5, 1.5), (1, 1), (0, 1), (0, 0)]
    assert read_shape(polygon(ring)) == [[[(0, 0), (1, 0), (1, 1), (0, 1)]]]


@settings(deadline=None)
@given(st.integers(-5, 50), st.integers(-5, 50))
def test_every_share_has_its_shade(part, whole):
    found = shade(part, whole)
    assert found in SHADES
    assert (found == "done") == (whole > 0 and part >= whole)
    assert (found == "plain") == (whole <= 0)
