"""A workbook becomes a form, or is told apart with sheet, row and column."""

import io
import shutil
import subprocess
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from linli.surveys.intake import Refused, compile_form, read_form
from linli.surveys.rules.checks import NAME
from linli.surveys.rules.states import FORM_ID, id_from_filename, version_of_day
from linli.surveys.words import FINDINGS, tell
from tests.surveys.books import CHOICES, DATA, SURVEY, a_form, make_book, questions


def taken(data, filename="form.xlsx"):
    return compile_form(read_form(data, filename), "1")


def wrong(data, filename="form.xlsx"):
    """(sheet, row, column, code) of everything that is refused."""
    with pytest.raises(Refused) as refused:
        taken(data, filename)
    assert all(one["message"] and "%(" not in one["message"] for one in tell(refused.value.findings))
    return [(one.sheet, one.row, one.column, one.code) for one in refused.value.findings]


def test_a_questionnaire_in_two_languages():
    checked = read_form(a_form(), "x.xlsx")
    made = compile_form(checked, "1")
    assert (checked.form_id, checked.version, checked.title) == ("quarantine", "1", "Quarantine at home")
    assert made.languages == ["English (en)", "中文 (zh)"]
    assert [(one["path"], one["type"], one["depth"]) for one in made.questions] == [
        ("/data/home", "group", 0),
        ("/data/home/fever", "select_one", 1),
        ("/data/home/people", "integer", 1),
        ("/data/needs", "select_multiple", 0),
        ("/data/thanks", "note", 0),
    ]
    fever = made.questions[1]
    assert fever["required"]
    assert fever["label"] == {"English (en)": "Does anybody have a fever?", "中文 (zh)": "有人发烧吗？"}
    assert made.lists["yes_no"][0] == {"name": "yes", "label": {"English (en)": "Yes", "中文 (zh)": "有"}}
    assert '<data id="quarantine" version="1">' in made.xml
    assert made.warnings == []


def test_every_path_is_in_the_instance():
    from lxml import etree

    made = taken(a_form())
    root = etree.fromstring(made.xml.encode())
    binds = {one.get("nodeset") for one in root.iter("{http://www.w3.org/2002/xforms}bind")}
    assert {one["path"] for one in made.questions if one["kind"] == "question"} <= binds


