"""The pictures of the documentation, taken from the demonstration itself: `make screenshots`."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import FLAGS
from tests.machine import find_chromium

FOLDER = os.environ.get("LINLI_SCREENSHOTS", "")
SPEED = 20  # shown seconds in each real one
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demonstration whose hour has just begun."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LINLI_", "PYTEST_", "DJANGO_"))}
    home = tmp_path_factory.mktemp("demo") / "home"
    command = [sys.executable, "-m", "linli", "demo", "--home", str(home), "--port", str(port), "--speed", str(SPEED)]
    process = subprocess.Popen(command, env=clean)  # noqa: S603
    address = f"http://127.0.0.1:{port}"
    for _try in range(300):
        with suppress(OSError), urllib.request.urlopen(f"{address}/healthz") as answer:  # noqa: S310
            if answer.status == 200:
                break
        time.sleep(1)
    yield address
    process.send_signal(signal.SIGTERM)
    process.wait(60)


class Camera:
    """Windows of the demonstration, and pictures of them in the folder."""

    def __init__(self, browser: Any, address: str):
        self.browser, self.address = browser, address

    def open(self, username: str, language: str, width: int, height: int = 900) -> Any:
        context = self.browser.new_context(viewport={"width": width, "height": height}, base_url=self.address)
        context.add_cookies([{"name": "linli_language", "value": language, "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto("/demo/")
        if username:
            page.locator(f"form:has(input[value='{username}']) button").click()
            page.wait_for_url(lambda url: "/demo/" not in url)
        return page

    def take(self, page: Any, name: str) -> None:
        page.evaluate("document.fonts.ready")
        path = Path(FOLDER) / f"{name}.png"
        path.write_bytes(pack(page.screenshot(animations="disabled")))


def pack(png: bytes) -> bytes:
    """The same picture, pressed as hard as it goes."""
    at, chunks, pixels = 8, [], b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + size]
        if kind == b"IDAT":
            pixels += content
        else:
            chunks.append((kind, content))
        at += 12 + size
    chunks.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(pixels), 9)))
    packed = [
        struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return min(png[:8] + b"".join(packed), png, key=len)


def wait_until(page: Any, share: int) -> None:
    """Until the picture shows that so many of a hundred households are reached."""
    for _try in range(240):
        text = page.locator(".headline-bar").first.inner_text()
        if int("".join(sign for sign in text.split("%")[0].split()[-1] if sign.isdigit()) or 0) >= share:
            return
        page.wait_for_timeout(1_000)


def take_paper(camera: Camera, picture: str) -> None:
    desk = camera.open("li", "zh-hans", 1280)
    desk.goto(f"{picture}/paper")
    desk.locator("form:has(input[value=doors]) button").last.click()
    desk.wait_for_url("**/paper/*")
    camera.take(desk, "paper-zh")
    desk.goto(f"{desk.url}/type")
    for line in ("1 1", "2 2"):
        desk.locator("#quick").fill(line)
        desk.locator("#quick").press("Enter")
    camera.take(desk, "paper-typed-zh")


def take_drills_and_boundaries(camera: Camera) -> None:
    desk = camera.open("chen", "en", 1280)
    desk.goto("/drills/")
    desk.locator("main ul.rows a").last.click()  # yesterday's, which is scored
    desk.locator("#score").wait_for()
    camera.take(desk, "drill")
    secretary = camera.open("wang", "en", 1280)
    secretary.goto("/boundaries/split/360103001001-2")
    secretary.locator("main form").first.wait_for()
    camera.take(secretary, "redrawing")


def test_screenshots(demonstration: str):
    playwright = pytest.importorskip("playwright.sync_api")
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        camera = Camera(browser, demonstration)
        early = camera.open("", "en", 1280)
        for _try in range(60):
            early.goto("/demo/")
            if early.locator("a[href^='/l/']").count():
                break
            early.wait_for_timeout(1_000)
        camera.take(early, "cast")
        resident = camera.open("", "zh-hans", 390, 844)
        resident.locator("a[href^='/l/']").first.click()
        resident.locator("form[action$='/confirm'] button").first.wait_for()
        camera.take(resident, "resident-zh")

        officer = camera.open("chen", "en", 1280)
        picture = officer.url
        wait_until(officer, 45)
        camera.take(officer, "picture")
        chinese = camera.open("chen", "zh-hans", 1280)
        camera.take(chinese, "picture-zh")
        wait_until(officer, 75)
        leader = camera.open("zhou", "zh-hans", 390, 844)
        camera.take(leader, "my-day-phone-zh")
        leader.goto(f"{picture}/doors/360103001001-1-1")
        camera.take(leader, "doors-phone-zh")
        leader.goto("/field/")
        leader.locator(".door-row").first.wait_for()
        camera.take(leader, "field-phone-zh")
        take_paper(camera, picture)
        officer.goto(f"{picture}/places/360103001001")
        camera.take(officer, "community")
        officer.goto(f"{picture}/map")
        officer.locator(".map-label b").first.wait_for()
        camera.take(officer, "map")
        administrator = camera.open("li", "zh-hans", 390, 844)
        administrator.goto(f"{picture}/map?place=360103001001-1")
        administrator.locator(".map-label b").first.wait_for()
        camera.take(administrator, "map-phone-zh")
        take_drills_and_boundaries(camera)
        for _try in range(240):
            officer.goto(f"{picture}/timeline")
            if officer.locator("time").count() and "10:0" in officer.locator(".ribbon time").inner_text():
                break
            officer.wait_for_timeout(2_000)
        camera.take(officer, "timeline")
        officer.goto(f"{picture}/certificate")
        camera.take(officer, "certificate")
        officer.goto(f"{picture}/not-reached")
        camera.take(officer, "not-reached")
        browser.close()
