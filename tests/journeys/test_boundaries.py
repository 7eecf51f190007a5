"""A grid is split and undone, and a newer edition compared and taken over, in a browser: a wide window and a phone, both
languages."""

import pytest

from linli.boundaries.models import Edition, Redrawing
from linli.grid.models import Place
from tests.boundaries.test_editions import write_tables

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAYS = pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh-hans", 390)])


@WAYS
def test_a_grid_is_split_while_a_notice_is_out_and_undone(street, cast, issued, language, width):
    issued()
    page = street.open("wang", language=language, width=width)
    page.goto("/boundaries/")
    street.check(page)
    grid = cast.place("001-1").code
    page.goto(f"/places/{grid}")
    page.locator(f"a[href='/boundaries/split/{grid}']").click()
    street.check(page)
    page.locator("[name=name_1]").fill("第三网格")
    page.locator(f"[name='goes_{grid}-2'][value='1']").check()
    page.locator("[name=paper]").fill("南浦办〔2026〕9号")
    page.locator("main form button[type=submit]").click()
    page.locator("[name=version]").wait_for(state="attached")
    assert "第三网格" in page.locator("main").inner_text()
    assert not Redrawing.objects.exists()
    street.check(page)
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/boundaries/*")
    found = Redrawing.objects.get()
    street.check(page)
    page.locator("[name=reason]").fill("划错了")
    page.locator("main form button.btn-outline-danger").click()
    page.wait_for_url(f"**/boundaries/{found.pk}")
    assert Redrawing.objects.get().state == "undone"
    street.check(page)
    page.goto("/boundaries/")
    street.check(page)


@WAYS
def test_a_newer_edition_is_compared_and_taken_over(street, cast, tmp_path, language, width):
    page = street.open("chen", language=language, width=width)
    page.goto("/boundaries/")
    page.locator("a[href='/boundaries/editions/']").click()
    street.check(page)
    page.locator("a[href='/boundaries/editions/add']").click()
    street.check(page)
    communities = [("360103001001", "二郎庙新社区居委会"), ("360103001003", "新建社区居委会")]
    folder = write_tables(tmp_path, communities=communities)
    page.locator("[name=name]").fill("2027年版")
    page.locator("[name=tables]").set_input_files(sorted(folder.glob("*.csv")))
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/boundaries/editions/*")
    edition = Edition.objects.get()
    assert page.locator(".rows li").count() == 3
    street.check(page)
    page.locator("[name=key]").first.check()
    page.locator("main form button.btn-outline-primary").last.click()
    page.wait_for_url("**/take?**")
    street.check(page)
    page.goto(f"/boundaries/editions/{edition.pk}")
    page.locator(".act-row a.btn-primary").click()
    page.wait_for_url("**/take")
    street.check(page)
    page.locator("[name=paper]").fill("民政部〔2027〕1号")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(f"**/boundaries/editions/{edition.pk}")
    assert Place.objects.get(code="360103001001").name == "二郎庙新社区居委会"
    street.check(page)
    page.locator("a[href='/boundaries/orphans/360103001002']").click()
    street.check(page)
    page.goto("/boundaries/problems")
    street.check(page)
    page.goto("/boundaries/editions/")
    street.check(page)
    page.goto(f"/boundaries/{Redrawing.objects.order_by('-id')[0].pk}")
    street.check(page)