CASES = {
    "no sheet of questions": (make_book({"Sheet1": [["type"]]}), [("survey", 0, "", "no-survey")]),
    "no columns": (make_book({"survey": [["label"], ["x"]]}), [("survey", 1, "", "no-column")] * 2),
    "no questions": (make_book({"survey": [["type", "name", "label"]]}), [("survey", 2, "", "no-questions")]),
    "unknown type": (questions(["txt", "a", "A"]), [("survey", 2, "A", "unknown-type-near")]),
    "no type": (questions(["", "a", "A"], ["text", "b", "B"]), [("survey", 2, "A", "no-type")]),
    "no list": (questions(["select_one", "a", "A"]), [("survey", 2, "A", "no-list")]),
    "unknown list": (questions(["select_one yn", "a", "A"]), [("survey", 2, "A", "unknown-list")]),
    "a choice twice": (
        questions(["select_one l", "a", "A"], choices=[["l", "x", "X"], ["l", "x", "Y"]]),
        [("choices", 3, "B", "choice-twice")],
    ),
    "a choice without a name": (
        questions(["select_one l", "a", "A"], choices=[["l", "x", "X"], ["l", "", "Y"]]),
        [("choices", 3, "B", "choice-no-name")],
    ),
    "a name twice": (questions(["text", "a", "A"], ["text", "a", "B"]), [("survey", 3, "B", "name-twice")]),
    "no name": (questions(["text", "", "A"]), [("survey", 2, "B", "no-name")]),
    "no name for XML": (questions(["text", "1 a", "A"]), [("survey", 2, "B", "bad-name")]),
    "an end alone": (questions(["text", "a", "A"], ["end_group"]), [("survey", 3, "A", "end-alone")]),
    "another end": (
        questions(["begin_group", "g", "G"], ["text", "a", "A"], ["end_repeat"]),
        [("survey", 4, "A", "end-other")],
    ),
    "no end": (questions(["begin_repeat", "g", "G"], ["text", "a", "A"]), [("survey", 2, "A", "never-ended")]),
    "unknown reference": (questions(["note", "a", "See ${nowhere}"]), [("survey", 2, "C", "unknown-reference")]),
    "near reference": (
        questions(["text", "fever", "F"], ["note", "a", "${fevre}"]),
        [("survey", 3, "C", "unknown-reference-near")],
    ),
    "empty label": (questions(["text", "a", ""], ["text", "b", "B"]), [("survey", 2, "C", "no-label")]),
    "a sign of no text": (questions(["text", "a", "A\x0bB"]), [("survey", 2, "C", "bad-sign")]),
    "a header twice": (
        make_book({"survey": [["type", "name", "label", "label"], ["text", "a", "A", "B"]]}),
        [("survey", 1, "D", "header-twice")],
    ),
    "an id of no form": (a_form(form_id="no way"), [("settings", 2, "B", "bad-form-id")]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_told_with_its_place(case):
    data, expected = CASES[case]
    assert wrong(data) == expected


def test_everything_wrong_is_told_at_once_and_in_ones_own_language():
    rows = [
        ["txt", "1a", "x"],
        ["begin group", "g", "g"],
        ["select_one zz", "a", "${nix}"],
        ["text", "a", ""],
        ["end repeat"],
    ]
    found = wrong(questions(*rows))
    assert len(found) == 7
    assert [row for _sheet, row, _column, _code in found] == [2, 2, 4, 4, 5, 5, 6]
    with translation.override("zh-hans"):
        with pytest.raises(Refused) as refused:
            taken(questions(*rows))
        told = tell(refused.value.findings)
    for one in told:
        assert any("\u4e00" <= sign <= "\u9fff" for sign in one["message"]), one


def test_a_compiler_that_breaks_down_is_told_without_what_it_said(monkeypatch):
    def breaks(*_args, **_more):
        raise KeyError("张三 13800130111")

    monkeypatch.setattr("pyxform.xls2xform.convert", breaks)
    with pytest.raises(Refused) as refused:
        taken(a_form())
    (found,) = refused.value.findings
    assert found.code == "compiler-broke"
    assert "13800130111" not in str(found)


def test_what_only_the_compiler_knows_is_told_with_its_place():
    data = make_book({"survey": [["type", "name", "label"], [], ["calculate", "a", ""]]})
    assert wrong(data) == [("survey", 3, "", "compiler")]
    data = make_book({"survey": [["type", "name", "label", "relevant"], ["text", "a", "A", "${a"]]})
    assert [(sheet, row) for sheet, row, _column, _code in wrong(data)] == [("survey", 2)]


def test_blank_rows_between_do_not_shift_what_is_told():
    rows = [["text", "a", "A"], [], [], ["text", "a", "B"]]
    assert wrong(questions(*rows)) == [("survey", 5, "B", "name-twice")]


def test_names_count_in_their_own_group_only():
    rows = [["begin_group", "g", "G"], ["text", "a", "A"], ["end_group"], ["begin_group", "h", "H"], ["text", "a", "A"]]
    made = taken(questions(*rows, ["end_group"]))
    assert [one["path"] for one in made.questions if one["kind"] == "question"] == ["/data/g/a", "/data/h/a"]


def test_what_is_probably_not_meant_is_a_warning():
    survey = [row[:3] if row[1:2] == ["thanks"] else row for row in SURVEY]
    made = taken(a_form(survey=survey, choices=[*CHOICES, ["unused", "x", "X", "某"]]))
    found = {(one["sheet"], one["row"], one["column"]): one["message"] for one in tell(made.warnings)}
    assert "中文 (zh)" in found["survey", 7, "D"]
    assert "unused" in found["choices", 0, ""]


def test_a_picture_for_one_language_only_is_a_warning():
    survey = [[*SURVEY[0], "image::English (en)"], *SURVEY[1:]]
    said = [(one.code, one.sheet, one.values["language"]) for one in taken(a_form(survey=survey)).warnings]
    assert said == [("column-not-translated", "survey", "中文 (zh)")]


def test_labels_and_formulas_are_text_and_entities_do_not_enter():
    label = "<script>alert(1)</script> &xxe; ]]> =1+1 <!ENTITY xxe SYSTEM 'file:///etc/passwd'>"
    made = taken(questions(["text", "a", label], ["note", "b", f"{label} ${{a}}"]))
    assert "<script" not in made.xml
    assert "<!ENTITY" not in made.xml
    assert "&xxe;" not in made.xml.replace("&amp;xxe;", "")
    assert made.questions[0]["label"][""] == label


def test_a_formula_that_was_never_calculated():
    out = io.BytesIO()
    import xlsxwriter

    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet("survey")
    for at, row in enumerate([["type", "name", "label"], ["text", "a"]]):
        page.write_row(at, 0, row)
    page.write_formula(1, 2, '="A"&"B"', None, "")
    book.close()
    data = out.getvalue()
    # a program that writes no values leaves the cell without one
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b' t="str"', b"").replace(b"<v></v>", b""))
    assert wrong(changed.getvalue()) == [("survey", 2, "C", "uncalculated")]


