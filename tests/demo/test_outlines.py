"""The demonstration's schematic outlines: good figures that fill the district, small enough for a phone."""

import gzip
import json
from functools import cache

from linli.demo.outlines import cut_up, points_inside, read_outline
from linli.demo.world import DATA
from linli.grid.geometry import coarser, contains, read_shape, share_covered, share_inside, write_shape
from tests.demo.test_cast_of_the_demonstration import xihu


@cache
def outlines():
    world = xihu()
    communities = {area.parent for area in world.levels[0]}
    streets = sorted({code[:9] for code in communities})
    below = [(code, "360103") for code in streets] + [(code, code[:9]) for code in sorted(communities)]
    below += [(area.code, area.parent) for level in world.levels for area in level]
    return cut_up(read_outline(DATA / "xihu" / "boundary.geojson"), "360103", below)


def test_every_place_has_a_good_outline():
    found = outlines()
    assert len(found) == 1 + 10 + 172 + sum(len(level) for level in xihu().levels)
    for shape in found.values():
        assert read_shape(write_shape(shape)) == shape


def test_they_fill_the_district_without_overlap():
    found = outlines()
    streets = [found[code] for code in found if len(code) == 9]
    assert share_covered(found["360103"], streets) > 0.999
    assert max(share_inside(one, other) for one in streets for other in streets if one is not other) < 0.001
    community = xihu().levels[0][0].parent
    grids = [found[area.code] for area in xihu().levels[0] if area.parent == community]
    assert share_covered(found[community], grids) > 0.998


def test_points_lie_inside():
    shape = outlines()["360103001001"]
    points = points_inside(shape, 40)
    assert len(points) == 40
    assert all(contains(shape, *point) for point in points)


def test_a_district_with_all_its_grids_is_small_on_the_line():
    found = outlines()
    shown = [one for code, one in found.items() if code.count("-") < 2]
    features = [{"id": str(at), "geometry": write_shape(coarser(one, 14))} for at, one in enumerate(shown)]
    assert len(gzip.compress(json.dumps(features, separators=(",", ":")).encode())) < 60_000
