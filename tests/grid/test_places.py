"""Places by hand: adding, renaming, finding, counting, and their pages."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.models import AuditEntry
from linli.grid import actions, queries
from linli.grid.actions import NewPlace
from linli.grid.models import Place
from linli.grid.queries import read_figures

COMMUNITY = "360103001001"


def test_a_grid_gets_the_next_code(cast):
    made = actions.add_place(actor=cast.actor("wang"), parent=COMMUNITY, name=" 第三网格 ")
    assert (made.code, made.name, made.kind) == (f"{COMMUNITY}-3", "第三网格", "grid")
    assert made.path == cast.place("001").path + "3/"
    cell = actions.add_place(actor=cast.actor("wang"), parent=made.code, name="1号微网格")
    assert (cell.code, cell.kind, cell.parent) == (f"{COMMUNITY}-3-1", "cell", made)
    assert AuditEntry.objects.filter(act="add_places", object_id=str(made.pk)).exists()


def test_many_at_once_take_the_same_queries(cast):
    def add(n, start):
        rows = [NewPlace(COMMUNITY, f"网格{start + i}") for i in range(n)]
        with CaptureQueriesContext(connection) as context:
            made = actions.add_places(actor=SYSTEM, places=rows)
        return made, len(context)

    few, n_few = add(2, 0)
    many, n_many = add(60, 100)
    assert n_few == n_many
    assert [one.code for one in few] == [f"{COMMUNITY}-3", f"{COMMUNITY}-4"]
    assert many[-1].code == f"{COMMUNITY}-64"


def test_an_added_place_counts_on_the_line(cast):
    place = cast.place("001")
    before = queries.count_line_places(places=[(place.pk, place.path)])[place.pk]
    mark = queries.last_change()
    made = actions.add_place(actor=SYSTEM, parent=COMMUNITY, name="新")
    after = queries.count_line_places(places=[(place.pk, place.path), (made.pk, made.path)])
    assert after == {place.pk: before + 1, made.pk: 1}
    assert queries.count_line_places(places=[(place.pk, place.path)], upto=mark)[place.pk] == before


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (NewPlace(COMMUNITY, ""), Invalid),
        (NewPlace(COMMUNITY, "x" * 101), Invalid),
        (NewPlace(COMMUNITY, "第一网格"), Conflict),
        (NewPlace(COMMUNITY, "新", code=f"{COMMUNITY}-1"), Conflict),
        (NewPlace(COMMUNITY, "新", code="999-1"), Invalid),  # contradicts its parent
        (NewPlace(COMMUNITY, "新", code=COMMUNITY), Invalid),
        (NewPlace(COMMUNITY, "新", code=f"{COMMUNITY}-a b"), Invalid),
        (NewPlace(COMMUNITY, "新", kind="cell"), Invalid),
        (NewPlace(f"{COMMUNITY}-1-1", "新"), Invalid),  # nothing below a cell
        (NewPlace("360103001", "新"), Invalid),  # a community has an official code
        (NewPlace("nothing", "新"), Missing),
    ],
)
def test_what_does_not_fit(cast, row, error):
    before = Place.objects.count()
    with pytest.raises(error):
        actions.add_places(actor=SYSTEM, places=[row])
    assert Place.objects.count() == before


def test_who_may_add(cast):
    with pytest.raises(Forbidden):
        actions.add_place(actor=cast.actor("li"), parent=f"{COMMUNITY}-1", name="新")
    with pytest.raises(Missing):
        actions.add_place(actor=cast.actor("sun"), parent=COMMUNITY, name="新")
    with pytest.raises(Forbidden):
        actions.add_place(actor=cast.actor("chen"), parent="", name="新", code="99")


def test_sent_twice_it_is_added_once(cast):
    key = uuid4()
    made = [
        actions.add_place(actor=cast.actor("wang"), parent=COMMUNITY, name="新", write_id=key).pk for _time in range(2)
    ]
    assert made[0] == made[1]


def test_counting_and_listing_are_scoped(cast):
    counts = queries.count_places(actor=cast.actor("wang"), code=COMMUNITY)
    assert counts == {
        "community": 1,
        "grid": 2,
        "cell": 4,
        "estate": 0,
        "building": 4,
        "entrance": 4,
        "dwelling": 12,
    }
    assert queries.count_places(actor=cast.actor("zhou"))["dwelling"] == 3
    with pytest.raises(Missing):
        queries.count_places(actor=cast.actor("sun"), code=COMMUNITY)
    page, following = queries.list_places_below(actor=cast.actor("wang"), code=COMMUNITY, limit=4)
    rest, end = queries.list_places_below(actor=cast.actor("wang"), code=COMMUNITY, after=following, limit=4)
    assert len({one.code for one in (*page, *rest)}) == 7
    assert end == ""


def test_figures_of_places(cast):
    street, community = read_figures([cast.place("360103001"), cast.place("001")])
    assert (street.households, community.households) == (15, 12)
    assert (community.posts, community.vacant) == (7, 1)  # nobody leads the cell 2-2
    province = read_figures([cast.place("36")])[0]
    assert (province.posts, province.vacant) == (11, None)


def test_pages_in_a_story(cast, sign_in):
    client = sign_in("wang")
    page = client.get(reverse("place-tree"))
    assert "二郎庙社区" in page.text
    assert "象山" not in page.text
    page = client.get(reverse("place", kwargs={"code": COMMUNITY}))
    assert "第一网格" in page.text
    assert "1栋" in page.text
    add = reverse("place-add", kwargs={"code": COMMUNITY})
    assert client.get(add).status_code == 200
    assert client.post(add, {"name": "第一网格"}).status_code == 422
    assert client.post(add, {"name": "第三网格"}).status_code == 302
    assert client.get(reverse("place-history", kwargs={"code": f"{COMMUNITY}-3"})).status_code == 200


def test_an_outsider_finds_nothing(cast, sign_in):
    assert sign_in("sun").get(reverse("place", kwargs={"code": COMMUNITY})).status_code == 404


@pytest.mark.parametrize("name", ["place-tree", "place"])
def test_a_page_takes_the_same_queries_whatever_the_size(cast, sign_in, name):
    client = sign_in("wang")
    address = reverse(name, kwargs={"code": COMMUNITY} if name == "place" else {})

    def count():
        with CaptureQueriesContext(connection) as context:
            assert client.get(address).status_code == 200
        return len(context)

    before = count()
    grids = actions.add_places(actor=SYSTEM, places=[NewPlace(COMMUNITY, f"网格{i}") for i in range(30)])
    actions.add_places(actor=SYSTEM, places=[NewPlace(one.code, "1号") for one in grids])
    for i in range(12):
        actions.add_building(actor=SYSTEM, register=cast.place("001"), name=f"新{i}栋", entrances=["1", "2"])
    assert count() == before