# Files that are something else -----------------------------------------------------------------------------------------


def test_an_old_workbook_is_read_whatever_its_name():
    old = (DATA / "old.xls").read_bytes()
    assert old.startswith(b"\xd0\xcf\x11\xe0")
    for name in ("old.xls", "old.xlsx"):
        made = taken(old, name)
        assert [one["name"] for one in made.questions] == ["fever", "people"]
        assert made.questions[0]["label"] == {"": "有人发烧吗？"}
    assert read_form(a_form(), "new.xls").form_id == "quarantine"


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(a_form())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/worksheets/sheet9.xml", b" " * 60_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"  \n", b"type,name\ntext,a\n", b"%PDF-1.7", b"PK\x03\x04 and nothing",
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
     a_form()[:-200], b"<html>", b"PK\x05\x06" + b"\0" * 18, b"\xff" * 5_000],
    ids=["empty", "blank", "csv", "pdf", "cut zip", "cut xls", "cut xlsx", "html", "empty zip", "noise"],
)  # fmt: skip
def test_no_workbook_is_refused_in_one_sentence(data):
    found = wrong(data)
    assert len(found) == 1
    assert found[0][:3] == ("", 0, "")


def test_a_bomb_is_never_unpacked():
    data = bomb()
    assert len(data) < 200_000
    assert wrong(data) == [("", 0, "", "file")]


def test_more_rows_than_any_form_has():
    assert [one[3] for one in wrong(questions(*[["note", f"n{n}", "N"] for n in range(3_001)]))] == [
        "too-many-questions"
    ]


def test_a_questionnaire_of_940_rows_in_two_languages():
    rows = [
        ["select_one yes_no", f"q{n}", f"Question {n}", f"问题{n}", "", f"${{q{n - 1}}} = 'yes'" if n else ""]
        for n in range(940)
    ]
    data = a_form(survey=[SURVEY[0], *rows], choices=CHOICES[:3])
    began = time.perf_counter()
    made = taken(data)
    assert time.perf_counter() - began < 20
    assert len(made.questions) == 940
    assert made.warnings == []


# What a form shows -----------------------------------------------------------------------------------------------------


