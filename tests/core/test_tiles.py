"""The background of maps comes from a file of one's own, and from nowhere else."""

import sqlite3

import pytest
from django.urls import reverse

from linli.core import tiles
from linli.core.errors import SetupError

PNG, JPEG, VECTOR = b"\x89PNG\r\n\x1a\n-one", b"\xff\xd8\xff-two", b"\x1f\x8b-vector"


def mbtiles(path, rows):
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    return path


@pytest.fixture
def background(settings, tmp_path):
    """An MBTiles file with two pictures; its rows count from the south."""
    settings.TILES = mbtiles(tmp_path / "street map #1.mbtiles", [(1, 0, 0, PNG), (2, 3, 1, JPEG), (2, 0, 0, VECTOR)])
    tiles._zooms.cache_clear()
    return settings.TILES


def test_a_picture_of_the_file_is_served_to_whoever_is_signed_in(cast, sign_in, background, client):
    address = reverse("map-tile", args=[1, 0, 1])
    assert client.get(address).status_code == 302
    found = sign_in("sun").get(address)
    assert (found.content, found["Content-Type"]) == (PNG, "image/png")
    assert sign_in("sun").get(reverse("map-tile", args=[2, 3, 2])).content == JPEG


@pytest.mark.parametrize("at", [(1, 0, 0), (2, 0, 3), (9, 9, 9), (99, 0, 0), (1, 2, 0), (1, 0, 10**12)])
def test_where_there_is_no_picture_the_map_stays_plain(cast, sign_in, background, at):
    assert sign_in("sun").get(reverse("map-tile", args=at)).status_code == 204


def test_a_folder_does_too(settings, tmp_path):
    settings.TILES = tmp_path
    tiles._zooms.cache_clear()
    (tmp_path / "3" / "5").mkdir(parents=True)
    (tmp_path / "3" / "5" / "6.jpg").write_bytes(JPEG)
    assert tiles.find_tile(3, 5, 6) == tiles.Tile(JPEG, "image/jpeg")
    assert tiles.find_tile(3, 5, 7) is None
    assert tiles.zooms() == (3, 3)
    tiles.check_tiles()


def test_the_frame_names_file_and_maker(cast, sign_in, settings, background):
    settings.TILES_ATTRIBUTION = "© <b>Survey</b>"
    text = sign_in("wang").get("/map/").content.decode()
    assert 'data-tiles="/map/tiles/{z}/{x}/{y}" data-least="1" data-most="2"' in text
    assert 'data-attribution="© &lt;b&gt;Survey&lt;/b&gt;"' in text


def test_without_a_file_no_picture_is_asked_for(cast, sign_in):
    assert "data-tiles" not in sign_in("wang").get("/map/").content.decode()


def test_an_operator_is_told_what_can_not_be_shown(settings, tmp_path, background):
    tiles.check_tiles()
    settings.TILES = tmp_path / "missing"
    with pytest.raises(SetupError, match="missing"):
        tiles.check_tiles()
    settings.TILES = tmp_path / "text"
    settings.TILES.write_text("no database")
    with pytest.raises(SetupError, match="MBTiles"):
        tiles.check_tiles()
    assert tiles.zooms() == (0, 0)
    assert tiles.find_tile(0, 0, 0) is None
    settings.TILES = mbtiles(tmp_path / "vector.mbtiles", [(0, 0, 0, VECTOR)])
    with pytest.raises(SetupError, match="vector"):
        tiles.check_tiles()
