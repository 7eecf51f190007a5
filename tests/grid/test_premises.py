"""Buildings, entrances, dwellings: by hand, from a sheet, placed in cells, checked for vacancy."""

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.grid import actions, queries
from linli.grid.actions import PremisesRow
from linli.grid.imports import import_premises
from linli.grid.imports.premises import read_floor
from linli.grid.models import Building, Dwelling, Entrance, EntrancePlacement

HEAD = "网格,微网格,小区,楼栋,单元,楼层,房号\n"


def sheet(cast, rows, *, actor=SYSTEM, head=HEAD, code="001", **options):
    data = (head + "\n".join(rows) + "\n").encode()
    return import_premises(actor=actor, data=data, filename="a.csv", register=cast.place(code), **options)


def new_building(cast, name="9栋", entrances=("1单元", "2单元"), place=None, actor="wang", **more):
    return actions.add_building(
        actor=cast.actor(actor), register=cast.place("001"), name=name, entrances=entrances, place=place, **more
    )


def test_a_building_stands_in_a_cell_or_in_none_yet(cast):
    made = new_building(cast)
    gaps = queries.list_entrances_in_no_cell(actor=cast.actor("wang"), place=cast.place("001"))
    assert [one.entrance.name for one in gaps] == ["1单元", "2单元"]
    assert {one.place for one in EntrancePlacement.objects.filter(entrance__building=made)} == {cast.place("001")}
    other = new_building(cast, "10栋", place=cast.place("001-1-1"))
    rows = queries.list_entrances_of(actor=cast.actor("wang"), buildings=[other], place=cast.place("001"))
    assert [at.place.code for at in rows[0].entrances] == [cast.place("001-1-1").code] * 2
    with pytest.raises(Conflict):
        new_building(cast)
    new_building(cast, estate="阳光城")  # the same name in an estate is another building
    with pytest.raises(Invalid):
        new_building(cast, "11栋", place=cast.place("002-1-1"))
    with pytest.raises(Missing):
        new_building(cast, "11栋", actor="li")


def test_entrances_are_placed_and_the_past_stays_known(cast):
    made = new_building(cast)
    ids = list(made.entrances.values_list("pk", flat=True))
    wang, today = cast.actor("wang"), clock.today()
    EntrancePlacement.objects.filter(entrance__in=ids).update(from_on=today - timedelta(days=9))
    assert actions.place_entrances(actor=wang, entrance_ids=ids, to_place=cast.place("001-1-2")) == 2
    assert actions.place_entrances(actor=wang, entrance_ids=ids, to_place=cast.place("001-1-2")) == 0
    entrance = Entrance.objects.get(pk=ids[0])
    held = [
        queries.find_place_of_entrance(actor=wang, entrance=entrance, day=today - timedelta(days=n)) for n in (0, 1, 10)
    ]
    assert held == [cast.place("001-1-2"), cast.place("001"), None]


def test_two_places_on_one_day_are_refused_by_name(cast):
    made = new_building(cast, place=cast.place("001-1-1"))
    ids = list(made.entrances.values_list("pk", flat=True))
    with pytest.raises(Conflict, match="1号微网格"):
        actions.place_entrances(
            actor=SYSTEM,
            entrance_ids=ids,
            to_place=cast.place("001-1-2"),
            on=clock.today() - timedelta(days=1),
        )
    assert actions.place_entrances(actor=SYSTEM, entrance_ids=ids, to_place=cast.place("001-1-2")) == 2


def test_the_database_itself_refuses_two_places_on_one_day(cast):
    entrance = Entrance.objects.first()
    old = entrance.placements.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        EntrancePlacement.objects.create(
            entrance=entrance,
            place=cast.place("001-2-2"),
            from_on=old.from_on - timedelta(days=3),
            until_on=old.from_on + timedelta(days=1),
        )


def test_an_entrance_with_dwellings_moves_through_the_register(cast):
    entrance = Entrance.objects.get(building__name="1栋")
    with pytest.raises(Conflict) as found:
        actions.place_entrances(actor=SYSTEM, entrance_ids=[entrance.pk], to_place=cast.place("001-1-2"))
    assert found.value.code == "entrance-inhabited"


def test_entrances_stay_in_their_community_and_with_their_owner(cast):
    made = new_building(cast)
    ids = list(made.entrances.values_list("pk", flat=True))
    with pytest.raises(Invalid):
        actions.place_entrances(actor=SYSTEM, entrance_ids=ids, to_place=cast.place("002-1-1"))
    with pytest.raises(Missing):
        actions.place_entrances(actor=cast.actor("sun"), entrance_ids=ids, to_place=cast.place("002-1-1"))
    with pytest.raises(Forbidden):
        actions.place_entrances(actor=cast.actor("li"), entrance_ids=ids, to_place=cast.place("001-1-1"))


