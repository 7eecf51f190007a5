"""A premises sheet: grids, cells, estates, buildings, entrances, floors and rooms of one community, in any order of columns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.sheets import Sheet, column_letter, read_sheet, write_sheet
from linli.grid import actions, queries
from linli.grid.access import check_may
from linli.grid.actions import NewPlace, PremisesAdded, PremisesRow
from linli.grid.models import Place
from linli.grid.profile import kind_name, place_kinds, register_kind
from linli.grid.rules import PlaceKind

COLUMNS = {
    "estate": ("小区", "小区名称", "住宅小区", "estate", "compound", "housing estate"),
    "building": ("楼栋", "楼栋号", "楼号", "楼幢", "幢", "栋", "楼", "building", "block", "house"),
    "entrance": ("单元", "单元号", "单元门", "entrance", "unit", "stair", "staircase"),
    "floor": ("楼层", "层", "层数", "floor", "storey", "level"),
    "room": ("房号", "房间号", "房间", "室号", "室", "户号", "门牌号", "room", "flat", "door", "apartment"),
}
LONGEST = {"estate": 100, "building": 100, "entrance": 60, "room": 60}


@dataclass(frozen=True)
class RowError:
    """One thing wrong with one row: where it stands in the sheet, and why."""

    row: int
    column: str  # the letter above the sheet, or ''
    header: str
    reason: str

    def __str__(self) -> str:
        where = {"row": self.row, "column": f"{self.column} ({self.header})" if self.column else "-"}
        return _("Row %(row)s, column %(column)s: %(reason)s") % {**where, "reason": self.reason}


@dataclass
class PremisesImported:
    """What came in and what did not."""

    rows: int = 0
    good: int = 0
    places: int = 0
    added: PremisesAdded = field(default_factory=PremisesAdded)
    errors: list[RowError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    bad_rows: dict[int, list[str]] = field(default_factory=dict)

    def error_sheet(self) -> bytes:
        """The bad rows as they came, with the reasons behind them: to mend and send again."""
        reasons: dict[int, list[str]] = {}
        for error in self.errors:
            reasons.setdefault(error.row, []).append(str(error))
        numbers = {number: at for at, number in enumerate(sorted(self.bad_rows))}
        letters = {column_letter(at): at for at in range(len(self.headers))}
        rows = [[*self.bad_rows[number], "; ".join(reasons[number])] for number in numbers]
        marked = {(numbers[error.row], letters[error.column]) for error in self.errors if error.column in letters}
        return write_sheet([*self.headers, _("What is wrong")], rows, title=_("To mend"), marked=marked)


@dataclass
class _Line:
    """A good row on its way: the names of the places from the register down, then the premises."""

    number: int
    places: list[str]
    row: PremisesRow
    place: Place | None = None


def import_premises(
    *, actor: Actor, data: bytes, filename: str, register: Place, make_places: bool = False
) -> PremisesImported:
    """Bring the sheet in: good rows go in, bad ones are reported; sent again it adds nothing. Grids and cells that are not
    there are made with `make_places` only. Raises Invalid where the file as a whole can't be read."""
    check_may(actor, "places.edit", register)
    if register.kind != register_kind():
        text = _("%(place)s keeps no register: name a place of the kind %(kind)s.")
        raise Invalid(text % {"place": register.name, "kind": kind_name(register_kind())})
    kinds = _kinds_below()
    with transaction.atomic():
        columns = {kind.code: _headers_of(kind) for kind in kinds} | COLUMNS
        sheet = read_sheet(data, filename, columns=columns)
        if "building" not in sheet.columns:
            raise Invalid(_("The sheet has no column for the building."), code="no-header", fields={"file": "building"})
        done = PremisesImported(headers=sheet.headers)
        _Premises(actor, register, sheet, done, kinds).bring_in(make_places=make_places)
        done.notes += sheet.notes
        done.errors.sort(key=lambda error: (error.row, error.column))
    return done


def _kinds_below() -> list[PlaceKind]:
    kinds = list(place_kinds().values())
    return kinds[place_kinds()[register_kind()].depth + 1 :]


def _headers_of(kind: PlaceKind) -> tuple[str, ...]:
    chinese = (kind.zh, f"{kind.zh}名称", f"所属{kind.zh}", f"{kind.zh}编号")
    return (kind.code, kind.en, f"{kind.en} name", f"{kind.en} code", *chinese)


