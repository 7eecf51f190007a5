"""Real files, made by the programs that make them: what is read, what is reported, what is refused."""

import io
import time
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from linli.core import workbooks
from linli.core.errors import Invalid
from linli.core.sheets import column_letter, header_key, normalise, read_day, read_sheet, write_sheet

COLUMNS = {
    "building": ["楼栋", "Building"],
    "entrance": ["单元", "Entrance"],
    "room": ["房号", "Room"],
    "phone": ["电话"],
}
HEAD = ["楼栋", "单元", "房号", "电话"]


def xlsx(*rows, change=None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data, name="a.xlsx", **options):
    sheet = read_sheet(data, name, columns=COLUMNS, **options)
    return sheet, list(sheet.rows)


def refused(data, name="a.xlsx", **options):
    with pytest.raises(Invalid) as found:
        read(data, name, **options)
    return found.value


def test_headers_in_any_order_and_language_below_a_title():
    data = xlsx(["二郎庙社区住房表"], [], ["Room", "备注", "Building（必填）", "电 话*"], ["101", "x", "1栋", "1"])
    sheet, rows = read(data)
    assert sheet.header_row == 3
    assert sheet.columns == {"room": 0, "building": 2, "phone": 3}
    assert rows == [(4, ["101", "x", "1栋", "1"])]


def test_an_empty_column_on_the_left_keeps_its_letter():
    sheet, rows = read(xlsx([None, *HEAD], [None, "1栋", "1单元", "101", ""]))
    assert sheet.columns["building"] == 1
    assert rows == [(2, ["", "1栋", "1单元", "101", ""])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_every_encoding_that_offices_send(encoding):
    text = "楼栋,单元,房号,电话\r\n1栋,1单元,101,13800138000\r\n\r\n𠮷庄,２单元,１０２,'\r\n"
    sheet, rows = read(text.encode(encoding), "a.csv")
    assert rows == [(2, ["1栋", "1单元", "101", "13800138000"]), (4, ["𠮷庄", "2单元", "102", "'"])]
    assert bool(sheet.notes) == (encoding == "gb18030")


def test_a_real_xls_under_any_name():
    data = (Path(__file__).parent / "data" / "old.xls").read_bytes()
    _sheet, rows = read(data, "named.xlsx")
    assert rows[0] == (2, ["1栋", "1单元", "101", "13800138001"])


def test_numbers_dates_and_full_width_become_plain_text():
    data = xlsx(HEAD, ["１栋", date(2020, 1, 31), 101.0, 1.38e10], [True, 1.5, "13800138000.0", "1.3800138E+10"])
    _sheet, rows = read(data)
    assert rows == [
        (2, ["1栋", "2020-01-31", "101", "13800000000"]),
        (3, ["true", "1.5", "13800138000", "13800138000"]),
    ]


def test_lost_digits_are_a_fault_of_the_cell():
    sheet, rows = read(xlsx(HEAD, ["1栋", "", 360103199001011234, "1.38E+10"], ["1栋", "", "101", "1"]))
    assert set(sheet.faults[2]) == {2, 3}
    assert "2" in sheet.fault(2, ["room"])
    assert "C" in sheet.fault(2, ["room"])
    assert sheet.fault(3) == ""
    assert len(rows) == 2


def test_formulas_give_their_stored_value_or_a_fault():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD)
    page.write_formula(1, 0, '="1"&"栋"', None, "1栋")
    page.write_formula(1, 2, "=100+1", None, 101)
    book.close()
    assert read(out.getvalue())[1] == [(2, ["1栋", "", "101", ""])]
    sheet, _rows = read(xlsx(HEAD, ["1栋", "1单元", "=100+1", "=1/0"]))
    assert set(sheet.faults[2]) == {2, 3}


def test_a_formulas_error_is_a_fault():
    sheet, _rows = read(xlsx(HEAD, ["1栋", "#N/A", "101", "#REF!"]))
    assert set(sheet.faults[2]) == {1, 3}


def test_merged_header_cells_are_refused_with_their_place():
    error = refused(xlsx(["题目"], HEAD, ["1", "1", "1"], change=lambda page: page.merge_cells("C2:D2")))
    assert error.code == "merged-header"
    assert "C2:D2" in str(error.detail)


def test_a_merged_title_and_merged_values_are_read():
    def merge(page):
        page.merge_cells("A1:D1")
        page.merge_cells("A3:A5")

    data = xlsx(
        ["题目"], HEAD, ["1栋", "1", "101"], ["", "1", "102"], ["", "1", "103"], ["2栋", "1", "1"], change=merge
    )
    assert [texts[0] for _number, texts in read(data)[1]] == ["1栋", "1栋", "1栋", "2栋"]


