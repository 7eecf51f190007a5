"""Outlines: drawn, compared, brought in and out; the second of two people who draw the same one chooses."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Forbidden, Invalid, Missing
from linli.grid import actions, queries
from linli.grid.geometry import read_shape
from linli.grid.imports import import_outlines
from linli.grid.models import Building, Outline


def square(west, south, side=0.01):
    east, north = round(west + side, 6), round(south + side, 6)
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def feature(code, geometry, **properties):
    return {"type": "Feature", "properties": {"code": code, **properties}, "geometry": geometry}


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.fixture
def drawn(cast):
    """The community a square of 0.02, its two grids the western and the eastern half."""
    shapes = {"001": square(115.0, 28.0, 0.02)}
    for code, west in (("001-1", 115.0), ("001-2", 115.01)):
        shapes[code] = {
            "type": "Polygon",
            "coordinates": [[[west, 28.0], [west + 0.01, 28.0], [west + 0.01, 28.02], [west, 28.02], [west, 28.0]]],
        }
    for code, shape in shapes.items():
        actions.save_outline(actor=SYSTEM, place=cast.place(code), geometry=shape, version=0, source="survey")
    return shapes


def save(cast, username="wang", code="001-1", version=0, **more):
    given = {"geometry": square(115.0, 28.0), **more}
    return actions.save_outline(actor=cast.actor(username), place=cast.place(code), version=version, **given)


def test_an_outline_holds_from_its_day_and_the_past_has_its_own(cast):
    save(cast)
    first = clock.today()
    Outline.objects.update(from_on=first - timedelta(days=9))
    second = save(cast, version=1, geometry=square(115.02, 28.0))
    place = cast.place("001-1")
    assert queries.find_outline(place=place) == second
    assert queries.find_outline(place=place, day=first) == second
    assert queries.find_outline(place=place, day=first - timedelta(days=1)).version == 1
    assert queries.find_outline(place=place, day=first - timedelta(days=10)) is None


def test_saves_of_one_day_are_all_kept_and_the_last_one_holds(cast):
    for version in range(3):
        save(cast, version=version, geometry=square(115.0 + version / 100, 28.0))
    assert queries.find_outline(place=cast.place("001-1"), day=clock.today()).version == 3
    assert [one.version for one in queries.list_outline_past(actor=cast.actor("wang"), place=cast.place("001-1"))] == [
        3,
        2,
        1,
    ]


def test_the_second_of_two_who_draw_is_told_and_nothing_is_lost(cast):
    save(cast)
    save(cast, username="chen", version=1, geometry=square(115.01, 28.0))
    with pytest.raises(actions.OutlineChangedError) as raised:
        save(cast, version=1, geometry=square(115.02, 28.0))
    assert raised.value.version == 2
    assert raised.value.current.geometry == square(115.01, 28.0)
    assert Outline.objects.count() == 2


def test_drawing_the_first_one_twice_is_a_conflict_too(cast):
    save(cast)
    with pytest.raises(actions.OutlineChangedError):
        save(cast, username="chen", geometry=square(115.01, 28.0))


def test_sent_twice_it_is_saved_once(cast):
    write = uuid4()
    assert save(cast, write_id=write) == save(cast, write_id=write)
    assert Outline.objects.count() == 1


def test_who_may_draw(cast):
    with pytest.raises(Missing):
        save(cast, username="sun")
    with pytest.raises(Forbidden):
        save(cast, username="zhou", code="001-1-1")
    with pytest.raises(Missing):
        queries.list_outline_past(actor=cast.actor("sun"), place=cast.place("001-1"))
    assert not Outline.objects.exists()


def test_a_bad_shape_is_refused_with_the_place_where(cast):
    crossed = {"type": "Polygon", "coordinates": [[[115, 28], [115.1, 28.1], [115.1, 28], [115, 28.1], [115, 28]]]}
    with pytest.raises(Invalid, match="115"):
        save(cast, geometry=crossed)


def test_removed_it_can_be_brought_back(cast, sign_in):
    save(cast)
    place = cast.place("001-1")
    client = sign_in("wang")
    client.post(reverse("outline-remove", args=[place.code]), {"version": 1, "write_id": uuid4()})
    assert queries.find_outline(place=place) is None
    client.post(reverse("outline-restore", args=[place.code, 1]), {"version": 1, "write_id": uuid4()})
    assert queries.find_outline(place=place).version == 2


def test_overlaps_gaps_and_what_lies_outside_are_named(cast, drawn):
    place = cast.place("001-1")
    clean = queries.check_fit(actor=cast.actor("wang"), place=place, shape=read_shape(drawn["001-1"]))
    assert clean.is_clean
    wide = read_shape(square(114.995, 28.0, 0.02))  # a quarter outside, half of it over the sibling
    fit = queries.check_fit(actor=cast.actor("wang"), place=place, shape=wide)
    assert [(one.code, round(part, 2)) for one, part in fit.overlaps] == [("360103001001-2", 0.25)]
    assert round(fit.outside, 2) == 0.25
    small = queries.check_fit(actor=cast.actor("wang"), place=place, shape=read_shape(square(115.0, 28.0)))
    assert round(small.gap, 2) == 0.25


def test_entrances_inside_are_proposed(cast, drawn):
    building = Building.objects.get(name="3栋")  # of the cell 2-1
    actions.put_buildings_on_the_map(actor=cast.actor("wang"), points=[(building, (115.005, 28.005))])
    proposed = queries.propose_entrances(actor=cast.actor("wang"), place=cast.place("001-1"))
    assert [(str(one.entrance), one.holder.code) for one in proposed] == [("3栋 1单元", "360103001001-2-1")]
    assert queries.propose_entrances(actor=cast.actor("wang"), place=cast.place("001-2")) == []
    with pytest.raises(Missing):
        queries.propose_entrances(actor=cast.actor("sun"), place=cast.place("001-1"))


# In and out ----------------------------------------------------------------------------------------------------------


def test_a_file_brings_good_ones_in_and_names_the_others(cast):
    data = collection(
        feature("360103001001-1", square(115.0, 28.0)),
        feature("360103001001-1", square(115.0, 28.0)),
        feature("999", square(115.0, 28.0)),
        feature("", square(115.01, 28.0), name="第二网格"),
        feature("", square(115.01, 28.0), name="1号微网格"),
        feature("360103001001-2-1", {"type": "Point", "coordinates": [1, 2]}),
        feature("360103001002-1", square(115.0, 28.0)),
    )
    read = import_outlines(actor=cast.actor("wang"), data=data, source="survey")
    assert (read.done.new, [number for number, _words, _why in read.errors]) == (2, [2, 3, 5, 6, 7])
    again = import_outlines(actor=cast.actor("wang"), data=data)
    assert (again.done.new, again.done.changed, again.done.unchanged) == (0, 0, 2)
    assert Outline.objects.count() == 2


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[]", b"{}", b'{"type":"FeatureCollection"}', b"[" * 100_000, b'{"type":"Topology"}']
)
def test_what_is_no_file_of_outlines_is_refused(cast, data):
    with pytest.raises(Invalid):
        import_outlines(actor=SYSTEM, data=data)


def test_what_goes_out_comes_in_again(cast, drawn, sign_in):
    response = sign_in("wang").get(reverse("outlines-export", args=[cast.place("001").code]))
    assert 'filename="outlines-360103001001.geojson"' in response["Content-Disposition"]
    again = import_outlines(actor=SYSTEM, data=response.content)
    assert (again.done.unchanged, again.errors) == (3, [])


def test_bringing_in_costs_the_same_for_few_and_many(cast):
    def count(codes):
        data = collection(*(feature(cast.place(code).code, square(115.0, 28.0)) for code in codes))
        with CaptureQueriesContext(connection) as captured:
            import_outlines(actor=SYSTEM, data=data)
        return len(captured)

    assert count(["001-1"]) == count(["001-1-1", "001-1-2", "001-2-1", "001-2-2", "002-1"])


# Pages ---------------------------------------------------------------------------------------------------------------


def outlines(client, code="", **query):
    return client.get(reverse("map-outlines"), {"place": code, **query})


def test_the_map_gets_what_the_actor_sees_and_no_more(cast, drawn, sign_in):
    found = outlines(sign_in("wang"), cast.place("001").code).json()["features"]
    assert [(one["id"], one["properties"]["depth"]) for one in found] == [
        ("360103001001", 0),
        ("360103001001-1", 1),
        ("360103001001-2", 1),
    ]
    assert outlines(sign_in("sun"), cast.place("001").code).status_code == 404
    assert outlines(sign_in("sun")).json()["features"] == []
    assert [one["id"] for one in outlines(sign_in("li")).json()["features"]] == ["360103001001-1"]
    assert outlines(sign_in("nobody")).status_code == 404


def test_unchanged_outlines_are_not_sent_again(cast, drawn, sign_in):
    client = sign_in("wang")
    code = cast.place("001").code
    first = client.get(reverse("map-outlines"), {"place": code}, headers={"accept-encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    again = client.get(reverse("map-outlines"), {"place": code}, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    save(cast, version=1)
    assert (
        client.get(reverse("map-outlines"), {"place": code}, headers={"if-none-match": first["ETag"]}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "query", [{"zoom": "x"}, {"levels": "99999"}, {"zoom": "-1"}, {"levels": "²"}, {"place": "\x00"}]
)
def test_odd_addresses_are_answered(cast, drawn, sign_in, query):
    assert outlines(sign_in("wang"), **query).status_code in (200, 404)


def test_the_pages_cost_the_same_for_few_and_many(cast, drawn, sign_in):
    client = sign_in("wang")

    def count(route, **kwargs):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(route, kwargs=kwargs)).status_code == 200
        return len(captured)

    code = cast.place("001").code
    before = [
        count("map-outlines"),
        count("place-outline", code=code),
        count("outlines-export", code=code),
        count("map"),
    ]
    for cell in ("001-1-1", "001-1-2", "001-2-1"):
        save(cast, code=cell)
    for version in range(1, 4):
        save(cast, code="001", version=version)
    after = [
        count("map-outlines"),
        count("place-outline", code=code),
        count("outlines-export", code=code),
        count("map"),
    ]
    assert before == after


def post_outline(client, code, **given):
    values = {"geometry": json.dumps(square(115.0, 28.0)), "version": 1, "source": "", "write_id": uuid4(), **given}
    return client.post(reverse("place-outline", args=[code]), values, headers={"accept-language": "en"})


def test_the_page_saves_warns_and_checks(cast, drawn, sign_in):
    client, code = sign_in("wang"), cast.place("001-1").code
    checked = post_outline(client, code, check="1", geometry=json.dumps(square(115.005, 28.0)))
    assert checked.status_code == 200
    assert "lies in 第二网格 too" in checked.content.decode()
    assert queries.find_outline(place=cast.place("001-1")).version == 1
    saved = post_outline(client, code)
    assert saved.status_code == 302
    assert "lies in no outline" in client.get(saved["Location"], headers={"accept-language": "en"}).content.decode()


def test_the_page_shows_both_shapes_and_mine_can_be_saved_over_theirs(cast, drawn, sign_in):
    save(cast, username="chen", version=1, geometry=square(115.001, 28.0))
    client, code = sign_in("wang"), cast.place("001-1").code
    shown = post_outline(client, code)
    text = shown.content.decode()
    assert shown.status_code == 409
    assert "陈书琴" in text
    assert "115.001" in text
    assert 'name="version" value="2"' in text
    assert post_outline(client, code, version=2).status_code == 302
    assert queries.find_outline(place=cast.place("001-1")).geometry == square(115.0, 28.0)


@pytest.mark.parametrize(
    "geometry",
    [
        "",
        "x",
        "[]",
        "null",
        '{"type":"Polygon"}',
        "[" * 5000,
        '{"type":"Polygon","coordinates":[[["a",1]]]}',
        '{"type":"Polygon","coordinates":[[[1e999,1],[2,2],[3,1]]]}',
    ],
)
def test_a_bad_text_is_answered_with_what_is_wrong(cast, drawn, sign_in, geometry):
    response = post_outline(sign_in("wang"), cast.place("001-1").code, geometry=geometry)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    assert Outline.objects.count() == 3


def test_a_building_is_put_on_the_map_and_taken_off(cast, sign_in):
    building = Building.objects.get(name="1栋")
    client, address = sign_in("wang"), reverse("building-point", args=[building.pk])
    client.post(address, {"lon": "115.5", "lat": "28.5", "write_id": uuid4()})
    building.refresh_from_db()
    assert (building.lon, building.lat) == (115.5, 28.5)
    for wrong in ({"lon": "1"}, {"lon": "999", "lat": "1"}, {"lon": "a", "lat": "b"}, {"lon": "nan", "lat": "1"}):
        assert client.post(address, {**wrong, "write_id": uuid4()}).status_code == 422
    client.post(address, {"write_id": uuid4()})
    building.refresh_from_db()
    assert building.lon is None
