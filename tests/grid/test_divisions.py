"""The official tables: the real district, every kind of broken folder, a second import, names that changed."""

import csv
import shutil
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

import linli
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid
from linli.core.models import AuditEntry
from linli.grid import queries
from linli.grid.imports import count_lines, import_divisions
from linli.grid.models import Headcount, HeadcountChange, Place, PlacePast
from linli.grid.models.places import path_of
from linli.grid.queries.headcounts import line_unit

XIHU = Path(linli.__file__).parent / "data" / "xihu"
DISTRICT, STREET, COMMUNITY = "360103", "360103001", "360103001001"

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    for file in XIHU.glob("*.csv"):
        shutil.copy(file, tmp_path)
    return tmp_path


def bring_in(folder=XIHU):
    return import_divisions(actor=SYSTEM, folder=folder)


def change(folder, file, what, to):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert what in text
    path.write_text(text.replace(what, to, 1), encoding="utf-8")


def refused(folder):
    with pytest.raises(Invalid) as found:
        bring_in(folder)
    assert not Place.objects.exists()
    assert not HeadcountChange.objects.exists()
    return found.value


def test_the_real_district():
    done = bring_in()
    assert (done.added, done.renamed, done.unchanged, done.vanished) == (185, 0, 0, 0)
    counts = queries.count_places(actor=SYSTEM, code=DISTRICT)
    assert (counts["district"], counts["street"]) == (1, 10)
    assert counts["community"] == 172
    assert "province" not in counts
    by_committee = queries.count_places(actor=SYSTEM, code=DISTRICT, by="committee")
    assert by_committee == {"residents": 150, "village": 13, "other": 9}
    for place in Place.objects.select_related("parent"):
        assert place.path == path_of(place.code, place.parent)
    children = queries.list_children(actor=SYSTEM, place=queries.get_place(actor=SYSTEM, code=STREET))
    assert [one.code for one in children] == sorted(one.code for one in children)
    assert count_lines(XIHU) in range(185, 195)


def test_places_of_the_line_are_counted_at_every_height():
    bring_in()
    places = Place.objects.filter(code__in=["36", DISTRICT, STREET, COMMUNITY])
    with CaptureQueriesContext(
        connection,
    ) as few:
        counts = queries.count_line_places(places=[(one.pk, one.path) for one in places])
    below = Place.objects.below("36/01/03/001/").filter(kind="community").count()
    assert {one.code: counts[one.pk] for one in places} == {
        "36": 182,
        DISTRICT: 182,
        STREET: 1 + below,
        COMMUNITY: 1,
    }
    with CaptureQueriesContext(connection) as many:
        queries.count_line_places(places=list(Place.objects.values_list("pk", "path")))
    assert len(many) == len(few)
    assert Headcount.objects.filter(unit=line_unit("community"), place__code=DISTRICT).get().joined == 172


def writes(context):
    return [q["sql"] for q in context if q["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE", "COPY"}]


def test_a_second_import_writes_nothing():
    bring_in()
    with CaptureQueriesContext(connection) as context:
        done = bring_in()
    assert (done.added, done.renamed, done.unchanged) == (0, 0, 185)
    assert writes(context) == []
    assert AuditEntry.objects.filter(act="import_places").count() == 1


def test_a_changed_name_is_taken_over_and_the_old_one_kept(folder):
    bring_in(folder)
    change(folder, "villages.csv", "二郎庙社区居委会", "二郎庙村委会")
    done = bring_in(folder)
    assert (done.added, done.renamed, done.unchanged) == (0, 1, 184)
    place = Place.objects.get(code=COMMUNITY)
    assert (place.name, place.committee) == ("二郎庙村委会", "village")
    past = PlacePast.objects.get()
    assert (past.place, past.name, past.path) == (place, "二郎庙社区居委会", place.path)


def test_a_vanished_place_is_reported_and_stays(folder):
    bring_in(folder)
    change(folder, "villages.csv", "360103001001,二郎庙社区居委会,360103001,36,3601,360103\n", "")
    done = bring_in(folder)
    assert (done.vanished, done.vanished_codes) == (1, [COMMUNITY])
    assert Place.objects.filter(code=COMMUNITY, until_on=None).exists()


def test_new_places_join_those_that_are_there(folder):
    whole = (folder / "villages.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "villages.csv").write_text("".join(whole[:100]), encoding="utf-8")
    bring_in(folder)
    (folder / "villages.csv").write_text("".join(whole), encoding="utf-8")
    done = bring_in(folder)
    assert (done.added, done.unchanged) == (73, 112)
    district = Place.objects.get(code=DISTRICT)
    assert queries.count_line_places(places=[(district.pk, district.path)]) == {district.pk: 182}


def test_columns_in_another_order_and_cells_in_quotes(folder):
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row[::-1] for row in csv.reader(file)]
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert bring_in(folder).added == 185