def test_a_second_column_of_the_same_meaning_is_named():
    sheet, _rows = read(xlsx(["楼栋", "单元", "Building"], ["1", "2", "3"]))
    assert sheet.columns == {"building": 0, "entrance": 1}
    assert "C" in sheet.notes[0]


def test_the_first_sheet_with_the_columns_is_read_and_hidden_ones_never():
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    hidden = book.create_sheet("x")
    hidden.append(HEAD)
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("y")
    shown.append(HEAD)
    shown.append(["9栋", "1", "1", "1"])
    out = io.BytesIO()
    book.save(out)
    assert read(out.getvalue())[1] == [(2, ["9栋", "1", "1", "1"])]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"  \n", "empty-file"),
        (b"%PDF-1.7 ...", "not-a-spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not-a-spreadsheet"),
        (b"\x00\x01\x02\x03" * 100, "not-a-spreadsheet"),
        (b"<html><table><tr><td>1", "web-page"),
        (b"PK\x03\x04 broken", "broken-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "broken-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked-file"),
        ("姓名,年龄\n张三,5\n".encode(), "no-header"),
        (b'a,b\n"x,' + b"y" * 200_000, "broken-row"),
    ],
)
def test_what_is_no_table_is_refused(data, code):
    assert refused(data).code == code


def test_another_zip_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refused(out.getvalue()).code == "not-a-spreadsheet"


def bomb(size, declared=None):
    book = xlsx(HEAD, ["1", "1", "1"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.infolist():
            content = old.read(one)
            if one.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", b" " * size + b"</sheetData>")
            new.writestr(one.filename, content)
    data = out.getvalue()
    if declared is not None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
        data = data.replace(size.to_bytes(4, "little"), declared.to_bytes(4, "little"))
    return data


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    data = bomb(80_000_000)
    assert len(data) < 200_000
    started = time.process_time()
    assert refused(data).code == "zip-bomb"
    assert time.process_time() - started < 1


def test_a_bomb_that_lies_about_its_size_is_refused():
    assert refused(bomb(80_000_000, declared=900)).code == "broken-file"


def test_a_cell_far_outside_is_refused_by_name():
    error = refused(xlsx(HEAD, ["1", "1", "1"], change=lambda page: page.cell(1_048_576, 16_384, "x")))
    assert error.code == "far-cell"
    assert "1048576" in str(error.detail)
    assert "XFD" in str(error.detail)


def test_a_million_empty_rows_are_skipped():
    data = ("楼栋,单元,房号\n1栋,1,101\n" + ",,\n" * 1_000_000).encode()
    assert len(read(data, "a.csv")[1]) == 1
    assert refused(data + b",,\n" * 200_000, "a.csv").code == "too-many-rows"

    def style(page):
        for number in range(3, 120_000):
            page.cell(number, 1).number_format = "@"

    assert len(read(xlsx(HEAD, ["1栋", "1", "101"], change=style))[1]) == 1


def test_more_rows_than_allowed_are_refused_with_the_row():
    error = refused(xlsx(HEAD, *[["1", "1", str(n)] for n in range(5)]), most_rows=3)
    assert error.code == "too-many-rows"
    assert "5" in str(error.detail)


def test_an_over_long_cell_is_a_fault():
    sheet, _rows = read(xlsx(HEAD, ["1" * 1_500, "1", "1"]))
    assert list(sheet.faults[2]) == [0]


def test_what_is_written_is_read_back_and_is_never_a_formula():
    nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "http://a.b", "0123", "𠮷", "{=1}"]
    data = write_sheet(["a", "b"], [[text, "x"] for text in nasty], marked={(0, 0)})
    page = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [(cell.value, cell.data_type) for cell in page["A"][1:]] == [(text, "s") for text in nasty]
    assert page["A2"].fill.start_color.rgb == "FFFFD8D8"
    rows = list(read_sheet(data, "x.xlsx").rows)
    assert [texts[0] for _number, texts in rows] == nasty


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-1-31", date(2020, 1, 31)),
        ("2020年01月31日", date(2020, 1, 31)),
        ("2020/1/31 00:00", date(2020, 1, 31)),
        ("20200131", date(2020, 1, 31)),
        ("43861", date(2020, 1, 31)),
        ("2020-02-30", None),
        ("张三", None),
        ("", None),
    ],
)
def test_days_as_people_write_them(text, day):
    assert read_day(text) == day


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once
    assert header_key(once) == header_key(text)


def test_names_of_rare_characters_stay():
    assert normalise(" 𠮷田\u3000（神） 㐂\ufa11 ") == "𠮷田 （神） 㐂\ufa11"


def test_columns_as_the_sheet_shows_them():
    assert [column_letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_every_kind_is_told_by_content():
    assert workbooks.kind_of(xlsx(HEAD)) == "xlsx"
    assert workbooks.kind_of(b"a,b\n") == "text"
