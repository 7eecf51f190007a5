"""A workbook as plain text, and what its columns mean: `label::English (en)` is the column `label` in `English (en)`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
SHEETS = (SURVEY, CHOICES, SETTINGS, "external_choices", "entities", "osm")
ALIASES = {
    "caption": "label",
    "command": "type",
    "tag": "name",
    "value": "name",
    "relevance": "relevant",
    "calculate": "calculation",
    "readonly": "read_only",
    "constraining_message": "constraint_message",
    "requiredmsg": "required_message",
    "count": "repeat_count",
    "list name": "list_name",
    "form_title": "title",
    "set_form_title": "title",
    "set_form_id": "form_id",
    "id_string": "form_id",
    "media::image": "image",
    "media::audio": "audio",
    "media::video": "video",
    "media::big-image": "big-image",
    "bind::relevant": "relevant",
    "bind::required": "required",
    "bind::constraint": "constraint",
    "bind::calculate": "calculation",
    "bind::jr:constraintmsg": "constraint_message",
}
MEDIA = ("image", "big-image", "audio", "video")
_TWO_PARTS = re.compile(r"\s*::?\s*")


@dataclass(frozen=True)
class Finding:
    """Something wrong, or worth a look. Row and column as the author sees them (2, 'C'); 0 and '' for the whole."""

    code: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """A column: its letter, its header as written, its meaning and its language ('' for none)."""

    letter: str
    written: str
    name: str
    language: str = ""


@dataclass
class Line:
    """A row with the cells that are not empty, by header as written."""

    number: int
    cells: dict[str, str]


@dataclass
class SheetText:
    name: str
    heads: list[Head]
    lines: list[Line]

    def letter(self, *names: str) -> str:
        """Of the first column with one of these meanings; '' where there is none."""
        return next((one.letter for name in names for one in self.heads if one.name == name), "")

    def has(self, name: str) -> bool:
        return any(one.name == name for one in self.heads)

    def get(self, line: Line, name: str) -> str:
        """The first cell of a meaning, whatever its language."""
        return next(
            (line.cells[one.written] for one in self.heads if one.name == name and one.written in line.cells), ""
        )

    def texts(self, line: Line, name: str) -> dict[str, str]:
        """Language → text."""
        found = ((one.language, line.cells.get(one.written, "")) for one in self.heads if one.name == name)
        return {language: text for language, text in found if text}

    def used(self) -> Iterator[Line]:
        """Rows that say something and are not switched off."""
        for line in self.lines:
            if line.cells and self.get(line, "disabled").lower() not in ("yes", "true", "true()"):
                yield line


Book = dict[str, SheetText]


def read_head(written: str, letter: str) -> Head:
    """What a header means. Unknown ones keep their name."""
    plain = " ".join(written.split())
    low = plain.lower().replace(" ::", "::").replace(":: ", "::")
    for alias, name in ALIASES.items():
        if low == alias:
            return Head(letter, written, name)
        if "::" in alias and low.startswith(alias + "::"):
            return Head(letter, written, name, plain.rpartition("::")[2].strip())
    first, *rest = _TWO_PARTS.split(plain, maxsplit=1)
    name = ALIASES.get(first.lower(), first.lower().replace(" ", "_"))
    return Head(letter, written, name, rest[0] if rest else "")


def languages_of(book: Book) -> list[str]:
    """Of labels and hints, in the order of the columns."""
    found: dict[str, None] = {}
    for sheet in (book.get(SURVEY), book.get(CHOICES)):
        for head in sheet.heads if sheet else ():
            if head.name in ("label", "hint") and head.language:
                found[head.language] = None
    return list(found)