def test_dwellings_are_added_once(cast):
    entrance = Entrance.objects.get(building__name="1栋")
    wang = cast.actor("wang")
    assert actions.add_dwellings(actor=wang, entrance=entrance, rooms=[(4, "401"), (4, " 402 ")]) == 2
    assert actions.add_dwellings(actor=wang, entrance=entrance, rooms=[(4, "401"), (1, "101")]) == 0
    with pytest.raises(Invalid):
        actions.add_dwellings(actor=wang, entrance=entrance, rooms=[])
    rooms = [one.room for one in queries.list_dwellings(actor=cast.actor("zhou"), entrance=entrance)]
    assert rooms == ["101", "201", "301", "401", "402"]


def test_a_vacancy_is_a_finding_with_a_name_and_a_day(cast):
    dwelling = Dwelling.objects.filter(entrance__building__name="1栋").first()
    zhou = cast.actor("zhou")
    assert queries.get_dwelling(actor=zhou, dwelling_id=dwelling.pk).vacant is None
    actions.record_vacancy_check(actor=zhou, dwelling_id=dwelling.pk, vacant=True, note="信箱满")
    found = queries.get_dwelling(actor=zhou, dwelling_id=dwelling.pk)
    assert found.vacant is True
    assert found.checks[0].checked_by == cast.accounts["zhou"]
    with pytest.raises(Missing):
        actions.record_vacancy_check(actor=cast.actor("wu"), dwelling_id=dwelling.pk, vacant=True)
    later = clock.today() + timedelta(days=1)
    with pytest.raises(Invalid):
        actions.record_vacancy_check(actor=zhou, dwelling_id=dwelling.pk, vacant=True, checked_on=later)


# The sheet -----------------------------------------------------------------------------------------------------------


def test_a_sheet_comes_in_and_doubles_nothing(cast):
    rows = [
        "第一网格,1号微网格,阳光城,91栋,1单元,3层,301",
        "第一网格,1号微网格,阳光城,91栋,1单元,3层,302",
        ",,,92栋,,,",
        "第二网格,2号微网格,,93栋,1单元,B1,",
    ]
    done = sheet(cast, rows)
    assert (done.rows, done.good, done.errors) == (4, 4, [])
    assert (done.added.buildings, done.added.entrances, done.added.dwellings) == (3, 3, 2)
    again = sheet(cast, rows)
    assert (again.good, again.added.buildings, again.added.entrances, again.added.dwellings) == (4, 0, 0, 0)
    placed = EntrancePlacement.objects.get(entrance__building__name="93栋")
    assert placed.place == cast.place("001-2-2")


def test_headers_in_english_and_another_order(cast):
    head = "Room,Building,Cell,Grid,Floor\n"
    done = sheet(cast, [f"301,91,1号微网格,{cast.place('001-2').code},3"], head=head)
    assert (done.good, done.errors) == (1, [])
    assert EntrancePlacement.objects.get(entrance__building__name="91").place == cast.place("001-2-1")


def test_bad_rows_are_named_and_good_ones_go_in(cast):
    rows = [
        "第一网格,1号微网格,,91栋,1单元,3,301",
        "第一网格,2号微网格,,91栋,1单元,3,302",  # the same entrance in another cell
        "第九网格,1号微网格,,92栋,1单元,3,301",  # no such grid
        ",1号微网格,,92栋,1单元,3,301",  # which grid's?
        "第一网格,1号微网格,,,1单元,3,301",  # no building
        "第一网格,1号微网格,,91栋,1单元,高,303",  # no floor
        "第一网格,2号微网格,,1栋,1单元,1,101",  # stands elsewhere already
    ]
    done = sheet(cast, rows)
    assert done.good == 1
    found = [(error.row, error.column, error.header) for error in done.errors]
    assert found == [
        (3, "B", "微网格"),
        (4, "A", "网格"),
        (5, "B", "微网格"),
        (6, "D", "楼栋"),
        (7, "F", "楼层"),
        (8, "B", "微网格"),
    ]
    page = openpyxl.load_workbook(BytesIO(done.error_sheet())).active
    assert page.max_row == 7
    assert [cell.value for cell in page[2]][:2] == ["第一网格", "2号微网格"]
    assert page["B2"].fill.start_color.rgb == "FFFFD8D8"
    assert "1号微网格" in page["H2"].value


def test_missing_places_are_made_only_when_asked(cast):
    row = ["东网格,东一,,91栋,1单元,3,301", "东网格,东二,,94栋,1单元,3,301"]
    assert sheet(cast, row).good == 0
    done = sheet(cast, row, make_places=True)
    assert (done.good, done.places) == (2, 3)
    assert sheet(cast, row, make_places=True).places == 0


def test_the_sheet_needs_a_building_and_a_community(cast):
    with pytest.raises(Invalid):
        sheet(cast, ["a,b"], head="网格,微网格\n")
    with pytest.raises(Invalid):
        sheet(cast, ["a,b"], head="楼栋,单元\n", code="001-1")
    with pytest.raises(Missing):
        sheet(cast, ["a,b"], head="楼栋,单元\n", actor=cast.actor("sun"))


def test_a_large_sheet_takes_the_same_queries(cast):
    def count(n, building):
        with CaptureQueriesContext(connection) as context:
            done = sheet(cast, [f"第一网格,1号微网格,,{building},1单元,{i},{i}01" for i in range(n)])
        assert done.good == n
        return len(context)

    assert count(3, "91栋") == count(200, "92栋")


