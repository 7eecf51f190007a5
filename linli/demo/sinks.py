"""Servers on this machine that take what a demonstration sends: SMS, robots' texts and e-mail. Nothing leaves the machine; what
arrived stands in a file of the demonstration's home, and on its page `/demo/sinks`.

They run in a process of their own (`python -m linli.demo.sinks`), which needs nothing of Linli but this file.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

FILE = "demo-arrived.jsonl"
MOST = 20_000_000  # bytes; then the file begins anew
READY_WITHIN_S = 20


@dataclass(frozen=True)
class Sinks:
    """Where the senders of a demonstration point."""

    http_port: int
    smtp_port: int

    @property
    def sms(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/sms"

    @property
    def robot(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/robot"

    @property
    def hosts(self) -> list[str]:
        return [f"127.0.0.1:{self.http_port}", f"127.0.0.1:{self.smtp_port}"]


@contextmanager
def opened(home: Path) -> Iterator[Sinks]:
    """Start them on free ports, and end them afterwards."""
    (home / FILE).unlink(missing_ok=True)
    sinks = Sinks(_free_port(), _free_port())
    command = [sys.executable, "-m", "linli.demo.sinks", str(home), str(sinks.http_port), str(sinks.smtp_port)]
    process = subprocess.Popen(command)  # noqa: S603  (our own command, no shell)
    try:
        _wait_for(sinks)
        yield sinks
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(sinks: Sinks) -> None:
    until = time.monotonic() + READY_WITHIN_S
    for port in (sinks.smtp_port, sinks.http_port):
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)


# What arrived ---------------------------------------------------------------------------------------------------------


def read_arrived(home: Path, most: int = 60, *, marks: Sequence[str] = ("",)) -> tuple[list[dict[str, str]], int]:
    """The last messages that hold one of these marks, the newest first, and how many there are."""
    count, last = 0, deque[str](maxlen=most)
    try:
        with (home / FILE).open(encoding="utf-8") as lines:
            for line in lines:
                if not any(mark in line for mark in marks):
                    continue
                count += 1
                last.append(line)
    except FileNotFoundError:
        return [], 0
    whole = [line for line in last if line.endswith("\n")]
    return [json.loads(line) for line in reversed(whole)], count


class Book:
    """Appends one line a message, mode 600."""

    def __init__(self, path: Path):
        self.path = path
        self.lock = threading.Lock()
        self.file = self._open()

    def _open(self) -> Any:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        return os.fdopen(handle, "w", encoding="utf-8")

    def write(self, channel: str, to: str, text: str) -> None:
        with self.lock:
            if self.file.tell() > MOST:
                self.file.close()
                self.file = self._open()
            self.file.write(json.dumps({"channel": channel, "to": to, "text": text}, ensure_ascii=False) + "\n")
            self.file.flush()


def handler(book: Book) -> type[BaseHTTPRequestHandler]:
    class Take(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            found = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            if self.path.startswith("/sms"):
                book.write("sms", str(found.get("phone", "")), str(found.get("text", "")))
            else:
                book.write("robot", self.path.partition("?")[2], str(found.get("markdown", {}).get("content", "")))
            body = json.dumps({"errcode": 0, "code": "0", "ref": str(found.get("ref", ""))}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing is printed."""

    return Take


class Mail:
    def __init__(self, book: Book):
        self.book = book

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        found: Any = message_from_bytes(envelope.content, policy=policy.default)
        plain = found.get_body(("plain",))
        self.book.write("email", ", ".join(envelope.rcpt_tos), plain.get_content() if plain else "")
        return "250 OK"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("http_port", type=int)
    parser.add_argument("smtp_port", type=int)
    given = parser.parse_args()
    parent, book = os.getppid(), Book(given.home / FILE)
    Controller(Mail(book), hostname="127.0.0.1", port=given.smtp_port).start()
    server = ThreadingHTTPServer(("127.0.0.1", given.http_port), handler(book))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while os.getppid() == parent:  # end with whoever started it
        time.sleep(1)


if __name__ == "__main__":
    main()
