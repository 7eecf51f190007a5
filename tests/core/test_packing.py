"""Scripts and styles are compressed for who takes them so, and nothing else is."""

import gzip

import pytest

FILE = "/static/linli/linli.css"


@pytest.mark.django_db
def test_a_style_goes_compressed_and_is_the_same(client):
    plain = b"".join(client.get(FILE))
    for _again in range(2):
        packed = client.get(FILE, headers={"accept-encoding": "br, gzip"})
        assert packed["Content-Encoding"] == "gzip"
        assert packed["Vary"] == "Accept-Encoding"
        assert packed["Content-Type"].startswith("text/css")
        assert packed["Cache-Control"]
        assert gzip.decompress(packed.content) == plain
        assert len(packed.content) < len(plain) / 2


@pytest.mark.django_db
def test_pages_and_pictures_do_not(client):
    for path in ("/sign-in", "/static/linli/mark-192.png", "/static/none.css"):
        got = client.get(path, headers={"accept-encoding": "gzip"})
        assert "Content-Encoding" not in got.headers, path


@pytest.mark.django_db
def test_an_unchanged_file_is_not_sent_again(client):
    first = client.get(FILE, headers={"accept-encoding": "gzip"})
    again = client.get(FILE, headers={"accept-encoding": "gzip", "if-modified-since": first["Last-Modified"]})
    assert again.status_code == 304
