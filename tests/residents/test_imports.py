"""A roster as communities have them: any order, two languages, mended and sent again; and what is wrong with files."""

import io
import json
from datetime import date
from typing import Any

import openpyxl
import pytest

from linli.core.errors import Invalid, Problem
from linli.core.sheets import read_sheet
from linli.grid.models import Dwelling, Entrance, EntrancePlacement
from linli.residents import imports, queries
from linli.residents.models import Answerer, GroupMark, Household, Membership, Person
from tests.conftest import Cast
from tests.residents.test_headcounts import assert_counts_hold, street  # noqa: F401

HEAD = [
    "网格",
    "微网格",
    "小区",
    "楼栋",
    "单元",
    "楼层",
    "房号",
    "姓名",
    "与户主关系",
    "性别",
    "出生日期",
    "身份证号",
    "手机",
]
CELL = ["第一网格", "1号微网格", "花园", "9栋", "2单元", "3", "301"]


def id_number(first17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first17 + "10X98765432"[sum(int(a) * b for a, b in zip(first17, weights, strict=True)) % 11]


MOTHER = id_number("99010319560321002")
SON = id_number("99010319801230011")


def sheet(rows: list[list[Any]], head: list[str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in [head or HEAD, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FAMILY = [
    [*CELL, "陈玉兰", "户主", "女", "1956-03-21", MOTHER, "13900010001"],
    [*CELL, "陈立", "子", "男", "", SON, "13900010002"],
]


def run(cast: Cast, data: bytes, *, by: str = "wang", place: str = "001", name: str = "名册.xlsx") -> imports.Checked:
    return imports.import_roster(data, name, actor=cast.actor(by), place=cast.place(place))


def codes(done: imports.Checked) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.reason) for error in done.errors]


def test_a_family_goes_in_with_its_door(street: Cast):  # noqa: F811
    done = run(street, sheet(FAMILY))
    assert codes(done) == []
    assert done.outcome.counts() == {
        "households_new": 1, "households_changed": 0, "households_unchanged": 0, "people_new": 2, "people_changed": 0,
        "people_unchanged": 0, "dwellings_new": 1,
    }  # fmt: skip
    household = Household.objects.get(name="陈玉兰")
    door = queries.describe_households(actor=street.actor("li"), ids=[household.pk])[household.pk]
    assert (door.address, door.floor, door.leaf) == ("花园 9栋 2单元 301", 3, "1号微网格")
    mother = Person.objects.get(name="陈玉兰")
    assert (mother.phone, mother.id_number, mother.sex, mother.born_on, mother.initials) == (
        "+8613900010001", MOTHER, "f", date(1956, 3, 21), "cyl",
    )  # fmt: skip
    assert Membership.objects.get(person=mother).role == "head"
    assert Person.objects.get(name="陈立").born_on == date(1980, 12, 30)  # from the identity number
    assert_counts_hold(street)


def test_sent_again_nothing_doubles(street: Cast):  # noqa: F811
    no_numbers = [
        [*CELL[:-1], "302", "李四", "", "", "1990年1月2日", "", ""],
        [*CELL[:-1], "302", "李五", "", "", "", "", ""],
    ]
    run(street, sheet(FAMILY + no_numbers))
    before = (Household.objects.count(), Person.objects.count(), Dwelling.objects.count(), Membership.objects.count())
    again = run(street, sheet(no_numbers + FAMILY))
    assert again.outcome.counts()["households_unchanged"] == 2
    assert again.outcome.counts()["people_unchanged"] == 4
    assert before == (
        Household.objects.count(), Person.objects.count(), Dwelling.objects.count(), Membership.objects.count(),
    )  # fmt: skip
    assert_counts_hold(street)


def test_english_headers_in_another_order(street: Cast):  # noqa: F811
    head = ["Phone", "Name", "Room", "Building", "Entrance", "Cell", "Grid", "Groups", "Date of birth", "What is this"]
    rows = [
        [
            "+86 139 0001 0003",
            "Ann Lee",
            "11",
            "7",
            "A",
            "2号微网格",
            "第二网格",
            "Elderly living alone, infant",
            "1950/2/3",
            "x",
        ]
    ]
    done = run(street, sheet(rows, head), name="roster.xlsx")
    assert codes(done) == []
    assert done.roster.unknown == ["What is this"]
    assert set(GroupMark.objects.values_list("group", flat=True)) == {"elderly_alone", "infant"}
    assert Entrance.objects.get(name="A").placements.get().place == street.place("001-2-2")


def test_a_column_a_group_and_csv_in_gbk(street: Cast):  # noqa: F811
    text = "微网格,网格,楼栋,房号,姓名,独居老人,残疾人,户籍在本地\n1号微网格,第一网格,8栋,101,周奶奶,是,否,N\n"
    done = run(street, text.encode("gb18030"), name="a.csv")
    assert codes(done) == []
    assert list(GroupMark.objects.values_list("group", flat=True)) == ["elderly_alone"]
    assert Person.objects.get(name="周奶奶").registered_here is False


def test_each_wrong_cell_is_named_with_row_column_and_reason(street: Cast):  # noqa: F811
    def row(**changes: str) -> list[str]:
        values = dict(zip(HEAD, [*CELL, "某人", "", "", "", "", ""], strict=True))
        return list({**values, **changes}.values())

    rows = [
        row(姓名="", 手机="13900010001"),
        row(姓名="甲", 身份证号=MOTHER[:-1] + ("0" if MOTHER[-1] != "0" else "1")),
        row(姓名="乙", 手机="12345"),
        row(姓名="丙", 出生日期="1957-03-21", 身份证号=MOTHER),
        row(姓名="丁", 出生日期="昨天"),
        row(姓名="戊", 微网格="没有的"),
        row(姓名="己", 网格="", 微网格="1号微网格", 楼栋="77栋"),
        row(姓名="庚", 性别="?"),
        row(姓名="辛", 与户主关系="邻居的猫"),
        row(姓名="壬", 楼层="三"),
        row(姓名="癸" * 101),
        row(姓名="子", 身份证号=SON),
        row(姓名="丑", 身份证号=SON),
        row(姓名="寅", 楼栋=""),
        row(姓名="卯", 房号=""),
        row(姓名="辰", 身份证号="99010319560231002X"),
        row(姓名="巳", 出生日期="2999-01-01"),
        row(姓名="好人"),
    ]
    done = run(street, sheet(rows))
    assert codes(done) == [
        (2, "name", "name_missing"),
        (3, "id_number", "id_check_digit"),
        (4, "phone", "phone_invalid"),
        (5, "born_on", "birth_contradicts_id"),
        (6, "born_on", "date_invalid"),
        (7, "cell", "cell_unknown"),
        (8, "cell", "cell_ambiguous"),
        (9, "sex", "sex_unknown"),
        (10, "role", "role_unknown"),
        (11, "floor", "floor_invalid"),
        (12, "name", "too_long"),
        (14, "id_number", "id_twice"),
        (15, "building", "building_missing"),
        (16, "room", "room_missing"),
        (17, "id_number", "id_date"),
        (18, "born_on", "date_in_future"),
    ]
    assert set(Person.objects.filter(name__in=["子", "好人", "甲"]).values_list("name", flat=True)) == {"子", "好人"}
    assert_counts_hold(street)


def test_bad_rows_come_back_to_mend_and_send_again(street: Cast):  # noqa: F811
    bad = [*FAMILY[1]]
    bad[HEAD.index("手机")] = "99"
    done = run(street, sheet([FAMILY[0], bad]))
    assert codes(done) == [(3, "phone", "phone_invalid")]
    back = imports.error_sheet(done.roster, done.errors)
    book = openpyxl.load_workbook(io.BytesIO(back))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert cells[0][:-1] == HEAD
    assert [cell or "" for cell in cells[1][:-1]] == bad
    assert cells[1][-1]
    book.active.cell(row=2, column=HEAD.index("手机") + 1, value="13900010002")
    out = io.BytesIO()
    book.save(out)
    again = run(street, out.getvalue())
    assert codes(again) == []
    assert again.outcome.counts()["people_new"] == 1
    assert Household.objects.filter(name="陈玉兰").count() == 1
    assert Membership.objects.filter(household__name="陈玉兰", until_on=None).count() == 2
    assert_counts_hold(street)


def test_two_cells_claim_an_entrance(street: Cast):  # noqa: F811
    other = ["第一网格", "2号微网格", *CELL[2:]]
    done = run(street, sheet([FAMILY[0], [*other[:-1], "302", "李四", "", "", "", "", ""]]))
    assert codes(done) == [(3, "entrance", "entrance_two_cells")]
    assert {"1号微网格", "2号微网格"} <= set(done.errors[0].values.values())
    again = run(street, sheet([[*other[:-1], "302", "李四", "", "", "", "", ""]]))
    assert codes(again) == [(2, "entrance", "entrance_elsewhere")]
    assert EntrancePlacement.objects.filter(entrance__building__name="9栋", until_on=None).count() == 1


def test_an_entrance_known_already_needs_no_cell(street: Cast):  # noqa: F811
    done = run(street, sheet([["1栋", "1单元", "901", "新邻居"]], ["楼栋", "单元", "房号", "姓名"]))
    assert codes(done) == []
    household = Household.objects.get(name="新邻居")
    assert queries.member_paths([household.pk])[household.pk][1] == street.place("001-1-1").path
    done = run(street, sheet([["99栋", "1单元", "901", "谁"]], ["楼栋", "单元", "房号", "姓名"]))
    assert codes(done) == [(2, "cell", "cell_missing")]


def test_what_is_new_is_taken_over_and_what_is_empty_says_nothing(street: Cast):  # noqa: F811
    run(street, sheet(FAMILY))
    changed = [*FAMILY[0]]
    changed[HEAD.index("手机")] = "13900019999"
    changed[HEAD.index("性别")] = ""
    done = run(street, sheet([changed, FAMILY[1]]))
    assert done.outcome.counts()["people_changed"] == 1
    mother = Person.objects.get(name="陈玉兰")
    assert (mother.phone, mother.sex, mother.id_number) == ("+8613900019999", "f", MOTHER)
    assert queries.find_household_by_dwelling_and_last4(
        paths=[street.place("001").path], building="花园", entrance="2", room="301", last4="9999"
    ) is None  # fmt: skip


def test_a_family_that_moved_is_moved(street: Cast):  # noqa: F811
    run(street, sheet(FAMILY))
    there = ["第二网格", "2号微网格", "", "20栋", "", "1", "101"]
    done = run(street, sheet([[*there, *FAMILY[0][7:]], [*there, *FAMILY[1][7:]]]))
    assert (done.outcome.households_changed, done.outcome.households_new) == (1, 0)
    household = Household.objects.get(name="陈玉兰")
    assert queries.member_paths([household.pk])[household.pk][1] == street.place("001-2-2").path
    assert household.residences.count() == 2
    assert_counts_hold(street)


def test_one_who_moved_out_joins_another_household(street: Cast):  # noqa: F811
    run(street, sheet(FAMILY))
    there = ["第二网格", "2号微网格", "", "20栋", "", "1", "101"]
    done = run(street, sheet([[*there, "王芳", "户主", "", "", "", ""], [*there, *FAMILY[1][7:]]]))
    assert codes(done) == []
    assert Membership.objects.get(person__name="陈立", until_on=None).household.name == "王芳"
    assert Person.objects.filter(name="陈立").count() == 1
    assert_counts_hold(street)


def test_the_departed_leave_and_come_back(street: Cast):  # noqa: F811
    run(street, sheet(FAMILY))
    gone = run(street, sheet([[*FAMILY[1], "迁出"]], [*HEAD, "状态"]))
    assert gone.outcome.people_changed == 1
    assert Person.objects.get(name="陈立").status == "departed"
    assert_counts_hold(street)
    again = run(street, sheet([[*FAMILY[1], "迁出"]], [*HEAD, "状态"]))
    assert (again.outcome.people_changed, again.outcome.people_unchanged) == (0, 1)
    run(street, sheet([[*FAMILY[1], "未登记"]], [*HEAD, "状态"]))
    assert Person.objects.get(name="陈立").status == "unregistered"
    assert_counts_hold(street)
    run(street, sheet(FAMILY))
    assert Person.objects.get(name="陈立").status == "unregistered"  # an empty cell says nothing


def test_collective_households_and_premises_have_a_contact(street: Cast):  # noqa: F811
    head = ["微网格", "网格", "楼栋", "房号", "户类型", "户名", "联系人", "姓名", "手机"]
    rows = [
        ["1号微网格", "第一网格", "南街1号", "", "商铺", "兰州拉面", "马师傅", "", ""],
        ["1号微网格", "第一网格", "南街2号", "1", "养老院", "夕阳红", "刘院长", "刘院长", "13900010009"],
        ["1号微网格", "第一网格", "南街2号", "1", "养老院", "夕阳红", "", "住客甲", ""],
    ]
    done = run(street, sheet(rows, head))
    assert codes(done) == []
    shop, home = Household.objects.get(name="兰州拉面"), Household.objects.get(name="夕阳红")
    assert (shop.kind, shop.subkind, shop.contact.name) == ("premises", "shop", "马师傅")
    assert (home.kind, home.subkind, home.contact.name) == ("collective", "care_home", "刘院长")
    again = run(street, sheet(rows, head))
    assert again.outcome.households_unchanged == 2, again.outcome
    assert_counts_hold(street)


def test_who_answers_for_them(street: Cast):  # noqa: F811
    head = [*HEAD, "代答人", "代答人电话"]
    done = run(street, sheet([[*FAMILY[0], "外甥女", "13900010077"], [*FAMILY[1], "", ""]], head))
    assert codes(done) == []
    answerer = Answerer.objects.get()
    assert (answerer.name, answerer.phone) == ("外甥女", "+8613900010077")
    run(street, sheet([[*FAMILY[0], "外甥女", "139 0001 0077"]], head))
    assert Answerer.objects.count() == 1
    done = run(street, sheet([[*FAMILY[0], "外甥女", "1"]], head))
    assert codes(done) == [(2, "answerer_phone", "phone_invalid")]


def test_a_household_number_at_two_doors(street: Cast):  # noqa: F811
    head = [*HEAD, "户号"]
    other = [*FAMILY[1]]
    other[6] = "302"
    done = run(street, sheet([[*FAMILY[0], "H1"], [*other, "H1"]], head))
    assert codes(done) == [(3, "number", "household_two_doors")]


def test_a_person_of_another_register_stays_there(street: Cast):  # noqa: F811
    run(street, sheet(FAMILY))
    cell = ["第一网格", "1号微网格", "", "5栋", "1单元", "1", "101"]
    done = run(street, sheet([[*cell, *FAMILY[0][7:]]]), by="sun", place="002")
    assert codes(done) == [(2, "id_number", "id_elsewhere")]
    done = run(street, sheet([[*cell, *FAMILY[0][7:]]]), by="chen", place="002")
    assert codes(done) == []  # the street office sees both
    assert Membership.objects.get(person__name="陈玉兰", until_on=None).household.pk in queries.member_paths(
        [Membership.objects.get(person__name="陈玉兰", until_on=None).household_id]
    )
    assert_counts_hold(street)


def test_the_number_of_somebody_else_is_refused(street: Cast):  # noqa: F811
    run(street, sheet(FAMILY))
    other = [*FAMILY[0]]
    other[HEAD.index("姓名")] = "别人"
    assert codes(run(street, sheet([other]))) == [(2, "id_number", "id_other_name")]


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '=HYPERLINK("http://x")', "𠮷野家" * 8, "王\u200b小\u200b明", 'O\'Brien "Bob"'],
)
def test_names_stay_what_they_are(street: Cast, text: str):  # noqa: F811
    csv = f'微网格,网格,楼栋,房号,姓名\n1号微网格,第一网格,8栋,101,"{text.replace(chr(34), chr(34) * 2)}"\n'
    done = run(street, csv.encode(), name="a.csv")
    assert codes(done) == []
    assert Person.objects.filter(name=text.replace("\u200b", "")).count() == 1


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.xlsx"),
        (b"PK\x03\x04 not a zip", "broken.xlsx"),
        (b"%PDF-1.7 hello", "roster.pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "x.xlsx"),
        ("只有,一些,字\n1,2,3\n".encode(), "words.csv"),
        ("姓名,手机,身份证号\n甲,,\n".encode(), "no-building.csv"),
    ],
)
def test_a_file_that_can_not_be_used_says_so_and_writes_nothing(street: Cast, data: bytes, name: str):  # noqa: F811
    before = Person.objects.count()
    with pytest.raises(Invalid) as error:
        run(street, data, name=name)
    assert str(error.value.detail)
    assert Person.objects.count() == before


