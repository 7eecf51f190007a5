"""The frame of every page, and the parts that pages are made of."""

import gzip
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template import engines
from django.urls import path
from django.utils import translation

from linli.core import clock, pages
from linli.core.charts import HEIGHT, WIDTH, draw
from linli.core.errors import Forbidden, Invalid
from linli.core.templatetags.linli import STATES, percent
from linli.vendor import renew
from tests.machine import find_chromium


def write(source: str, request=None, **context: object) -> str:
    return engines["django"].from_string(source).render(context, request)


class Door(forms.Form):
    username = forms.CharField(label="Name", help_text="As on your paper")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    means = forms.ChoiceField(label="Means", choices=[("a", "A tap"), ("b", "At the door")], widget=forms.RadioSelect)
    place = forms.ChoiceField(label="Place", choices=[("1", "One")])
    sure = forms.BooleanField(label="I am sure")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


PAGE = """{% extends "core/base.html" %}{% block title %}Sample{% endblock %}{% block heading %}Sample{% endblock %}
{% block content %}<p>Words</p>{% endblock %}"""


@login_not_required
def sample(request):
    messages.success(request, "Done <b>")
    return HttpResponse(write(PAGE, request))


@login_not_required
def refused(request):
    raise Forbidden()


@login_not_required
def wrong(request):
    raise Invalid("Look again", fields={"phone": "Eleven digits"})


@login_not_required
def door(request):
    return render(request, "core/sign_in.html", {"form": Door(request.POST or None)})


urlpatterns = [
    path("healthz", pages.health, name="health"),
    path("language", pages.choose_language, name="choose-language"),
    path("sample", sample, name="my-day"),
    path("alerts", sample, name="alert-list"),
    path("register", sample, name="household-list"),
    path("refused", refused),
    path("wrong", wrong),
    path("door", door, name="sign-in"),
]
here = pytest.mark.urls(__name__)


@here
def test_ways_are_those_that_exist_and_that_the_posts_open(sign_in):
    body = sign_in("wang").get("/alerts").content.decode()
    assert 'href="/alerts" data-go="a" aria-current="page"' in body
    assert 'href="/register"' in body
    assert 'data-go="p"' not in body or "place-tree" not in body
    assert "王建国" in body
    body = sign_in("nobody").get("/sample").content.decode()
    assert "data-go" not in body


@here
def test_who_is_not_signed_in_sees_no_ways(client, db):
    body = client.get("/sample").content.decode()
    assert 'class="ways"' not in body
    assert 'href="/door"' in body
    assert "Done &lt;b&gt;" in body
    assert '<meta name="csrf-token" content="' in body


@here
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_names_its_language(client, db, language):
    client.cookies["linli_language"] = language
    assert f'<html lang="{language}">' in client.get("/sample").content.decode()


@here
def test_no_page_holds_inline_script_or_style(client, db):
    for address in ("/sample", "/door", "/refused"):
        body = client.get(address).content.decode()
        assert "<style" not in body
        assert " style=" not in body
        assert "<script>" not in body
        assert " onclick" not in body
        assert "http://" not in body.replace("http://www.w3.org", "")


