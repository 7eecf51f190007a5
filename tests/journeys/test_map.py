"""The map in a real browser: shades from the list, the way down, an outline drawn with mouse and keys, two who draw the
same one, and the whole page without script."""

import json
from uuid import uuid4

import pytest

from linli.core.actors import SYSTEM
from linli.grid import actions, queries

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def box(west, south, wide=0.01, high=0.02):
    east, north = round(west + wide, 6), round(south + high, 6)
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


@pytest.fixture
def drawn(cast):
    """The street, its two communities, and the grids and cells of the first."""
    shapes = {
        "360103001": box(115.0, 28.0, 0.03, 0.03),
        "001": box(115.0, 28.0, 0.02, 0.02),
        "001-1": box(115.0, 28.0),
        "001-2": box(115.01, 28.0),
        "001-1-1": box(115.0, 28.0, 0.01, 0.01),
        "001-1-2": box(115.0, 28.01, 0.01, 0.01),
    }
    for code, shape in shapes.items():
        actions.save_outline(actor=SYSTEM, place=cast.place(code), geometry=shape, version=0, source="survey of 2026")
    return shapes


def watch(page):
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    return faults


@pytest.mark.parametrize("width", [1280, 390])
def test_the_map_takes_its_figures_from_the_list(street, drawn, issued, width):
    alert = issued()
    page = street.open("wang", width=width)
    faults = watch(page)
    page.goto(f"/alerts/{alert.pk}/map")
    page.locator(".map-box path.area").first.wait_for()
    assert page.locator(".map-box path.area").count() == page.locator("[data-map-rows] [data-shade=none]").count() == 2
    assert {one.get_attribute("fill") for one in page.locator(".map-box path.area").all()} == {"url(#shade-none)"}
    assert page.locator(".map-label b").all_inner_texts() == ["6", "6"]
    assert "survey of 2026" in page.locator(".map-box").inner_text()
    street.check(page)
    page.locator(".map-box path.area").first.click()
    page.wait_for_url("**/map?place=360103001001-**")
    assert faults == []


def test_the_map_follows_while_people_answer(street, drawn, cast, issued):
    from linli.alerts.actions import confirm_household
    from linli.core.actors import Actor

    alert = issued()
    page = street.open("wang")
    page.goto(f"/alerts/{alert.pk}/map")
    page.locator(".map-box path.area").first.wait_for()
    for home in cast.households_in("001-1"):
        confirm_household(
            actor=Actor(kind="link", id=1), alert=alert, household=home.pk, receipt_id=uuid4(), how="own_tap"
        )
    page.locator("path[fill='url(#shade-done)']").wait_for()
    assert page.locator("[data-place='360103001001-1']").get_attribute("data-shade") == "done"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "address",
    ["/map/", "/map/?place=360103001001-1", "/places/360103001001-1/outline", "/places/360103001001/outlines/import"],
)
def test_every_page_of_the_map_is_open_to_all(street, drawn, width, address):
    page = street.open("wang", width=width)
    faults = watch(page)
    page.goto(address)
    if "import" not in address:
        page.locator(".map-box path").first.wait_for()
    street.check(page)
    assert faults == []


def test_without_script_the_list_is_the_page(street, drawn):
    context = street.browser.new_context(base_url=street.url, java_script_enabled=False)
    street.contexts.append(context)
    context.add_cookies([{"name": "linli", "value": street.session_of("wang"), "url": street.url}])
    page = context.new_page()
    page.goto("/map/")
    assert not page.locator(".map-frame").is_visible()
    assert page.locator(".map-rows li").count() == 2


def test_an_outline_is_moved_with_keys_undone_and_saved(street, drawn, cast):
    page = street.open("wang")
    faults = watch(page)
    page.goto("/places/360103001001-1/outline")
    page.locator("[data-handle='0-0-1']").focus()
    text = lambda: json.loads(page.locator("[name=geometry]").input_value())["coordinates"][0]  # noqa: E731
    before = text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.handle") == "0-0-1"
    assert text()[1][0] < before[1][0]
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    assert text() == before
    page.get_by_role("button", name="Redo").click()
    page.locator("[data-handle='0-0-2']").focus()
    page.keyboard.press("Delete")
    assert len(text()) == 4
    page.get_by_role("button", name="Save the outline").click()
    page.get_by_text("The outline is saved").wait_for()
    assert len(queries.find_outline(place=cast.place("001-1")).geometry["coordinates"][0]) == 4
    assert faults == []


def settled(page, read):
    """What a script reads, as soon as it reads the same twice."""
    before, now = None, page.evaluate(read)
    while now != before:
        page.wait_for_timeout(100)
        before, now = now, page.evaluate(read)
    return now


def test_an_outline_is_drawn_with_the_mouse_and_snaps_to_its_neighbour(street, drawn, cast):
    page = street.open("wang")
    page.goto("/places/360103001001-2-1/outline")
    page.locator(".map-box path").first.wait_for()
    page.get_by_role("button", name="Draw", exact=True).click()
    frame = page.locator(".map-box").bounding_box()
    # The dashed outline of the grid above runs around the middle: three corners near its own are drawn onto them.
    # Looked up before each click, once the page stands still: it scrolls smoothly to what was pressed.
    read = """() => { const { left, top, right, bottom } = document.querySelector('.map-box path').getBoundingClientRect();
        return { left, top, right, bottom }; }"""
    for across, x, down, y in (
        ("left", 6, "top", 5),
        ("right", -5, "top", 6),
        ("right", -6, "bottom", -5),
        ("left", 6, "bottom", -6),
    ):
        at = settled(page, read)
        page.mouse.click(at[across] + x, at[down] + y)
    page.get_by_role("button", name="Close the outline").click()
    page.get_by_role("button", name="Save the outline").click()
    page.get_by_text("The outline is saved").wait_for()
    saved = queries.find_outline(place=cast.place("001-2-1")).geometry["coordinates"][0]
    assert {tuple(point) for point in saved} == {(115.01, 28.0), (115.02, 28.0), (115.02, 28.02), (115.01, 28.02)}
    assert frame is not None


def test_two_who_draw_the_same_outline_see_both_and_the_second_chooses(street, drawn, cast):
    first, second = street.open("wang"), street.open("chen")
    for page in (first, second):
        page.goto("/places/360103001001-1/outline")
        page.locator("[data-handle='0-0-0']").focus()
        page.keyboard.press("ArrowRight")
    second.keyboard.press("ArrowDown")
    first.get_by_role("button", name="Save the outline").click()
    first.get_by_text("The outline is saved").wait_for()
    second.get_by_role("button", name="Save the outline").click()
    second.get_by_role("heading", name="Somebody else saved this outline meanwhile").wait_for()
    second.locator("path[fill='url(#shade-mine)']").wait_for()
    second.locator("path[fill='url(#shade-theirs)']").wait_for()
    street.check(second)
    assert queries.last_version(place=cast.place("001-1")) == 2
    second.get_by_role("button", name="Save mine over theirs").click()
    second.get_by_text("The outline is saved").wait_for()
    assert queries.last_version(place=cast.place("001-1")) == 3
