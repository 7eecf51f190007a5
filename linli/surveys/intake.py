"""A workbook becomes a form: opened with care, checked whole, compiled. Nothing is written here.

The compiler is given plain text and never the file, so that only `core.workbooks` opens what strangers send."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from linli.core import workbooks
from linli.core.errors import Invalid
from linli.core.logs import log
from linli.core.workbooks import column_letter
from linli.surveys.rules.checks import check_book, read_settings
from linli.surveys.rules.questions import list_choices, list_files, list_questions
from linli.surveys.rules.sayings import read_error, read_warnings
from linli.surveys.rules.sheets import SHEETS, SURVEY, Book, Finding, Line, SheetText, languages_of, read_head
from linli.surveys.rules.states import LONGEST_TITLE, MOST_BYTES, MOST_CHOICES, MOST_QUESTIONS, id_from_filename
from linli.surveys.words import message_of

MOST_FINDINGS = 200
ITEMSETS = "itemsets.csv"
MOST_BLANK = 200  # rows in a row, after which a sheet is over
_BAD_SIGN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Refused(Invalid):
    """The workbook can't become a form; `findings` say why, each with its place."""

    def __init__(self, findings: list[Finding]):
        self.findings = findings[:MOST_FINDINGS]
        text = _("The form can't be made from this file.")
        first = message_of(self.findings[0])
        super().__init__(f"{text} {first}", code="form-refused", fields={"file": first})


@dataclass(frozen=True)
class Checked:
    """A workbook in which our checks found nothing wrong, and what it calls itself; no version: '' (see the day)."""

    book: Book
    warnings: list[Finding]
    form_id: str
    version: str
    title: str


@dataclass(frozen=True)
class Compiled:
    """What came of a workbook."""

    xml: str
    md5: str
    languages: list[str]
    questions: list[dict[str, Any]]
    lists: dict[str, list[dict[str, Any]]]
    needs: list[str]
    warnings: list[Finding]
    itemsets: str  # the choices of select_one_external as a table; '' for none


