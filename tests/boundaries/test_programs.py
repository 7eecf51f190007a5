"""Problems on one page, editions compared, and a day asked for by a command."""

import json

from django.urls import reverse
from typer.testing import CliRunner

from linli.boundaries.actions import redraw
from linli.boundaries.imports import read_edition
from linli.boundaries.queries import compare_edition, list_problems
from linli.config.cli import build
from linli.core import clock, console
from linli.core.actors import SYSTEM
from linli.grid.models import Appointment, EntrancePlacement, Place
from tests.boundaries.wishes import PAPER, move


def run(*words):
    console.use_json(on=True)
    try:
        done = CliRunner().invoke(build(), list(words), catch_exceptions=False)
    finally:
        console.use_json(on=False)
    return json.loads(done.stdout)


def test_a_command_renames_undoes_and_tells_the_day(cast):
    code = cast.place("001-1").code
    made = run("boundaries", "rename", code, "东网格", "--paper", PAPER)
    assert Place.objects.get(code=code).name == "东网格"
    then = run("place", "on", code, "--day", "2026-11-20")[0]["then"]
    assert then[-1]["name"] == "第一网格"
    assert run("boundaries", "undo", str(made["id"]))["state"] == "undone"
    assert Place.objects.get(code=code).name == "第一网格"
    parts = run("boundaries", "split", code, "--name", "三", "--take", f"{code}-2", "--paper", PAPER, "--preview")
    assert parts["households"] == 3


def test_a_door_on_a_day_by_command(cast):
    redraw(actor=SYSTEM, wish=move(cast.place("001-1-1"), cast.place("001-2")))
    found = run("place", "on", "1-1-101", "--day", clock.today().isoformat())
    assert found[0]["then"][-2]["name"] == "第二网格"


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")


def test_an_edition_with_codes_in_columns_is_compared(cast, tmp_path):
    write(tmp_path, "province.csv", "code,name,province\n360000,江西省,36\n")
    write(tmp_path, "city.csv", "code,name,province,city\n360100,南昌,36,01\n")
    write(tmp_path, "area.csv", "code,name,province,city,area\n360103,西湖区,36,01,03\n")
    towns = "360103,南浦街道,36,01,03,009000\n360103,桃源街道,36,01,03,011000\n"
    write(tmp_path, "town.csv", f"code,name,province,city,area,town\n{towns}")
    found = compare_edition(actor=SYSTEM, batches=read_edition(tmp_path))
    assert "community" not in found["counts"]
    assert found["differences"]["city"]["renamed"] == [
        {"code": "3601", "name": "南昌", "parent": "36", "old_name": "南昌市"}
    ]
    street = found["differences"]["street"]
    assert [(one["code"], one["old_code"]) for one in street["recoded"]] == [("360103009", "360103001")]
    assert [one["name"] for one in street["added"]] == ["桃源街道"]
    assert street["vanished"] == []
    assert Place.objects.get(code="3601").name == "南昌市"


def test_problems_are_named_with_the_page_that_mends_them(cast, sign_in):
    assert list_problems(actor=cast.actor("wang")).none
    EntrancePlacement.objects.filter(place=cast.place("001-1-1")).update(until_on=clock.today())
    Place.objects.filter(pk=cast.place("001-2").pk).update(name="第一网格")
    Place.objects.filter(pk=cast.place("001-1-2").pk).update(until_on=clock.today())
    found = list_problems(actor=cast.actor("wang"))
    assert {one.where for one in found.no_cell} == {"二郎庙社区居委会"}
    assert [one.what for one in found.ended_posts] == ["吴桂芳"]
    assert len(found.same_names) == 2
    page = sign_in("wang").get(reverse("boundary-problems"))
    assert page.status_code == 200
    assert found.no_cell[0].url in page.content.decode()
    assert list_problems(actor=cast.actor("sun")).none
    assert Appointment.objects.exists()