@pytest.mark.parametrize(
    ("text", "floor"),
    [("3", 3), ("3层", 3), ("12F", 12), ("-1", -1), ("B2", -2), ("地下1层", -1), ("负1", -1), ("高", None), ("", None)],
)
def test_floors_as_people_write_them(text, floor):
    assert read_floor(text) == floor


# Pages ---------------------------------------------------------------------------------------------------------------


def test_pages_in_a_story(cast, sign_in):
    client = sign_in("wang")
    code = cast.place("001").code
    form = {"name": "9栋", "estate": "", "entrances": "1单元、2单元", "place": ""}
    assert client.post(reverse("building-add", kwargs={"code": code}), form).status_code == 302
    assert client.post(reverse("building-add", kwargs={"code": code}), form).status_code == 422
    building = Building.objects.get(name="9栋")
    page = client.get(reverse("place", kwargs={"code": code}))
    assert page.text.index("9栋 1单元") < page.text.index("第一网格")  # gaps first
    ids = list(building.entrances.values_list("pk", flat=True))
    data = {"entrances": ids, "place": cast.place("001-1-1").code, "on": clock.today().isoformat()}
    assert client.post(reverse("place-entrances", kwargs={"code": code}), data).status_code == 302
    assert "9栋 1单元" not in client.get(reverse("place", kwargs={"code": code})).text
    entrance = reverse("entrance", kwargs={"entrance_id": ids[0]})
    assert client.post(entrance, {"floor": "3", "rooms": "301、302"}).status_code == 302
    page = client.get(entrance, {"day": clock.today().isoformat()})
    assert "1号微网格" in page.text
    assert "301" in page.text
    assert client.post(reverse("building", kwargs={"building_id": building.pk}), {"names": "3单元"}).status_code == 302
    assert client.get(reverse("building", kwargs={"building_id": building.pk})).text.count("单元") >= 3


def test_a_leader_sees_her_own_doors_only(cast, sign_in):
    client = sign_in("zhou")
    mine = Dwelling.objects.filter(entrance__building__name="1栋").first()
    other = Dwelling.objects.filter(entrance__building__name="2栋").first()
    assert client.get(reverse("dwelling", kwargs={"dwelling_id": mine.pk})).status_code == 200
    assert client.get(reverse("entrance", kwargs={"entrance_id": mine.entrance_id})).status_code == 200
    assert client.get(reverse("building", kwargs={"building_id": mine.entrance.building_id})).status_code == 200
    assert client.get(reverse("dwelling", kwargs={"dwelling_id": other.pk})).status_code == 404
    check = reverse("dwelling-check", kwargs={"dwelling_id": mine.pk})
    assert client.post(check, {"vacant": "yes", "checked_on": clock.today().isoformat()}).status_code == 302
    assert client.post(check, {"vacant": ""}).status_code == 422


def test_a_sheet_is_brought_in_on_its_page(cast, sign_in):
    client = sign_in("wang")
    address = reverse("premises-import", kwargs={"code": cast.place("001").code})

    def send(text, **more):
        file = BytesIO(text.encode())
        file.name = "a.csv"
        return client.post(address, {"file": file, **more})

    page = send(HEAD + "第一网格,1号微网格,,91栋,1单元,3,301\n第九网格,1号微网格,,91栋,1单元,3,302\n")
    assert page.status_code == 200
    assert "第九网格" in page.text
    assert send(HEAD + "第九网格,1号微网格,,91栋,1单元,3,302\n", mend="1").content.startswith(b"PK")
    assert send("%PDF").status_code == 422


@pytest.mark.parametrize("name", ["building", "entrance", "dwelling", "place-entrances"])
def test_a_page_takes_the_same_queries_whatever_the_size(cast, sign_in, name):
    client = sign_in("wang")
    entrance = Entrance.objects.get(building__name="1栋")
    kwargs = {
        "building": {"building_id": entrance.building_id},
        "entrance": {"entrance_id": entrance.pk},
        "dwelling": {"dwelling_id": entrance.dwellings.first().pk},
        "place-entrances": {"code": cast.place("001").code},
    }[name]

    def count():
        with CaptureQueriesContext(connection) as context:
            assert client.get(reverse(name, kwargs=kwargs)).status_code == 200
        return len(context)

    new_building(cast)
    before = count()
    new_building(cast, "10栋", [f"{n}单元" for n in range(20)])
    actions.add_entrances(actor=SYSTEM, building=entrance.building, names=[f"{n}号" for n in range(9)])
    actions.add_dwellings(actor=SYSTEM, entrance=entrance, rooms=[(9, f"9{n:02}") for n in range(30)])
    for _time in range(3):
        actions.record_vacancy_check(actor=SYSTEM, dwelling_id=entrance.dwellings.first().pk, vacant=True)
    assert count() == before


def test_rows_name_places_of_their_own_community_only(cast):
    rows = [PremisesRow("91栋", place_id=cast.place("002-1-1").pk)]
    with pytest.raises(Invalid):
        actions.add_premises(actor=SYSTEM, register=cast.place("001"), rows=rows)