def read_book(data: bytes) -> Book:
    """The sheets that matter, as text. Raises Refused."""
    if not data.strip():
        raise Refused([Finding("empty-file")])
    if len(data) > MOST_BYTES:
        raise Refused([Finding("file-too-large", values={"most": str(MOST_BYTES // 1024 // 1024)})])
    try:
        kind = workbooks.kind_of(data)
        if kind == "text":
            raise Refused([Finding("not-a-workbook")])
        tables = workbooks.open_tables(data, kind, hidden=True)
        book: Book = {}
        wrong: list[Finding] = []
        for table in tables:
            name = table.name.strip().lower()
            if name in SHEETS and name not in book:
                book[name] = _read_sheet(table, name, wrong)
    except Refused:
        raise
    except Invalid as problem:
        raise Refused([Finding("file", values={"text": str(problem.detail)})]) from None
    if wrong:
        raise Refused(wrong)
    return book


def _read_sheet(table: workbooks.Table, name: str, wrong: list[Finding]) -> SheetText:
    most = MOST_QUESTIONS if name == SURVEY else MOST_CHOICES
    sheet, blank = SheetText(name, [], []), 0
    for number, cells in table.lines:
        texts = [_text_of(cell) for cell in cells]
        if number == 1:
            _read_heads(sheet, texts, wrong)
            continue
        found = {one.written: texts[at] for at, one in _columns(sheet) if at < len(texts) and texts[at]}
        _check_cells(sheet, table, number, found, wrong)
        blank = 0 if found else blank + 1
        if blank > MOST_BLANK:
            break
        sheet.lines.append(Line(number, found))
        if len(sheet.lines) - blank > most:
            code = "too-many-questions" if name == SURVEY else "too-many-choices"
            raise Refused([Finding(code, name, number, "", {"most": str(most)})])
    sheet.lines = sheet.lines[: len(sheet.lines) - blank] if blank else sheet.lines
    return sheet


def _read_heads(sheet: SheetText, texts: list[str], wrong: list[Finding]) -> None:
    seen: set[str] = set()
    for at, written in enumerate(texts):
        if not written:
            continue
        if written in seen:
            wrong.append(Finding("header-twice", sheet.name, 1, column_letter(at), {"name": written}))
        seen.add(written)
        sheet.heads.append(read_head(written, column_letter(at)))


def _columns(sheet: SheetText) -> Iterator[tuple[int, Any]]:
    for one in sheet.heads:
        at = 0
        for letter in one.letter:
            at = at * 26 + ord(letter) - 64
        yield at - 1, one


def _check_cells(
    sheet: SheetText, table: workbooks.Table, number: int, found: dict[str, str], wrong: list[Finding]
) -> None:
    for at, one in _columns(sheet):
        hole = table.holes.get((number, at))
        if hole:
            code = "uncalculated" if hole == "uncalculated" else "formula-error"
            wrong.append(Finding(code, sheet.name, number, one.letter))
        if bad := _BAD_SIGN.search(found.get(one.written, "")):
            values = {"code": f"{ord(bad[0]):04X}"}
            wrong.append(Finding("bad-sign", sheet.name, number, one.letter, values))


def _text_of(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date | time | timedelta):
        return str(cell)
    return str(cell).replace("\xa0", " ").strip() if cell is not None else ""


def read_form(data: bytes, filename: str) -> Checked:
    """The workbook, free of what we know to be wrong. Raises Refused with all of it."""
    book = read_book(data)
    wrong, warnings = check_book(book)
    if wrong:
        raise Refused(wrong)
    settings = read_settings(book)
    form_id = settings["form_id"] or id_from_filename(filename)
    return Checked(book, warnings, form_id, settings["version"], (settings["title"] or form_id)[:LONGEST_TITLE])


def compile_form(checked: Checked, version: str) -> Compiled:
    """Raises Refused where the compiler finds something that our checks don't know."""
    book = checked.book
    xml, itemsets, said = _convert(book, checked.form_id, version, checked.title)
    found = [one for text in said for one in read_warnings(text, book)]
    return Compiled(
        xml=xml,
        md5=hashlib.md5(xml.encode(), usedforsecurity=False).hexdigest(),
        languages=languages_of(book),
        questions=list_questions(book, read_settings(book)["name"]),
        lists=list_choices(book),
        needs=sorted({*list_files(xml, book), *([ITEMSETS] if itemsets else [])}),
        warnings=[*checked.warnings, *found][:MOST_FINDINGS],
        itemsets=itemsets,
    )


def _convert(book: Book, form_id: str, version: str, title: str) -> tuple[str, str, list[str]]:
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    given: dict[str, Any] = {"sheet_names": list(book), "fallback_form_name": form_id}
    for name, sheet in book.items():
        given[name] = _rows(sheet)
        given[f"{name}_header"] = [{one.written: None for one in sheet.heads}]
    settings = next((dict(one) for one in given.get("settings", []) if one), {})
    for key in [key for key in settings if read_head(key, "").name in ("form_id", "version", "title")]:
        del settings[key]
    settings |= {"form_id": form_id, "version": version, "form_title": title}
    given["settings"], given["settings_header"] = [settings], [dict.fromkeys(settings)]
    said: list[str] = []
    try:
        result = convert(given, warnings=said, validate=False, form_name=read_settings(book)["name"] or "data")
    except PyXFormError as error:
        raise Refused([read_error(str(error), book)]) from None
    except Exception as error:  # a library over a stranger's file: any kind may come, and its words may quote the file
        log.error("form_compiler_broke", error=type(error).__name__)
        raise Refused([Finding("compiler-broke")]) from None
    return result.xform, result.itemsets or "", said


def _rows(sheet: SheetText) -> list[dict[str, str]]:
    """With empty ones between, so that the compiler counts rows as the author does."""
    last = sheet.lines[-1].number if sheet.lines else 1
    rows: list[dict[str, str]] = [{} for _number in range(2, last + 1)]
    for line in sheet.lines:
        rows[line.number - 2] = dict(line.cells)
    return rows