class _Premises:
    """One sheet for one community."""

    def __init__(self, actor: Actor, register: Place, sheet: Sheet, done: PremisesImported, kinds: list[PlaceKind]):
        self.actor, self.register, self.sheet, self.done, self.kinds = actor, register, sheet, done, kinds
        self.lines: list[_Line] = []
        self.texts: dict[int, list[str]] = {}

    def bring_in(self, *, make_places: bool) -> None:
        for number, texts in self.sheet.rows:
            self.done.rows += 1
            self.texts[number] = texts
            self._read(number, texts)
        self._find_places(make_places=make_places)
        self._drop_contradictions()
        self._drop_places_of_others()
        rows = [line.row if line.place is None else _at(line.row, line.place) for line in self.lines]
        if rows:
            self.done.added = actions.add_premises(actor=self.actor, register=self.register, rows=rows)
        self.done.good = len(rows)

    def _wrong(self, number: int, name: str, reason: str) -> None:
        at = self.sheet.columns.get(name)
        letter, header = ("", "") if at is None else (column_letter(at), self.sheet.headers[at])
        self.done.errors.append(RowError(number, letter, header, reason))
        self.done.bad_rows[number] = self.texts[number]

    def _read(self, number: int, texts: list[str]) -> None:
        cell: Callable[[str], str] = lambda name: (  # noqa: E731
            texts[self.sheet.columns[name]] if name in self.sheet.columns else ""
        )
        before = len(self.done.errors)
        for name, at in self.sheet.columns.items():
            reason = self.sheet.faults.get(number, {}).get(at)
            if reason:
                self._wrong(number, name, reason)
            elif len(texts[at]) > LONGEST.get(name, 100):
                self._wrong(number, name, _("at most %(most)s characters.") % {"most": LONGEST.get(name, 100)})
        if not cell("building") and len(self.done.errors) == before:
            self._wrong(number, "building", _("the building is missing."))
        floor = read_floor(cell("floor"))
        if floor is None and cell("floor"):
            self._wrong(number, "floor", _("this is no floor: write a number, such as 3 or -1."))
        if len(self.done.errors) == before:
            row = PremisesRow(cell("building"), cell("estate"), cell("entrance"), floor, cell("room"))
            self.lines.append(_Line(number, [cell(kind.code) for kind in self.kinds], row))

    def _find_places(self, *, make_places: bool) -> None:
        """Level by level from the register down; what is missing is made, or its rows are wrong."""
        below: dict[int, Place] = {line.number: self.register for line in self.lines}
        for level, kind in enumerate(self.kinds):
            known = _Known(self.actor, self.register, kind.code)
            if make_places:
                self._make_missing(kind, level, below, known)
            self.lines = [line for line in self.lines if self._step(line, kind, level, below, known)]
        for line in self.lines:
            found = below[line.number]
            line.place = None if found.pk == self.register.pk else found

    def _make_missing(self, kind: PlaceKind, level: int, below: dict[int, Place], known: "_Known") -> None:
        missing: dict[tuple[str, str], NewPlace] = {}
        for line in self.lines:
            above, text = below[line.number], line.places[level]
            fits = place_kinds()[above.kind].depth + 1 == kind.depth
            if text and fits and not known.find(text, above):
                missing[(above.code, text)] = NewPlace(parent=above.code, name=text, kind=kind.code)
        if missing:
            made = actions.add_places(actor=self.actor, places=list(missing.values()))
            self.done.places += len(made)
            known.add(made)

    def _step(self, line: _Line, kind: PlaceKind, level: int, below: dict[int, Place], known: "_Known") -> bool:
        text, above = line.places[level], below[line.number]
        if not text:
            return True
        found = known.find(text, above)
        if len(found) == 1:
            below[line.number] = found[0]
            return True
        names = {"kind": kind_name(kind.code), "name": text, "above": above.name}
        if found:
            reason = _("there are several places named %(name)s: fill in the place above as well, or use the code.")
        else:
            reason = _("%(kind)s %(name)s is not there in %(above)s: add it first, or check the name.")
        self._wrong(line.number, kind.code, reason % names)
        return False

    def _drop_contradictions(self) -> None:
        """One entrance, one place: the first row that names it counts."""
        first: dict[tuple[str, str, str], _Line] = {}
        kept = []
        for line in self.lines:
            said = first.setdefault(_door(line.row), line)
            if said.place == line.place:
                kept.append(line)
                continue
            text = _("row %(first)s puts the same entrance in %(place)s. An entrance stands in one place at a time.")
            names = {"first": said.number, "place": said.place.name if said.place else self.register.name}
            self._wrong(line.number, self._column_of_place(), text % names)
        self.lines = kept

    def _drop_places_of_others(self) -> None:
        doors = [(*_door(line.row), line.row.room) for line in self.lines]
        leaves = queries.find_dwellings(register=self.register, doors=doors).leaves
        names = {place.pk: place.name for place in queries.list_places_in(actor=self.actor, place=self.register)}
        kept = []
        for line in self.lines:
            holder = leaves.get(_door(line.row))
            if holder is None or line.place is None or holder == line.place.pk:
                kept.append(line)
                continue
            text = _("the entrance already stands in %(place)s. Move it on the page of the place.")
            self._wrong(line.number, self._column_of_place(), text % {"place": names.get(holder, "")})
        self.lines = kept

    def _column_of_place(self) -> str:
        return next((kind.code for kind in reversed(self.kinds) if kind.code in self.sheet.columns), "building")


class _Known:
    """The places of one kind in a community, by name and by code."""

    def __init__(self, actor: Actor, register: Place, kind: str):
        self.by_name: dict[str, list[Place]] = {}
        self.add([one for one in queries.list_places_in(actor=actor, place=register) if one.kind == kind])

    def add(self, places: list[Place]) -> None:
        for place in places:
            self.by_name.setdefault(place.name, []).append(place)
            if place.code != place.name:
                self.by_name.setdefault(place.code, []).append(place)

    def find(self, text: str, above: Place) -> list[Place]:
        return [place for place in self.by_name.get(text, ()) if place.path.startswith(above.path)]


def _at(row: PremisesRow, place: Place) -> PremisesRow:
    return PremisesRow(row.building, row.estate, row.entrance, row.floor, row.room, place.pk)


def _door(row: PremisesRow) -> tuple[str, str, str]:
    return (row.estate, row.building, row.entrance)


def read_floor(text: str) -> int | None:
    """'3', '3层', '3F', '-1', 'B1', '地下1层' → a number; None where it is none."""
    bare: Any = text.strip().upper().removesuffix("层").removesuffix("楼").removesuffix("F").strip()
    sign = 1
    for below in ("地下", "负", "B", "-"):
        if bare.startswith(below):
            bare, sign = bare.removeprefix(below), -1
            break
    return sign * int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 4 else None
