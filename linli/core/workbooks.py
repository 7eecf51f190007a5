"""Workbooks opened with care: what a file really is, unpacked within limits, and only then read."""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from linli.core.errors import Invalid

MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
BIG_PART = 5 * 1024 * 1024  # below it a high ratio does no harm
MOST_PARTS = 2_000
MOST_CELLS = 8_000_000  # the reading library holds the whole rectangle, empty cells and all
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"

_CELL = re.compile(rb"<(?:\w+:)?(c|f|v|is)(?=[\s/>])([^<>]*)>(?=([^<]?))")
_TYPE = re.compile(rb'\bt="(\w+)"')
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')


@dataclass
class Table:
    lines: Iterator[tuple[int, list[Any]]]  # number from 1, cells from column A
    merged: list[tuple[tuple[int, int], tuple[int, int]]]  # corners, rows and columns from 0
    holes: dict[tuple[int, int], str]  # formulas without a value: row from 1, column from 0 → 'uncalculated' | 'error'
    name: str = ""


def column_letter(column: int) -> str:
    """0 → 'A', 26 → 'AA': as the person sees it above the sheet."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def refuse(text: str, code: str) -> NoReturn:
    raise Invalid(text, code=code, fields={"file": text})


def kind_of(data: bytes) -> str:
    """'xlsx', 'xls' or 'text', by content: names lie. Raises Invalid for what is surely none of them."""
    start = data[:4096].lstrip()[:15].lower()
    if data.startswith(ZIP):
        return "xlsx"
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            refuse(_("The file is locked by a password. Save it without one and send it again."), "locked-file")
        return "xls"
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        refuse(_("This is a web page named as a spreadsheet. Open it, save it as .xlsx and send that."), "web-page")
    if start.startswith((b"%pdf", b"\x89png", b"\xff\xd8\xff", b"rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        refuse(_("This is not a spreadsheet. Send an .xlsx or .csv file."), "not-a-spreadsheet")
    return "text"


def open_tables(data: bytes, kind: str, *, hidden: bool = False) -> Iterator[Table]:
    """The visible sheets in order, with `hidden` all. Raises Invalid where the file can't be read or unpacks to too much."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    parts: dict[str, bytes] = {}
    if kind == "xlsx":
        parts = _unpack(data)
        data = _pack(parts)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            scans = {name: _scan(parts[part]) for name, part in _sheet_parts(parts).items() if part in parts}
            for about in book.sheets_metadata:
                shown = hidden or about.visible == SheetVisibleEnum.Visible
                if not shown or about.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_name(about.name)
                merged = list(sheet.merged_cell_ranges or [])
                yield Table(_lines(sheet), merged, scans.get(about.name, {}), about.name)
    except (CalamineError, ElementTree.ParseError, ValueError):
        refuse(_("The spreadsheet is damaged. Open it, save it as .xlsx and send that."), "broken-file")


def _lines(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    before = [""] * (sheet.start[1] if sheet.start else 0)  # the library leaves out empty columns on the left
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, before + cells


def _unpack(data: bytes) -> dict[str, bytes]:
    """The XML parts of a workbook. What a directory says of sizes is checked first, then held while reading."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
            _check_sizes(found)
            parts = {one.filename: _read(archive, one) for one in found if one.filename.endswith((".xml", ".rels"))}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        refuse(_("The spreadsheet is damaged. Open it, save it as .xlsx and send that."), "broken-file")
    if "xl/workbook.xml" not in parts:
        refuse(_("This is not an .xlsx file. Open it, save it as .xlsx or .csv and send that."), "not-a-spreadsheet")
    return parts


def _check_sizes(found: list[zipfile.ZipInfo]) -> None:
    total = sum(one.file_size for one in found)
    swollen = any(one.file_size > BIG_PART and one.file_size > MOST_RATIO * max(1, one.compress_size) for one in found)
    if total > MOST_UNPACKED or swollen or len(found) > MOST_PARTS:
        text = _(
            "The file unpacks to far more than a register holds. "
            "Delete empty rows, pictures and other sheets, or save the sheet as .csv."
        )
        refuse(text, "zip-bomb")


def _read(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    with archive.open(one) as part:
        return part.read(one.file_size)


def _pack(parts: dict[str, bytes]) -> bytes:
    """The same parts, unpressed: the library never inflates anything itself, whatever a forged directory says."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """Name of a sheet → its part."""
    if not parts:
        return {}
    links = ElementTree.fromstring(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"))  # noqa: S314 (bounded; expat limits entities)
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for one in ElementTree.fromstring(parts["xl/workbook.xml"]).iter():  # noqa: S314
        if one.tag.rpartition("}")[2] == "sheet":
            target = targets.get(one.get(RELATION) or one.get(STRICT_RELATION), "")
            found[one.get("name", "")] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    return found


def _scan(part: bytes) -> dict[tuple[int, int], str]:
    """Formulas without a value. Raises Invalid where a cell lies so far out that reading would fill the memory."""
    holes: dict[tuple[int, int], str] = {}
    last_row = last_column = 0
    at, waiting, kind = (0, 0), False, b""
    for token in _CELL.finditer(part):
        name, attributes, following = token.groups()
        if name == b"c":
            at, waiting = _place(attributes, at), False
            kind = found.group(1) if (found := _TYPE.search(attributes)) else b""
        elif name == b"f":
            # Until a value follows; an empty text is the stored value of a formula that gives one.
            waiting = kind != b"str"
            if waiting:
                holes[at] = "uncalculated"
        elif waiting and following:
            del holes[at]
            waiting = False
        if name in (b"v", b"is"):
            if kind == b"e":
                holes[at] = "error"
            last_row, last_column = max(last_row, at[0]), max(last_column, at[1])
            _check_reach(at, last_row, last_column)
    return holes


def _place(attributes: bytes, before: tuple[int, int]) -> tuple[int, int]:
    found = _REFERENCE.search(attributes)
    if not found:
        return before[0], before[1] + 1
    column = 0
    for letter in found.group(1):
        column = column * 26 + letter - 64
    return int(found.group(2)), column - 1


def _check_reach(at: tuple[int, int], last_row: int, last_column: int) -> None:
    if last_row * (last_column + 1) > MOST_CELLS:
        text = _(
            "Row %(row)s, column %(column)s: this cell lies far outside the table. Delete it and send the file again."
        )
        refuse(text % {"row": at[0], "column": column_letter(at[1])}, "far-cell")
