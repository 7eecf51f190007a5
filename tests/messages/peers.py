"""Real servers on this machine in the place of providers: they answer as they are told, and keep what arrived."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Arrived:
    path: str
    headers: dict[str, str]
    body: bytes
    client: Any = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Provider:
    """`answer` gets what arrived and gives status, object and headers."""

    url: str = ""
    host: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    answer: Callable[[Arrived], tuple[int, Any, dict[str, str]]] = lambda _one: (200, {"errcode": 0, "code": 0}, {})
    delay_s: float = 0


@contextmanager
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            one = Arrived(self.path, dict(self.headers), body, self.client_address)
            made.arrived.append(one)
            status, content, headers = made.answer(one)
            time.sleep(made.delay_s)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.host = f"127.0.0.1:{server.server_port}"
    made.url = f"http://{made.host}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class MailServer:
    port: int = 0
    arrived: list[Any] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # recipient → answer

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  (aiosmtpd's name)
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.arrived.append(envelope)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    made = MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made.port = free.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()