def test_files_are_named_by_the_form():
    survey = [
        ["type", "name", "label", "media::image::English (en)", "calculation", "appearance"],
        ["select_one_from_file streets.csv", "street", "Street", "map.png"],
        ["calculate", "price", "", "", "pulldata('prices', 'p', 'k', ${street})"],
        ["select_one yn", "x", "X", "", "", "minimal search('clinics')"],
    ]
    made = taken(make_book({"survey": survey, "choices": [["list_name", "name", "label"], ["yn", "k", "v"]]}))
    assert made.needs == ["clinics.csv", "map.png", "prices.csv", "streets.csv"]


# Names -----------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=90))
def test_any_file_name_gives_an_id(name):
    found = id_from_filename(name)
    assert FORM_ID.fullmatch(found)
    assert len(found) <= 64


def test_a_day_gives_a_version_that_is_free():
    from datetime import date

    day = date(2026, 11, 26)
    assert version_of_day(day, set()) == "20261126"
    assert version_of_day(day, {"20261126", "20261126-2"}) == "20261126-3"


@given(st.from_regex(NAME, fullmatch=True).filter(lambda name: name.lower() != "meta" and len(name) < 40))
def test_a_name_that_we_let_in_is_one_for_the_compiler(name):
    from pyxform.parsing.expression import is_xml_tag

    assert is_xml_tag(name)


BEGINS = st.recursive(
    st.just([]), lambda inner: st.lists(st.tuples(st.sampled_from(["group", "repeat"]), inner), max_size=3)
)


def _rows(tree, counter):
    for kind, inner in tree:
        counter[0] += 1
        yield [f"begin_{kind}", f"g{counter[0]}", "G"]
        yield from _rows(inner, counter)
        counter[0] += 1
        yield ["text", f"q{counter[0]}", "Q"]
        yield [f"end_{kind}"]


@given(BEGINS, st.data())
def test_groups_balance_or_it_is_told(tree, data):
    """What nests is let through; the same rows without one of the ends or beginnings never."""
    from linli.surveys.rules.checks import check_book
    from linli.surveys.rules.sheets import Line, SheetText, read_head

    rows = [*_rows(tree, [0]), ["text", "last", "L"]]

    def check(some):
        heads = [read_head(name, letter) for name, letter in zip(("type", "name", "label"), "ABC", strict=True)]
        lines = [
            Line(at, dict(zip(("type", "name", "label"), row, strict=False))) for at, row in enumerate(some, start=2)
        ]
        return check_book({"survey": SheetText("survey", heads, lines)})[0]

    assert check(rows) == []
    edges = [at for at, row in enumerate(rows) if row[0].startswith(("begin", "end"))]
    if edges:
        out = data.draw(st.sampled_from(edges))
        assert {one.code for one in check(rows[:out] + rows[out + 1 :])} & {"end-alone", "end-other", "never-ended"}


def test_every_finding_has_words():
    source = "".join(path.read_text() for path in (Path(__file__).parents[2] / "linli" / "surveys").rglob("*.py"))
    for code in FINDINGS:
        assert f'"{code}"' in source.replace(f'"{code}":', "", 1), code


# The engine of phones as the judge -------------------------------------------------------------------------------------

FORMS = {
    "two languages": a_form(),
    "a repeat": questions(["begin_repeat", "person", "Person"], ["text", "who", "Name"], ["end_repeat"]),
    "other": questions(["select_one l or_other", "a", "A"], choices=[["l", "x", "X"]]),
    "signs": questions(["text", "a", "a < b & c > d \"e\" 'f' ${b}"], ["text", "b", "B"]),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_engine_of_phones_takes_the_form(name, tmp_path):
    java = shutil.which("java")
    assert java, "install a Java runtime: apt-get install default-jre-headless"
    jar = Path(find_spec("pyxform").origin).parent / "validators/odk_validate/bin/ODK_Validate.jar"
    file = tmp_path / "form.xml"
    file.write_text(taken(FORMS[name]).xml, encoding="utf-8")
    done = subprocess.run([java, "-jar", jar, file], capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 (the engine that pyxform ships)
    assert done.returncode == 0, done.stderr