@here
def test_problems_are_pages_and_parts(client, db):
    page = client.get("/refused")
    assert page.status_code == 403
    assert page.content.decode().count("<h1>") == 1
    part = client.get("/wrong", headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert "<html" not in part.content.decode()
    assert "Eleven digits" in part.content.decode()
    assert client.get("/there-is-nothing").status_code == 404


def test_the_page_of_last_resort_needs_nothing():
    assert "<h1>" in engines["django"].get_template("core/server_error.html").render({})


@here
def test_the_door_ties_errors_to_fields(client, db):
    with translation.override("en"):
        body = client.post("/door", {"username": ""}, headers={"Accept-Language": "en"}).content.decode()
    assert 'aria-describedby="id_username-help id_username-error"' in body
    assert 'aria-invalid="true"' in body
    assert 'id="id_username-error"' in body


def test_every_kind_of_field_is_labelled():
    body = write("{% fields form %}", form=Door())
    for name in ("username", "password", "note", "place", "sure"):
        assert f'for="id_{name}"' in body
    assert "<legend" in body
    assert 'type="hidden" name="next"' in body
    assert "form-select" in body
    assert "form-errors" not in body


@pytest.mark.parametrize(
    ("reached", "expected", "shown"), [(0, 9, 0), (1, 1000, 1), (999, 1000, 99), (9, 9, 100), (0, 0, 0)]
)
def test_only_all_is_a_hundred_and_only_none_is_zero(reached, expected, shown):
    assert percent(reached, expected) == shown
    assert f"pct-{shown}" in write("{% coverage_bar r e label='G' %}", r=reached, e=expected)


def test_coverage_says_the_gap_first():
    with translation.override("en"):
        body = write("{% coverage_bar 88 100 label='Grid 1' %}")
    assert body.index("12 missing") < body.index("88 of 100")
    assert 'aria-label="Grid 1"' in body


def test_every_state_has_its_own_shape():
    assert len(set(STATES.values())) == len(STATES)
    for kind, shape in STATES.items():
        assert f"shape-{shape}" in write("{% state kind 'Words' %}", kind=kind)


def test_a_query_is_kept(rf):
    request = rf.get("/x?q=李&page=3&cursor=a")
    assert write("{% keep_query page=4 cursor=None %}", request) == "?q=%E6%9D%8E&amp;page=4"
    page = Paginator(range(30), 10).page(2)
    body = write("{% pagination page %}", request, page=page)
    assert "page=1" in body
    assert "page=3" in body
    assert write("{% pagination page %}", request, page=Paginator([1], 10).page(1)).strip() == ""
    assert "cursor=z" in write("{% pagination page %}", request, page=SimpleNamespace(next_cursor="z"))


def test_times_are_exact_and_spoken():
    with translation.override("en"):
        body = write("{% when at %}", at=clock.now() - timedelta(minutes=3))
        assert "3\xa0minutes ago" in body
        assert "<time datetime=" in body
        assert "in 2\xa0hours" in write("{% time_ago at %}", at=clock.now() + timedelta(hours=2, seconds=5))
        assert write("{% when at %}", at=None) == "–"


def test_an_act_is_a_form_that_may_be_sent_twice(rf):
    body = write("{% act '/do' 'Go' confirm='Sure?' task=4 %}", rf.get("/"))
    assert 'name="csrfmiddlewaretoken"' in body
    assert 'name="write_id"' in body
    assert 'name="task" value="4"' in body
    assert 'data-confirm="Sure?"' in body


def test_other_parts_are_drawn(rf):
    now = clock.now()
    source = """{% empty_state "None" "Words" "/new" "Make one" %}{% definitions pairs %}{% breadcrumb steps %}
    {% tabs items %}{% stat "Reached" 9 "of 10" kind="done" %}{% masked "138****1234" "/show" %}{% copy_text "Text" %}
    {% step_chart series "Reached" whole=10 %}{% step_chart empty "Reached" %}{% bar_list rows %}
    <div {% live "/part" 4 %}></div>{% day today %}{% icon "door" "Door" %}"""
    body = write(
        source,
        rf.get("/b"),
        pairs=[("Floor", 3), ("Room", None)],
        steps=[("District", "/a"), ("Street", "")],
        items=[("All", "/a", 3), ("Mine", "/b")],
        series=[(now, 1), (now + timedelta(minutes=9), 8)],
        empty=[],
        rows=[("A", 3, "/a"), ("B", 1)],
        today=clock.today(),
    )
    assert "Room" not in body
    assert '<a href="/b" aria-current="page">' in body
    assert '<span aria-current="page">Street</span>' in body
    assert 'hx-trigger="every 4s"' in body
    assert "pct-33" in body


def test_steps_hold_until_the_next_value():
    found = draw([("a", 0), ("b", 5), ("c", 10)], 10)
    assert found.line == f"0.0,{HEIGHT}.0 300.0,{HEIGHT}.0 300.0,80.0 {WIDTH}.0,80.0 {WIDTH}.0,0.0"
    assert found.whole_y == 0
    assert draw([]) is None
    assert draw([("a", 0)]).top == 1


def test_script_and_style_stay_light():
    paths = ["vendor/bootstrap.min.css", "vendor/htmx.min.js", "linli/linli.css", "linli/linli.js", "linli/icons.svg"]
    sizes = {name: len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in paths}
    assert sum(sizes.values()) < 100_000, sizes


def test_own_script_and_style_reach_no_other_host():
    for name in ("linli/linli.css", "linli/linli.js"):
        assert "//" not in Path(finders.find(name)).read_text(encoding="utf-8").replace("// ", "")


def test_the_browser_libraries_are_the_released_files():
    assert renew.check() == []


def test_a_changed_library_is_found(tmp_path, monkeypatch):
    shutil.copytree(renew.HERE, tmp_path / "vendor")
    monkeypatch.setattr(renew, "HERE", tmp_path / "vendor")
    monkeypatch.setattr(renew, "MANIFEST", tmp_path / "vendor" / "vendor.toml")
    (tmp_path / "vendor" / "htmx.min.js").write_text("other")
    (tmp_path / "vendor" / "stray.js").write_text("")
    (tmp_path / "vendor" / "bootstrap.min.css").unlink()
    faults = " ".join(fault for fault in renew.check() if "renew.py" not in fault)
    assert "htmx.min.js is not the released file" in faults
    assert "bootstrap.min.css is missing" in faults
    assert "stray.js: not named" in faults


LIVE = """{% extends "core/base.html" %}{% block title %}Live{% endblock %}{% block heading %}Live{% endblock %}
{% block content %}<div id="part" {% live "/part" 1 %}><details><summary>More</summary>0</details></div>
<div id="out"></div><button id="send" hx-post="/wrong" hx-target="#out">Send</button>
{% act "/take" "Take it" confirm="Sure?" %}{% copy_text "To the group" %}{% step_chart series "Reached" whole=9 %}
{% coverage_bar 8 9 "All" %}{% endblock %}"""
turns = {"n": 0, "status": 200, "taken": 0}


def live_page(request):
    return HttpResponse(write(LIVE, request, series=[("a", 1), ("b", 8)]))


def live_part(request):
    turns["n"] += 1
    return HttpResponse(f"<details><summary>More</summary>{turns['n']}</details>", status=turns["status"])


def take(request):
    turns["taken"] += request.method == "POST"
    return redirect("/live")


urlpatterns += [
    path("live", live_page),
    path("part", live_part),
    path("take", take),
    path("find", sample, name="search"),
]


@pytest.fixture
def browser_page(live_server, sign_in, monkeypatch):
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = find_chromium()
    if not chromium:
        pytest.skip("no Chromium")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread of the test
    cookie = sign_in("wang").cookies["linli"].value
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url, locale="en")
        context.add_cookies([{"name": "linli", "value": cookie, "url": live_server.url}])
        yield context.new_page()
        browser.close()