def test_a_preview_writes_nothing(street: Cast):  # noqa: F811
    before = (Person.objects.count(), Dwelling.objects.count())
    done = imports.check_roster(sheet(FAMILY), "a.xlsx", actor=street.actor("wang"), place=street.place("001"))
    assert done.outcome.people_new == 2
    headers, rows = imports.first_rows(done.roster)
    assert headers == HEAD
    assert rows[0][-2:] == ["9901************" + MOTHER[-2:], "139****0001"]
    assert before == (Person.objects.count(), Dwelling.objects.count())


def test_all_good_rows_or_none(street: Cast, monkeypatch):  # noqa: F811
    from linli.residents.actions import rosters

    def break_down(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(rosters, "record_headcount_changes", break_down)
    before = (Person.objects.count(), Dwelling.objects.count(), Household.objects.count())
    with pytest.raises(RuntimeError):
        run(street, sheet(FAMILY))
    assert before == (Person.objects.count(), Dwelling.objects.count(), Household.objects.count())


@pytest.mark.parametrize("username", ["li", "zhou", "sun", "nobody", "operator"])
def test_only_posts_that_import_do(street: Cast, username: str):  # noqa: F811
    with pytest.raises(Problem):
        run(street, sheet(FAMILY), by=username)


def test_an_import_below_a_grid_stays_there(street: Cast):  # noqa: F811
    other = ["第二网格", "2号微网格", "", "20栋", "", "1", "101", "某人", "", "", "", "", ""]
    done = run(street, sheet([other, FAMILY[0]]), place="001-1")
    assert codes(done) == [(2, "cell", "cell_unknown")]
    assert done.outcome.people_new == 1


def test_queries_do_not_grow_with_rows(street: Cast):  # noqa: F811
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def many(n: int, at: int) -> bytes:
        return sheet([[*CELL[:3], f"{at}栋", "", "1", str(100 + k), f"人{k}", "", "", "", "", ""] for k in range(n)])

    counts = []
    for n, at in ((3, 50), (40, 60)):
        with CaptureQueriesContext(connection) as found:
            run(street, many(n, at))
        counts.append(len(found))
    assert counts[1] - counts[0] <= 2, counts


def test_the_command(street: Cast, tmp_path, capsys):  # noqa: F811
    from linli.config.cli import run as run_command
    from linli.core import console

    file, back = tmp_path / "名册.xlsx", tmp_path / "back.xlsx"
    bad = [*FAMILY[1]]
    bad[-1] = "1"
    file.write_bytes(sheet([FAMILY[0], bad]))
    console.use_json(on=True)
    try:
        with pytest.raises(SystemExit) as stop:
            run_command(["import", "roster", str(file), "--place", street.place("001").code, "--errors", str(back)])
    finally:
        console.use_json(on=False)
    said = json.loads(capsys.readouterr().out)
    assert stop.value.code == 2
    assert (said["rows"], said["households_new"], said["people_new"], said["unchanged"]) == (2, 1, 1, 0)
    assert [(one["row"], one["code"]) for one in said["errors"]] == [(3, "phone_invalid")]
    assert len(list(read_sheet(back.read_bytes(), "back.xlsx").rows)) == 1
    with pytest.raises(SystemExit) as stop:
        run_command(["import", "roster", str(file), "--place", "nowhere"])
    assert stop.value.code == 1
