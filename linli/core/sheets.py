"""Spreadsheets that come in and go out: XLSX, XLS and CSV to plain text cells, and XLSX back.

`read_sheet` finds the header row, names the columns and gives the rows below it as normalised text. What is wrong with
the whole file is raised as Invalid, in words for the person who sent it; what is wrong with one cell stands in
`Sheet.faults`, so that good rows can go in and bad ones come back. A file is hostile until shown otherwise: it is
unpacked within limits before the spreadsheet library sees it.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain, islice
from typing import Any

from django.utils.translation import gettext as _

from linli.core import workbooks
from linli.core.errors import Invalid
from linli.core.workbooks import column_letter

LONGEST_CELL = 1_000
MOST_ROWS = 200_000
MOST_LINES = 1_100_000  # a sheet's own limit is 1,048,576; blank lines count here, nowhere else
HEADER_WITHIN = 50
HEADER_ROWS_SHOWN = 200

Row = tuple[int, list[str]]
Faults = dict[int, dict[int, str]]

# Digits, letters and the signs of numbers typed in full width. Not NFKC: it would change rare characters of names.
_HALF_WIDTH = {
    **{code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))},
    **{ord(wide): narrow for wide, narrow in zip("－＋．／＿＃＠", "-+./_#@", strict=True)},
    **dict.fromkeys((0x3000, 0xA0, 0x202F, *range(0x2000, 0x200B), 0x9, 0xA, 0xD), " "),
    **dict.fromkeys((*range(0x9), 0xB, 0xC, *range(0xE, 0x20), 0x7F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), None),
}
_TRAILING_ZERO = re.compile(r"\d{4,}\.0+")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d{1,2}")
_IN_BRACKETS = re.compile(r"[（(\[【][^）)\]】]*[）)\]】]")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")


@dataclass
class Sheet:
    """A table: its headers as written, which of them the caller knows, and the rows below as text."""

    headers: list[str]
    header_row: int
    columns: dict[str, int]  # the caller's field → column, counted from 0
    rows: Iterator[Row]
    faults: Faults  # row number → column from 0 → what is wrong with the cell; filled while `rows` is read
    notes: list[str] = field(default_factory=list)

    def fault(self, row: int, names: Collection[str] = ()) -> str:
        """The first thing wrong in a row that was read, in the caller's columns `names` (or in any); '' for nothing."""
        found = self.faults.get(row, {})
        wanted = {self.columns[name] for name in names if name in self.columns} if names else set(found)
        return next((text for column, text in found.items() if column in wanted), "")


def normalise(text: str) -> str:
    """Half-width digits and letters, single spaces, nothing invisible. Characters of names stay as they are."""
    return " ".join(text.translate(_HALF_WIDTH).split())


def header_key(text: str) -> str:
    """What of a header counts for comparing: '手机号码（必填）*' and 'Mobile  No.' give '手机号码' and 'mobileno'."""
    bare = _IN_BRACKETS.sub("", normalise(text)).casefold()
    return "".join(sign for sign in bare if sign.isalnum())


def read_day(text: str) -> date | None:
    """A day as people write it (2020-1-31, 2020/1/31, 2020年1月31日, 20200131) or as a sheet's number; None: no day."""
    found = _DAY.fullmatch(text.strip())
    try:
        if found:
            return date(*(int(part) for part in found.groups()))
        if text.isdigit() and len(text) == 8:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        if text.isdigit() and 1 <= int(text) < 80_000:
            return date(1899, 12, 30) + timedelta(days=int(text))
    except ValueError:
        return None
    return None


def read_sheet(
    data: bytes,
    filename: str,
    *,
    columns: Mapping[str, Collection[str]] | None = None,
    least: int = 2,
    most_rows: int = MOST_ROWS,
) -> Sheet:
    """The table in a file. The header row is the first with `least` of the caller's `columns` (field → its headers, in
    any language and order); without them, the first row that is not empty. Raises Invalid where there is no such table.
    """
    if not data.strip():
        raise refusal(_("The file is empty."), "empty-file")
    kind = workbooks.kind_of(data)
    if kind == "text":
        lines, notes = _csv_lines(data, tabs=filename.lower().endswith(".tsv"))
        tables: Iterable[_Table] = [_Table(lines)]
    else:
        notes = []
        tables = (_Table.of(found) for found in workbooks.open_tables(data, kind))
    known = {header_key(name): key for key, names in (columns or {}).items() for name in (key, *names)}
    seen: list[list[str]] = []
    for table in tables:
        head = _find_header(table, known, least, seen)
        if head is not None:
            return _sheet(table, head, known, notes, most_rows)
    raise _no_header(columns, least, seen)


def refusal(text: str, code: str) -> Invalid:
    return Invalid(text, code=code, fields={"file": text})