@here
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_frame_in_a_browser(browser_page):
    page = browser_page
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.goto("/live")

    # The part comes anew, and stays unfolded.
    page.locator("#part summary").click()
    seen = turns["n"]
    while int(page.locator("#part details").inner_text().split()[-1]) < seen + 2:
        page.wait_for_timeout(100)
    assert page.locator("#part details").get_attribute("open") is not None

    # A problem is said at the head of the page; the token went along by itself.
    page.locator("#send").click()
    page.locator("#notices .notice-error").wait_for()
    assert "Eleven digits" in page.locator("#notices").inner_text()

    # The server fails: it is said, and taken back when it answers again.
    turns["status"] = 500
    page.locator("#offline:not(:empty)").wait_for()
    turns["status"] = 200
    page.locator("#offline:empty").wait_for(state="attached")

    # A question comes before the act; no is no.
    page.get_by_role("button", name="Take it").click()
    page.locator("#ask button[value='']").click()
    assert turns["taken"] == 0
    page.get_by_role("button", name="Take it").click()
    with page.expect_navigation(url="**/live"):
        page.locator("#ask button[value=yes]").click()
    assert turns["taken"] == 1

    # Keys.
    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()
    page.keyboard.press("Escape")
    page.locator("#shortcuts").wait_for(state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/alerts")

    page.locator("details.menu summary").click()
    assert page.get_by_text("Community secretary").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_text("Community secretary").is_visible()
    assert faults == []


@here
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1280, 390])
def test_no_fault_of_access_and_nothing_too_wide(browser_page, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    browser_page.set_viewport_size({"width": width, "height": 844})
    for address in ("/live", "/door", "/wrong", "/refused"):
        browser_page.goto(address)
        found = [(fault["id"], fault["nodes"][0]["html"]) for fault in axe.run(browser_page).response["violations"]]
        assert found == [], address
        assert browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    browser_page.goto("/live")
    if width == 390:
        way = browser_page.locator(".ways a").first.bounding_box()
        assert way["height"] >= 44
        assert way["y"] > 700