@pytest.mark.parametrize(
    "name", ["莫𡐓村委会", "内蒙古赤峰冶金化工开发区管理委员会巴林右旗产业园管理办公室虚拟社区", "高\ue170村委会"]
)
def test_rare_and_long_names_are_real(folder, name):
    change(folder, "villages.csv", "二郎庙社区居委会", name)
    bring_in(folder)
    assert Place.objects.get(code=COMMUNITY).name == name


def test_a_million_empty_rows_are_passed_over(folder):
    with (folder / "villages.csv").open("a", encoding="utf-8") as file:
        file.write(",,,,,\n" * 500_000 + "\n" * 500_000)
    assert bring_in(folder).added == 185


ROW2 = "360103001001,二郎庙社区居委会,360103001,36,3601,360103"


@pytest.mark.parametrize(
    ("to", "column"),
    [
        ("36010300100,二郎庙社区居委会,360103001,36,3601,360103", "code"),  # too short
        ("36010300100X,二郎庙社区居委会,360103001,36,3601,360103", "code"),
        ("３６０１０３００１００１,二郎庙社区居委会,360103001,36,3601,360103", "code"),
        ("360103001002,二郎庙社区居委会,360103001,36,3601,360103", "code"),  # twice
        ("360103001001,,360103001,36,3601,360103", "name"),
        (f"360103001001,{'长' * 101},360103001,36,3601,360103", "name"),
        ("360103001001,二郎庙社区居委会,360103002,36,3601,360103", "streetCode"),  # contradicts
        ("360103001001,二郎庙社区居委会,360103001,36,3602,360103", "cityCode"),
        ("360103001001,二郎庙社区居委会,360103001001,36,3601,360103", "streetCode"),  # itself
        ("360103099001,二郎庙社区居委会,360103099,36,3601,360103", "streetCode"),  # no such street
        ("360103001001,二郎庙社区居委会", "code"),  # too short a row
    ],
)
def test_a_wrong_row_is_named(folder, to, column):
    change(folder, "villages.csv", ROW2, to)
    error = refused(folder)
    assert error.fields["column"] == column
    assert error.fields["file"] == "villages.csv"
    assert error.fields["row"] == (3 if "360103001002" in to else 2)
    assert f"{error.fields['row']}" in str(error.detail)


def test_a_cycle_says_so(folder):
    change(folder, "streets.csv", "360103001,南浦街道,360103,", "360103001,南浦街道,360103001,")
    with override("en"):
        assert "cycle" in str(refused(folder).detail)


def test_a_wrong_header_names_what_is_missing(folder):
    change(folder, "streets.csv", "areaCode", "area")
    error = refused(folder)
    assert (error.fields["file"], error.fields["row"], error.fields["column"]) == ("streets.csv", 1, "areaCode")


def test_gbk_is_named_with_its_row(folder):
    path = folder / "streets.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].decode().encode("gb18030")
    path.write_bytes(b"".join(lines))
    error = refused(folder)
    assert error.fields["row"] == 5
    assert "GBK" in str(error.detail)


def test_a_missing_file_is_named(folder):
    (folder / "areas.csv").unlink()
    assert "areas.csv" in str(refused(folder).detail)


@pytest.mark.parametrize("content", [b"PK\x03\x04zip", b"\x00\x01\x02", b"%PDF-1.7", b"<html>"])
def test_what_is_no_csv_is_named(folder, content):
    (folder / "villages.csv").write_bytes(content)
    assert refused(folder).code == "not-csv"


def test_an_unfinished_quotation_is_named(folder):
    change(folder, "villages.csv", "二郎庙社区居委会", '"' + "x" * 140_000)
    assert refused(folder).fields["row"] == 2


def test_a_code_of_another_kind_is_a_conflict(folder):
    bring_in(folder)
    Place.objects.filter(code=COMMUNITY).update(kind="grid")
    with pytest.raises(Conflict):
        bring_in(folder)


def test_only_who_may_change_everything_brings_tables_in(cast):
    with pytest.raises(Forbidden):
        import_divisions(actor=cast.actor("chen"), folder=XIHU)


def test_the_message_comes_in_the_users_language(folder):
    change(folder, "villages.csv", ROW2, ROW2.replace("360103001001", "1"))
    with override("zh-hans"):
        assert str(refused(folder).detail)
