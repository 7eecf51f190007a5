"""CAP documents in plain sight, and a real server on this machine that hands them out."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from linli.alerts import actions as alert_actions
from linli.alerts.actions import Notice
from linli.config.wiring import wire
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.exchange import actions
from linli.exchange.rules.cap import Area, Info, Message
from linli.exchange.rules.writing import FeedEntry, write_feed, write_message

STREET, COMMUNITY = "360103001", "360103001001"


def make_message(identifier="CMA-1", *, codes=(STREET,), **more):
    """A red rainstorm warning for the whole street, by a weather service."""
    now = clock.now().replace(microsecond=0)
    areas = (Area(desc="南浦街道", geocodes=tuple(("division-code", code) for code in codes)),)
    common = {
        "event": "暴雨",
        "urgency": "Immediate",
        "severity": "Extreme",
        "certainty": "Likely",
        "categories": ("Met",),
        "expires": now + timedelta(hours=6),
        "areas": areas,
    }
    infos = (
        Info(
            language="zh-CN",
            headline="暴雨红色预警",
            description="未来3小时有特大暴雨。",
            instruction="请勿外出。",
            **common,
        ),
        Info(language="en-US", headline="Red rainstorm warning", description="Extreme rain within 3 hours.", **common),
    )
    given: dict[str, Any] = {"sender": "weather@example.org", "sent": now, "infos": infos} | more
    return Message(identifier=identifier, **given)


@pytest.fixture(autouse=True)
def wired():
    """Who listens to what: without listeners a fact is not even written."""
    wire()


@dataclass
class Peer:
    """What the server answers at which address: (status, headers, body). It remembers what it was asked."""

    address: str = ""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path, body, *, status=200, **headers):
        self.answers[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)

    def put_feed(self, *messages, etag=""):
        """A feed of these messages, each behind its own address."""
        entries = []
        for one in messages:
            path = f"/cap/{one.identifier}.xml"
            self.put(path, write_message(one))
            entries.append(FeedEntry(one.identifier, "t", "s", self.address + path, one.sent, one.sent))
        feed = write_feed(
            key="urn:feed",
            title="t",
            author="a",
            address=self.address,
            language="zh",
            updated=clock.now(),
            entries=entries,
        )
        self.put("/feed.xml", feed, **({"ETag": etag} if etag else {}))

    def paths(self):
        return [path for path, _headers in self.asked]


@pytest.fixture
def peer(settings):
    """A real server; the deployment's list allows it, for it stands inside."""
    found = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found.asked.append((self.path, dict(self.headers)))
            status, headers, body = found.answers.get(self.path, (404, {}, b"nothing"))
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.address = f"http://127.0.0.1:{server.server_port}"
    settings.INNER_HOSTS = [f"127.0.0.1:{server.server_port}"]
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def add_feed(cast, peer):
    def add(path="/feed.xml", *, place=STREET, **more):
        given = {"name": "市气象台", "address": peer.address + path, "kind": "atom", "place": cast.place(place)} | more
        return actions.add_feed(actor=SYSTEM, values=actions.FeedValues(**given))

    return add


@pytest.fixture
def take(cast):
    """`take(message)`: it comes in, as a file for the street, and gives its first row."""

    def go(message=None, *, place=STREET):
        document = message if isinstance(message, bytes) else write_message(message or make_message())
        return actions.take_in(actor=SYSTEM, document=document, place=cast.place(place))[0]

    return go


@pytest.fixture
def issued(cast):
    def issue(username="chen", *codes, **more):
        given = {
            "texts": {
                "zh-hans": {"headline": "停水通知", "body": "今晚停水。"},
                "en": {"headline": "No water tonight", "body": "Fill a bucket."},
            },
            "urgency": "expected",
            "places": [cast.place(code) for code in codes or [STREET]],
        }
        notice = Notice(**(given | more))
        return alert_actions.issue_alert(actor=cast.actor(username), alert_id=uuid4(), notice=notice)

    return issue
