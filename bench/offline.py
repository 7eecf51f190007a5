"""The worker's phone: 500 knocks in one request against a bare insert, and what a page weighs and takes on a slow network."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench import Bench, Result
from tests.machine import find_chromium

SECRET = "only-for-the-benchmarks-" * 2
MOST_KB = 100.0
# Lighthouse's profile of a middling phone: "Slow 4G" and a processor four times as slow.
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER, LOADS = 4, 3
PAGES = {"My day": "/", "Today's doors": "/field/"}


def environment(home: Path) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    return env | {"LINLI_HOME": str(home), "LINLI_SECRET_KEY": SECRET}


def run(case: str, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench._offline", case]
    found = subprocess.run(command, env=environment(home), stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603
    if found.returncode:
        raise SystemExit(f"bench: the case {case} failed")
    return json.loads(found.stdout.splitlines()[-1])


def sync() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        raw = run("sync", Path(temporary))
    mine, bare = statistics.median(raw["linli_s"]), statistics.median(raw["bare_s"])
    few, many = raw["statements"]["5"], raw["statements"][str(raw["rows"])]
    return [
        Result(f"{raw['rows']} knocks in one request", mine, "s", "bare insert", bare, None, raw),
        Result(f"statements for {raw['rows']} knocks", many, "statements", "for 5", few, 1.0, raw["statements"]),
    ]


def page() -> list[Result]:
    chromium = find_chromium()
    if not chromium:
        print("no Chromium: the pages were not measured", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as temporary:
        home = Path(temporary)
        session = run("page", home)["session"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "linli", "serve", "--port", str(port)]
        server = subprocess.Popen(  # noqa: S603
            command, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            measured = look(chromium, f"http://127.0.0.1:{port}", session)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
    return [one for what, raw in measured.items() for one in results_of(what, raw)]


def results_of(what: str, raw: list[dict[str, Any]]) -> list[Result]:
    weight, paint = statistics.median(one["kb"] for one in raw), statistics.median(one["paint_s"] for one in raw)
    return [
        Result(f"{what}: script and style, compressed", weight, "kB", "limit", None, MOST_KB, {"loads": raw}),
        Result(f"{what}: first contentful paint, slow 4G, processor 4× slower", paint, "s"),
    ]


def wait_for(address: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urlopen(address, timeout=2).close()  # noqa: S310
            return
        except (URLError, OSError):
            if time.monotonic() > end:
                raise SystemExit("bench: the server did not start") from None
            time.sleep(0.3)


def look(chromium: str, url: str, session: str) -> dict[str, list[dict[str, Any]]]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        found = {what: [load(browser, url, path, session) for _ in range(LOADS)] for what, path in PAGES.items()}
        browser.close()
    return found


def load(browser: Any, url: str, path: str, session: str) -> dict[str, Any]:
    """One page with an empty cache: bytes on the wire of scripts and styles, and the first paint with content."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=url, service_workers="block")
    context.add_cookies([{"name": "linli", "value": session, "url": url}])
    page = context.new_page()
    line, kinds, sizes = context.new_cdp_session(page), {}, {}
    line.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    line.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", NETWORK)
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(path, wait_until="networkidle", timeout=60_000)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    light = sum(size for key, size in sizes.items() if kinds.get(key) in {"Script", "Stylesheet"})
    return {"kb": light / 1000, "all_kb": sum(sizes.values()) / 1000, "paint_s": paint / 1000}


BENCHES = [
    Bench("offline: 500 knocks", sync),
    Bench("offline: a worker's page", page),
]
