"""The processes of one machine: granian answers pages and API, one worker runs what the clock and the events start.

The command `linli serve` is their parent. They end with it, also when it is killed: each looks whether its parent is
still there.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import connection, connections

from linli.core import jobs
from linli.core.errors import SetupError
from linli.core.logs import log
from linli.core.metrics import SHARED

APPLICATION = "linli.config.wsgi:application"
GRACE_S = 10
READY_WITHIN_S = 60
RESTART_AFTER_S = 2.0


def default_workers() -> int:
    """SQLite has one writer and gains nothing from more processes; PostgreSQL gets one for each processor, up to four."""
    return 1 if connection.vendor == "sqlite" else min(4, os.cpu_count() or 1)


def check_free(host: str, port: int) -> None:
    """Raises SetupError where the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SetupError(f"{host}:{port} can't be used ({error.strerror}): choose another with --port") from None


def run(
    *, host: str, port: int, workers: int, threads: int, with_worker: bool, announce: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT. `announce` gets the address once the first page answers."""
    check_free(host, port)
    stop = threading.Event()
    shared = _share_metrics()
    connections.close_all()  # processes that are forked must not share one connection
    helpers = [threading.Thread(target=_announce_when_ready, args=(host, port, stop, announce), daemon=True)]
    if with_worker:
        helpers.append(threading.Thread(target=_keep_worker, args=(stop,), daemon=False))
    for helper in helpers:
        helper.start()
    try:
        _answer(host, port, workers, threads)
    finally:
        stop.set()
        for helper in helpers[1:]:
            helper.join(GRACE_S + 5)
        if shared:
            shutil.rmtree(shared, ignore_errors=True)


def _share_metrics() -> str:
    """A folder in which the processes put their figures together; '' where nobody asks for any."""
    if not settings.METRICS_TOKEN:
        return ""
    os.environ[SHARED] = tempfile.mkdtemp(prefix="linli-metrics-")
    return os.environ[SHARED]


def _answer(host: str, port: int, workers: int, threads: int) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    parent = os.getpid()

    def load() -> Any:
        """In each new process: end with the parent, then the application."""
        end_with(parent)
        from django.urls import get_resolver

        from linli.config.wsgi import application

        _ = get_resolver().url_patterns  # every room's pages are read now, not in the first visitor's time
        return application

    server = Server(
        APPLICATION,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        blocking_threads=threads,
        backpressure=max(64, threads * 8),
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_S,
        log_level=LogLevels.error,  # its warnings are advice on threads
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "level": "ERROR", "propagate": True}}},
    )
    server.serve(target_loader=load, wrap_loader=False)


def end_with(parent: int) -> None:
    """End this process soon after its parent is gone, however that went."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _keep_worker(stop: threading.Event) -> None:
    """Start the worker process, and start it again where it failed."""
    command = [sys.executable, "-m", "linli", "--home", str(settings.HOME), "worker", "--parent", str(os.getpid())]
    while not stop.is_set():
        process = subprocess.Popen(command)  # noqa: S603  (our own command, no shell)
        while process.poll() is None and not stop.is_set():
            stop.wait(0.2)
        if stop.is_set():
            _end(process)
            return
        log.error("worker_ended", code=process.returncode)
        stop.wait(RESTART_AFTER_S)


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _announce_when_ready(host: str, port: int, stop: threading.Event, announce: Callable[[str], None]) -> None:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    until = time.monotonic() + READY_WITHIN_S
    while not stop.is_set() and time.monotonic() < until:
        if _answers(name, port):
            announce(f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}")
            return
        stop.wait(0.1)


def _answers(name: str, port: int) -> bool:
    """Any answer below 500 counts: the health page refuses a name that is not among LINLI_HOSTS."""
    link = http.client.HTTPConnection(name, port, timeout=5)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status < 500
    except OSError:
        return False
    finally:
        link.close()


def work(*, parent: int = 0) -> None:
    """Be a worker until SIGTERM or SIGINT: events as they come, jobs as they fall due."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_args: stop.set())
    if parent:
        end_with(parent)
    jobs.work(stop)