@dataclass
class _Table:
    """One table of a file: numbered rows, cells merged with others, formulas that were never calculated."""

    lines: Iterator[tuple[int, list[Any]]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    holes: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: workbooks.Table) -> "_Table":
        return cls(iter(found.lines), found.merged, found.holes)


def _csv_lines(data: bytes, *, tabs: bool) -> tuple[Iterator[tuple[int, list[Any]]], list[str]]:
    text, notes = _decoded(data)
    delimiter = "\t" if tabs else max(",\t;，", key=text[:5_000].count)

    def lines() -> Iterator[tuple[int, list[Any]]]:
        number = 0
        try:
            for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
                yield number, cells
        except csv.Error:
            where = number + 1
            raise refusal(
                _("Row %(row)s can't be read: a quotation mark or a very long cell is wrong there.") % {"row": where},
                "broken-row",
            ) from None

    return lines(), notes


def _decoded(data: bytes) -> tuple[str, list[str]]:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    encodings = ["utf-16"] if wide else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        note = [_("The file is written in GBK; it was read as such.")] if encoding == "gb18030" else []
        return text, note
    raise refusal(_("This is not a spreadsheet. Send an .xlsx or .csv file."), "not-a-spreadsheet")


def _find_header(
    table: _Table, known: Mapping[str, str], least: int, seen: list[list[str]]
) -> tuple[int, list[str]] | None:
    for number, cells in islice(table.lines, HEADER_ROWS_SHOWN):
        texts = [_plain(cell) for cell in cells]
        if not any(texts):
            continue
        if len({known[header_key(text)] for text in texts if header_key(text) in known}) >= least or not known:
            return number, texts
        if len(seen) < HEADER_WITHIN:
            seen.append(texts)
    return None


def _plain(cell: Any) -> str:
    return normalise(cell if isinstance(cell, str) else str(cell))[:LONGEST_CELL]


def _no_header(columns: Mapping[str, Collection[str]] | None, least: int, seen: list[list[str]]) -> Invalid:
    if not columns or not seen:
        return refusal(_("The file holds no rows."), "empty-file")
    names = ", ".join(next(iter(found), key) for key, found in islice(columns.items(), 8))
    return refusal(
        _("No header row was found: the first rows need at least %(least)s of these columns: %(names)s.")
        % {"least": least, "names": names},
        "no-header",
    )


def _sheet(
    table: _Table, head: tuple[int, list[str]], known: Mapping[str, str], notes: list[str], most_rows: int
) -> Sheet:
    number, headers = head
    _refuse_merged_header(table.merged, number)
    while headers and not headers[-1]:
        headers.pop()
    columns: dict[str, int] = {}
    for column, text in enumerate(headers):
        key = known.get(header_key(text))
        if key is None:
            continue
        if key in columns:
            names = {"column": column_letter(column), "name": text, "first": column_letter(columns[key])}
            notes.append(_("Column %(column)s (%(name)s) is not used: column %(first)s already says the same.") % names)
        else:
            columns[key] = column
    faults: Faults = {}
    return Sheet(headers, number, columns, _rows(table, len(headers), faults, most_rows), faults, notes)


def _refuse_merged_header(merged: Iterable[tuple[tuple[int, int], tuple[int, int]]], number: int) -> None:
    for (top, left), (bottom, right) in merged:
        if top <= number - 1 <= bottom and (top, left) != (bottom, right):
            cells = f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}"
            text = _(
                "Row %(row)s, column %(column)s: the header cells %(cells)s are merged. "
                "Unmerge them, so that each column has its own header in one row."
            )
            raise refusal(text % {"row": number, "column": column_letter(left), "cells": cells}, "merged-header")


def _rows(table: _Table, width: int, faults: Faults, most_rows: int) -> Iterator[Row]:
    filled, count = _Filled(table.merged), 0
    for number, cells in table.lines:
        if number > MOST_LINES:
            raise _too_many(number, MOST_LINES)
        if not any(cell not in ("", None) for cell in cells):
            continue
        texts = [_text(cell, (number, column), table.holes, faults) for column, cell in enumerate(cells[:width])]
        texts += [""] * (width - len(texts))
        filled.fill(number, texts)
        if not any(texts) and number not in faults:
            continue
        count += 1
        if count > most_rows:
            raise _too_many(number, most_rows)
        yield number, texts


def _too_many(number: int, most: int) -> Invalid:
    text = _(
        "The sheet goes on after row %(row)s: at most %(most)s rows can be read. "
        "Split it, or delete what is not needed."
    )
    return refusal(text % {"row": number, "most": most}, "too-many-rows")


