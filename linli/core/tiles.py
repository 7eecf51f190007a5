"""The background of maps from a file of the deployment's own: an MBTiles database or a folder z/x/y.png. No map is ever
fetched from elsewhere. Without `LINLI_TILES` the background is plain."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from linli.core.errors import SetupError

# A picture says itself what it is; a vector tile, which no map here can draw, is none of these.
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
ENDINGS = ("png", "jpg", "jpeg", "webp")
MOST_ZOOM = 22


@dataclass(frozen=True)
class Tile:
    content: bytes
    kind: str


def find_tile(zoom: int, column: int, row: int) -> Tile | None:
    """One picture of the background, or None where the file holds none there. Rows count from the north."""
    path: Path | None = settings.TILES
    if path is None or not 0 <= zoom <= MOST_ZOOM or not (0 <= column < 2**zoom and 0 <= row < 2**zoom):
        return None
    content = _from_folder(path, zoom, column, row) if path.is_dir() else _from_database(path, zoom, column, row)
    kind = next((kind for start, kind in KINDS.items() if content and content.startswith(start)), None)
    return Tile(content, kind) if content and kind else None


def _from_folder(path: Path, zoom: int, column: int, row: int) -> bytes | None:
    for ending in ENDINGS:
        file = path / str(zoom) / str(column) / f"{row}.{ending}"
        if file.is_file():
            return file.read_bytes()
    return None


def _from_database(path: Path, zoom: int, column: int, row: int) -> bytes | None:
    """MBTiles counts its rows from the south."""
    try:
        with closing(_open(path)) as tiles:
            found = tiles.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (zoom, column, 2**zoom - 1 - row),
            ).fetchone()
    except sqlite3.Error:
        return None
    return bytes(found[0]) if found else None


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, timeout=5)


@cache
def _zooms(path: Path) -> tuple[int, int]:
    if path.is_dir():
        found = [int(one.name) for one in path.iterdir() if one.is_dir() and one.name.isdigit()]
        return (min(found), max(found)) if found else (0, 0)
    try:
        with closing(_open(path)) as tiles:
            low, high = tiles.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
    except sqlite3.Error:
        return 0, 0
    return low or 0, high or 0


def zooms() -> tuple[int, int] | None:
    """The zooms that the background holds pictures of; None where there is no background."""
    return _zooms(settings.TILES) if settings.TILES is not None else None


def check_tiles() -> None:
    """Raises SetupError, in words for the operator, where `LINLI_TILES` names what can't be shown."""
    path: Path | None = settings.TILES
    if path is None:
        return
    if not path.exists():
        raise SetupError(_("LINLI_TILES: there is nothing at %(path)s.") % {"path": path})
    if path.is_file():
        try:
            with closing(_open(path)) as tiles:
                found = tiles.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone()
        except sqlite3.Error:
            raise SetupError(_("LINLI_TILES: %(path)s is no MBTiles file.") % {"path": path}) from None
        if found and not any(bytes(found[0]).startswith(start) for start in KINDS):
            text = _("LINLI_TILES: %(path)s holds vector tiles. Make one with pictures (png, jpg, webp).")
            raise SetupError(text % {"path": path})
