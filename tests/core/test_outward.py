"""The one way out: what is refused, by which address, and when. Against real servers on this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from linli.core import outward
from linli.core.outward import OutwardError, check_url, fetch, guarded, is_outer


class Peer(BaseHTTPRequestHandler):
    """Answers by its path."""

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        elif self.path == "/flood":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x" * 10_000)
        elif self.path == "/trickle":
            self.send_response(200)
            self.end_headers()
            for _ in range(50):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        elif self.path == "/silent":
            time.sleep(1.5)
        else:
            self.send_response(200)
            self.send_header("Set-Cookie", "a=b")
            self.end_headers()
            self.wfile.write(b"here")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def peer() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def base(peer, settings) -> str:
    """The peer's address, allowed."""
    settings.INNER_HOSTS = [f"127.0.0.1:{peer.server_port}"]
    return f"http://127.0.0.1:{peer.server_port}"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.127.255.255", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "192.0.0.1", "198.18.0.1", "::1",
        "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "not an address", "",
    ],
)  # fmt: skip
def test_inner_addresses(address):
    assert not is_outer(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_outer_addresses(address):
    assert is_outer(address)


@pytest.mark.parametrize(
    "url",
    ["", "gateway", "ftp://example.org/", "file:///etc/passwd", "http://", "http://user@example.org/", "http://a:0/",
     "http://a:99999/", "http://a b/", "http://a/\nHost: b", "javascript:alert(1)", "http://[::1"],
)  # fmt: skip
def test_what_is_no_address(url):
    with pytest.raises(OutwardError) as caught:
        fetch(url)
    assert caught.value.code == outward.BAD_ADDRESS


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001"])
def test_an_inner_server_is_not_reached_however_it_is_written(peer, host):
    with pytest.raises(OutwardError) as caught:
        fetch(f"http://{host}:{peer.server_port}/")
    assert caught.value.code in {outward.INNER, outward.UNREACHABLE}
    assert peer.seen == []


def test_a_named_host_is_reached_on_its_port_only(base, peer, settings):
    answer = fetch(base + "/x")
    assert (answer.status, answer.body) == (200, b"here")
    settings.INNER_HOSTS = [f"127.0.0.1:{peer.server_port + 1}"]
    with pytest.raises(OutwardError) as caught:
        fetch(base + "/x")
    assert caught.value.code == outward.INNER


def test_a_name_that_answers_differently_the_second_time(peer, monkeypatch):
    """DNS rebinding: the check sees an outer address, the connection would go inside."""
    real, asked = socket.getaddrinfo, []

    def answers(host, port, *args, **kwargs):
        if host != "robot.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        where = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    url = f"http://robot.example:{peer.server_port}/"
    check_url(url)
    with pytest.raises(OutwardError) as caught:
        fetch(url)
    assert caught.value.code == outward.INNER
    assert peer.seen == []


def test_a_redirect_to_an_inner_address(base, peer):
    with pytest.raises(OutwardError) as caught:
        fetch(f"{base}/to/http://127.0.0.1:{peer.server_port + 1}/secret")
    assert caught.value.code == outward.INNER
    with pytest.raises(OutwardError) as caught:
        fetch(f"{base}/to/file:///etc/passwd")
    assert caught.value.code == outward.BAD_ADDRESS


def test_a_redirect_carries_no_secret_to_another_host(base, peer, settings):
    settings.INNER_HOSTS += [f"localhost:{peer.server_port}"]
    assert fetch(f"{base}/to/http://localhost:{peer.server_port}/y", headers={"Authorization": "s"}).status == 200
    first, second = peer.seen
    assert first[1]["Authorization"] == "s"
    assert "Authorization" not in second[1]
    assert fetch(f"{base}/z").status == 200
    assert "Cookie" not in peer.seen[-1][1]


def test_what_is_sent_is_never_sent_on(base, peer):
    with pytest.raises(OutwardError) as caught:
        fetch(f"{base}/to/{base}/y", method="POST", body=b"text")
    assert caught.value.code == outward.REDIRECTED
    assert len(peer.seen) == 1


def test_a_circle_of_redirects_ends(base):
    with pytest.raises(OutwardError) as caught:
        fetch(f"{base}/to//to//to//to//to/x")
    assert caught.value.code == outward.REDIRECTED


def test_floods_trickles_and_silence_end(base):
    with pytest.raises(OutwardError) as caught:
        fetch(base + "/flood", most_bytes=50_000)
    assert caught.value.code == outward.TOO_LARGE
    for path in ("/trickle", "/silent"):
        started = time.monotonic()
        with pytest.raises(OutwardError) as caught:
            fetch(base + path, timeout_s=0.4)
        assert caught.value.code == outward.TIMEOUT
        assert time.monotonic() - started < 1.4


def test_a_library_that_connects_by_itself_is_held_too(peer, settings):
    url = f"http://127.0.0.1:{peer.server_port}/"
    assert requests.get(url, timeout=2).status_code == 200
    with guarded() as watch, pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=2)
    assert watch.refused == ["127.0.0.1"]
    with guarded(), pytest.raises(OSError, match="inner address"):
        socket.create_connection(("localhost", peer.server_port))
    with guarded(), pytest.raises(OSError, match="refused"):
        socket.socket(socket.AF_UNIX).connect("/nowhere")
    settings.INNER_HOSTS = [f"localhost:{peer.server_port}"]
    with guarded():
        assert requests.get(url, timeout=2).status_code == 200


def test_the_whole_process_can_be_held(peer, monkeypatch):
    monkeypatch.setattr(outward, "_process", [])
    outward.guard_process()
    found = []

    def other_thread() -> None:
        try:
            requests.get(f"http://127.0.0.1:{peer.server_port}/", timeout=2)
        except requests.ConnectionError:
            found.append("refused")

    thread = threading.Thread(target=other_thread)
    thread.start()
    thread.join()
    assert found == ["refused"]


def test_a_form_learns_at_once(settings):
    with pytest.raises(OutwardError) as caught:
        check_url("https://169.254.169.254/latest/meta-data")
    assert caught.value.code == outward.INNER
    settings.INNER_HOSTS = ["10.0.0.5:8080"]
    check_url("http://10.0.0.5:8080/send")