class _Filled:
    """A value of merged cells below the header stands for every row that it covers."""

    def __init__(self, merged: Iterable[tuple[tuple[int, int], tuple[int, int]]]):
        self.areas = sorted(((top, left), (bottom, right)) for (top, left), (bottom, right) in merged if bottom > top)
        self.next = 0
        self.open: list[tuple[int, int, str]] = []  # last row, column, text

    def fill(self, number: int, texts: list[str]) -> None:
        row = number - 1
        self.open = [one for one in self.open if one[0] >= row]
        for _last, column, text in self.open:
            texts[column] = texts[column] or text
        while self.next < len(self.areas) and self.areas[self.next][0][0] <= row:
            (top, left), (bottom, _right) = self.areas[self.next]
            if top == row and left < len(texts) and texts[left]:
                self.open.append((bottom, left, texts[left]))
            self.next += 1


def _text(cell: Any, at: tuple[int, int], holes: dict[tuple[int, int], str], faults: Faults) -> str:
    """The cell as normalised text; what is wrong with it goes into `faults`."""
    if at in holes:
        uncalculated = _("the formula has no value: open the file, save it once and send it again")
        _blame(faults, at, uncalculated if holes[at] == "uncalculated" else _("the formula gave an error"))
        return ""
    if isinstance(cell, str):
        return _text_of_text(cell, at, faults)
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return _text_of_number(cell, at, faults)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    return "" if cell is None else str(cell)


def _text_of_number(cell: float, at: tuple[int, int], faults: Faults) -> str:
    if abs(cell) >= 1e15:
        _blame(faults, at, _("the number was stored rounded, its last digits are lost: enter it as text"))
        return ""
    return str(int(cell)) if cell == int(cell) else repr(cell)


def _text_of_text(cell: str, at: tuple[int, int], faults: Faults) -> str:
    if len(cell) > LONGEST_CELL:
        _blame(faults, at, _("the text is longer than %(most)s characters") % {"most": LONGEST_CELL})
        return ""
    text = normalise(cell)
    if text in {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"}:
        _blame(faults, at, _("the formula gave an error"))
        return ""
    if _TRAILING_ZERO.fullmatch(text):
        return text.partition(".")[0]
    if _SCIENTIFIC.fullmatch(text):
        return _text_of_scientific(text, at, faults)
    return text


def _text_of_scientific(text: str, at: tuple[int, int], faults: Faults) -> str:
    """'1.3800138E+10' still holds every digit; '1.38E+10' is a phone that the sheet has rounded away."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    digits = number.as_tuple().digits
    if number.adjusted() >= 6 and len(digits) <= 4:
        _blame(faults, at, _("the number was stored rounded, its last digits are lost: enter it as text"))
        return ""
    return str(int(number)) if number == int(number) else text


def _blame(faults: Faults, at: tuple[int, int], what: str) -> None:
    where = {"row": at[0], "column": column_letter(at[1]), "what": what}
    faults.setdefault(at[0], {})[at[1]] = _("Row %(row)s, column %(column)s: %(what)s.") % where


def write_sheet(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "Linli",
    marked: Collection[tuple[int, int]] = (),
) -> bytes:
    """An XLSX of text cells; nothing in it is ever a formula or a link. `marked` cells (data row and column, from 0)
    are shown in colour. Made in memory: rows of people never touch the disk in the clear."""
    import xlsxwriter

    from linli.core import clock

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": clock.local(clock.now()).replace(tzinfo=None)})
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31] or "Linli")
    as_text = book.add_format({"num_format": "@"})
    head, mark = book.add_format({"bold": True}), book.add_format({"num_format": "@", "bg_color": "#FFD8D8"})
    widths = [8] * len(headers)
    for number, cells in enumerate(chain([headers], rows)):
        for column, cell in enumerate(cells):
            chosen = head if number == 0 else mark if (number - 1, column) in marked else as_text
            page.write_string(number, column, cell[:32_000], chosen)
            if column < len(widths) and number < HEADER_ROWS_SHOWN:
                widths[column] = max(widths[column], min(48, sum(2 if ord(sign) > 0x2E7F else 1 for sign in cell) + 2))
    for column, width in enumerate(widths):
        page.set_column(column, column, width, as_text)
    page.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def stream_csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A CSV in UTF-8, line by line as it is read, with the mark by which spreadsheets know it."""
    line = io.StringIO()
    writer = csv.writer(line)
    mark = "\ufeff"
    for cells in chain([headers], rows):
        writer.writerow([harmless(cell) for cell in cells])
        yield (mark + line.getvalue()).encode()
        mark = ""
        line.seek(0)
        line.truncate()


def harmless(text: str) -> str:
    """A CSV has no types: what a sheet would take for a formula gets an apostrophe, but for a phone's plus sign."""
    is_phone = text.startswith("+") and text[1:].isdigit()
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not is_phone else text
