"""What the compiler says, taken apart: sheet, row and sentence."""

import re

from linli.surveys.rules.sheets import SURVEY, Book, Finding

_ROW = re.compile(r"^\[row : (\d+)\]\s*")
_SHEET = re.compile(r"[Oo]n the '(\w+)' sheet")
_COLUMN = re.compile(r"the '([\w:]+)' value")
_LANGUAGE = re.compile(r"Language '([^']+)' is missing the (\w+) ([\w, :-]+?) columns?\.")
# Said by our own checks already, or of no use to an author.
_KNOWN = ("has no label", "translations is missing", "translation is missing", "missing translations", "max-pixels")


def read_error(text: str, book: Book) -> Finding:
    return _read("compiler", text, book)


def read_warnings(text: str, book: Book) -> list[Finding]:
    """None for what is known already, several where one saying names several columns."""
    columns = _LANGUAGE.findall(text)
    if columns:
        return [
            Finding("column-not-translated", sheet, 1, "", {"language": language, "column": column})
            for language, sheet, names in columns
            for column in names.replace(" and ", ", ").split(", ")
        ]
    low = text.lower()
    return [] if any(known in low for known in _KNOWN) else [_read("compiler-note", text, book)]


def _read(code: str, text: str, book: Book) -> Finding:
    text = " ".join(text.split())
    row = int(found[1]) if (found := _ROW.match(text)) else 0
    text = _ROW.sub("", text)
    sheet = found[1] if (found := _SHEET.search(text)) else SURVEY if row else ""
    column = found[1].lower() if (found := _COLUMN.search(text)) else ""
    letter = book[sheet].letter(column) if sheet in book and column else ""
    return Finding(code, sheet, row, letter, {"text": text[:600]})
