"""What authors get wrong most often, found in the whole workbook at once, before it is compiled."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from linli.surveys.rules.sheets import (
    CHOICES,
    MEDIA,
    SETTINGS,
    SHEETS,
    SURVEY,
    Book,
    Finding,
    Line,
    SheetText,
    languages_of,
)
from linli.surveys.rules.states import FORM_ID, LONGEST_ID, LONGEST_TITLE, LONGEST_VERSION, VERSION
from linli.surveys.rules.types import ORDINARY, SELECTS, SILENT, Type, read_type

# XML's own rule for names, without the colon and without À to Ö, which the compiler refuses.
_FIRST = (
    "A-Z_a-z\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
NAME = re.compile(f"[{_FIRST}][{_FIRST}0-9.\u00b7\u0300-\u036f\u203f-\u2040-]*")
REFERENCE = re.compile(r"\$\{([^{}$]*)\}")
RESERVED = {"meta"}
REFERRING = {
    "label", "hint", "guidance_hint", "relevant", "constraint", "constraint_message", "required", "required_message",
    "calculation", "choice_filter", "repeat_count", "default", "trigger", "read_only", "parameters", "instance_name", *MEDIA,
}  # fmt: skip
SETTINGS_TYPES = {"form_title", "set_form_title", "form_id", "set_form_id"}  # settings written among the questions


@dataclass
class Open:
    """A group or repeat that was begun, with the names in it."""

    type: Type
    name: str
    row: int
    names: dict[str, int] = field(default_factory=dict)


def check_book(book: Book) -> tuple[list[Finding], list[Finding]]:
    """Errors and warnings, in the order of sheets and rows."""
    survey = book.get(SURVEY)
    if survey is None:
        return [Finding("no-survey", SURVEY)], []
    lacking = [Finding("no-column", SURVEY, 1, "", {"name": name}) for name in ("type", "name") if not survey.has(name)]
    if lacking:
        return lacking, []
    lines = list(survey.used())
    if not lines:
        return [Finding("no-questions", SURVEY, 2)], []
    lists, wrong = _read_lists(book)
    wrong = [*_check_rows(survey, lines, lists), *_check_balance(survey, lines), *wrong, *_check_settings(book)]
    wrong += _check_references(book, {survey.get(line, "name") for line in lines})
    wrong.sort(key=lambda one: (SHEETS.index(one.sheet), one.row, len(one.column), one.column))
    return wrong, list(_warn(book, lines, set(lists)))


def _read_lists(book: Book) -> tuple[dict[str, dict[str, int]], list[Finding]]:
    """List → names of its choices, and what is wrong with them."""
    sheet = book.get(CHOICES)
    lists: dict[str, dict[str, int]] = {}
    wrong: list[Finding] = []
    if sheet is None or not any(line.cells for line in sheet.lines):
        return {}, []
    lacking = [one for one in ("list_name", "name") if not sheet.has(one)]
    if lacking:
        return {}, [Finding("no-column", CHOICES, 1, "", {"name": one}) for one in lacking]
    doubles = "settings" in book and _setting(book, "allow_choice_duplicates")[0].lower() in ("yes", "true")
    for line in sheet.used():
        name, list_name = sheet.get(line, "name"), sheet.get(line, "list_name")
        if not list_name:
            wrong.append(Finding("choice-no-list", CHOICES, line.number, sheet.letter("list_name")))
            continue
        seen = lists.setdefault(list_name, {})
        if not name:
            wrong.append(Finding("choice-no-name", CHOICES, line.number, sheet.letter("name"), {"list": list_name}))
        elif name in seen and not doubles:
            values = {"name": name, "list": list_name, "row": str(seen[name])}
            wrong.append(Finding("choice-twice", CHOICES, line.number, sheet.letter("name"), values))
        elif re.search(r"\s", name):
            wrong.append(Finding("choice-spaces", CHOICES, line.number, sheet.letter("name"), {"name": name}))
        seen.setdefault(name, line.number)
    return lists, wrong


def _check_rows(survey: SheetText, lines: list[Line], lists: dict[str, dict[str, int]]) -> Iterator[Finding]:
    for line in lines:
        written, name = survey.get(line, "type"), survey.get(line, "name")
        if not written:
            if name or survey.texts(line, "label"):
                yield Finding("no-type", SURVEY, line.number, survey.letter("type"))
            continue
        kind = read_type(written)
        yield from _check_type(survey, line, kind, lists)
        if kind.kind == "end" or written in SETTINGS_TYPES:
            continue
        if not name:
            if kind.name not in ("note", "audit"):
                yield Finding("no-name", SURVEY, line.number, survey.letter("name"))
        elif not NAME.fullmatch(name) or name.lower() in RESERVED:
            yield Finding("bad-name", SURVEY, line.number, survey.letter("name"), {"name": name})
        if kind.kind in ("ordinary", "select") and not _says_something(survey, line):
            yield Finding("no-label", SURVEY, line.number, survey.letter("label"), {"name": name})


def _says_something(survey: SheetText, line: Line) -> bool:
    """A label, or else a hint or a picture; what is computed or stands in a table needs none."""
    told = ("label", "hint", "guidance_hint", "calculation", *MEDIA)
    return any(survey.get(line, name) for name in told) or "nolabel" in survey.get(line, "appearance")


def _check_type(survey: SheetText, line: Line, kind: Type, lists: dict[str, dict[str, int]]) -> Iterator[Finding]:
    column = survey.letter("type")
    if kind.kind == "" and survey.get(line, "type") not in SETTINGS_TYPES:
        known = [*ORDINARY, *SILENT, *SELECTS, "begin_group", "end_group", "begin_repeat", "end_repeat"]
        near = get_close_matches(kind.name.split(" ")[0], known, n=1)
        code = "unknown-type-near" if near else "unknown-type"
        yield Finding(code, SURVEY, line.number, column, {"type": kind.name, "near": "".join(near)})
    if kind.kind != "select" or "search(" in survey.get(line, "appearance") or "_external" in survey.get(line, "type"):
        return
    if not kind.list_name:
        yield Finding("no-list", SURVEY, line.number, column)
    elif kind.from_file:
        if not kind.list_name.lower().endswith((".csv", ".xml", ".geojson")):
            yield Finding("bad-list-file", SURVEY, line.number, column, {"file": kind.list_name})
    elif kind.list_name not in lists and not kind.list_name.startswith("${"):
        yield Finding("unknown-list", SURVEY, line.number, column, {"list": kind.list_name})


def _check_balance(survey: SheetText, lines: list[Line]) -> Iterator[Finding]:
    """Groups and repeats that are not closed, or closed but never begun; a name that stands twice in its group."""
    stack = [Open(Type("begin", ""), "", 0)]
    type_column, name_column = survey.letter("type"), survey.letter("name")
    for line in lines:
        kind, name = read_type(survey.get(line, "type")), survey.get(line, "name")
        if kind.kind == "end":
            if len(stack) == 1:
                yield Finding("end-alone", SURVEY, line.number, type_column, {"type": kind.name})
                continue
            last = stack[-1]
            if last.type.name != kind.name:
                values = {"type": kind.name, "begun": last.type.name, "name": last.name, "row": str(last.row)}
                yield Finding("end-other", SURVEY, line.number, type_column, values)
            stack.pop()
            continue
        names = stack[-1].names
        if name and name in names:
            values = {"name": name, "row": str(names[name])}
            yield Finding("name-twice", SURVEY, line.number, name_column, values)
        elif name:
            names[name] = line.number
        if kind.kind == "begin":
            stack.append(Open(kind, name, line.number))
    for left in stack[1:]:
        yield Finding("never-ended", SURVEY, left.row, type_column, {"type": left.type.name, "name": left.name})


def _check_references(book: Book, names: set[str]) -> Iterator[Finding]:
    for sheet in (book[name] for name in (SURVEY, CHOICES, SETTINGS) if name in book):
        for line in sheet.used():
            for head in sheet.heads:
                if head.name in REFERRING:
                    yield from _unknown_names(sheet, line, head.letter, line.cells.get(head.written, ""), names)


def _unknown_names(sheet: SheetText, line: Line, column: str, text: str, names: set[str]) -> Iterator[Finding]:
    for found in dict.fromkeys(REFERENCE.findall(text)):
        wanted = found.strip().removeprefix("last-saved#")
        if wanted not in names:
            near = get_close_matches(wanted, names, n=1)
            code = "unknown-reference-near" if near else "unknown-reference"
            yield Finding(code, sheet.name, line.number, column, {"name": wanted, "near": "".join(near)})


def _setting(book: Book, name: str) -> tuple[str, int, str]:
    """A setting with its row and column."""
    sheet = book.get(SETTINGS)
    line = next(sheet.used(), None) if sheet else None
    return (sheet.get(line, name), line.number, sheet.letter(name)) if sheet and line else ("", 0, "")


def read_settings(book: Book) -> dict[str, str]:
    return {name: _setting(book, name)[0] for name in ("form_id", "version", "title", "default_language", "name")}


def where_is(book: Book, name: str) -> tuple[str, int, str]:
    """Sheet, row and column of a setting, for a finding."""
    _value, row, column = _setting(book, name)
    return (SETTINGS, row or 2, column)


def _check_settings(book: Book) -> Iterator[Finding]:
    form_id, row, column = _setting(book, "form_id")
    if form_id and (not FORM_ID.fullmatch(form_id) or len(form_id) > LONGEST_ID):
        yield Finding("bad-form-id", SETTINGS, row, column, {"form_id": form_id, "most": str(LONGEST_ID)})
    version, row, column = _setting(book, "version")
    if version and (not VERSION.fullmatch(version) or len(version) > LONGEST_VERSION):
        yield Finding("bad-version", SETTINGS, row, column, {"version": version, "most": str(LONGEST_VERSION)})
    title, row, column = _setting(book, "title")
    if len(title) > LONGEST_TITLE:
        yield Finding("long-title", SETTINGS, row, column, {"most": str(LONGEST_TITLE)})
    name, row, column = _setting(book, "name")
    if name and not NAME.fullmatch(name):
        yield Finding("bad-name", SETTINGS, row, column, {"name": name})


def _warn(book: Book, lines: list[Line], lists: set[str]) -> Iterator[Finding]:
    """What compiles but is probably not meant: a text that lacks in one language, a list that nobody asks."""
    survey, languages = book[SURVEY], languages_of(book)
    for sheet, rows in ((survey, lines), (book.get(CHOICES), None)):
        for line in rows if rows is not None else sheet.used() if sheet else ():
            texts = sheet.texts(line, "label") if sheet else {}
            for language in languages:
                if sheet and texts and language not in texts:
                    column = next((one.letter for one in sheet.heads if one.language == language), "")
                    yield Finding("not-translated", sheet.name, line.number, column, {"language": language})
            if sheet is not survey and sheet and not texts and not any(sheet.get(line, one) for one in MEDIA):
                yield Finding("choice-no-label", CHOICES, line.number, sheet.letter("label"))
    asked = {read_type(survey.get(line, "type")).list_name for line in lines}
    told = " ".join(text for line in lines for text in line.cells.values())
    for name in sorted(lists - asked):
        if name not in told:
            yield Finding("unused-list", CHOICES, 0, "", {"list": name})
