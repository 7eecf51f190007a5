"""A real browser on the fixed cast's street."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from tests.conftest import Cast
from tests.machine import find_chromium

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Pictures are taken on request only (`make screenshots`): that is no test that was left out.
collect_ignore = [] if os.environ.get("LINLI_SCREENSHOTS") else ["test_screenshots.py"]
LOOK = os.environ.get("LINLI_LOOK", "")  # a folder: keep a picture of each page that is checked, to look at
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"]


@dataclass
class Street:
    """The cast with a server before it; `open` gives a fresh browser window for one person."""

    cast: Cast
    url: str
    browser: Any
    axe: Any
    contexts: list[Any] = field(default_factory=list)
    looks: int = 0

    def open(self, username: str = "", *, language: str = "en", width: int = 1280) -> Any:
        """A window signed in as one of the cast, or nobody's."""
        context = self.browser.new_context(viewport={"width": width, "height": 844}, base_url=self.url)
        self.contexts.append(context)
        cookies = [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": self.url}]
        if username:
            cookies.append({"name": settings.SESSION_COOKIE_NAME, "value": self.session_of(username), "url": self.url})
        context.add_cookies(cookies)
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    def session_of(self, username: str) -> str:
        account = self.cast.accounts[username]
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session.create()
        return str(session.session_key)

    def check(self, page: Any) -> None:
        """Nothing bars anybody's way, and nothing is wider than the window."""
        if LOOK:
            self.looks += 1
            route = re.sub(r"[0-9a-f-]{36}", "id", page.url.removeprefix(self.url)).strip("/").replace("/", "_")
            page.screenshot(path=f"{LOOK}/{page.viewport_size['width']}-{self.looks:02d}-{route}.png", full_page=True)
        found = self.axe.run(page).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"too wide: {page.url}"


@pytest.fixture
def street(live_server: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    chromium = find_chromium()
    if not chromium:
        pytest.skip("needs Chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        made = Street(cast, live_server.url, browser, axe)
        yield made
        for context in made.contexts:
            context.close()
        browser.close()
