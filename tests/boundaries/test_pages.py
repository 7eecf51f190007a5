"""A secretary splits her grid in the browser's way: form, preview, confirm, undo."""

from uuid import uuid4

import pytest
from django.urls import reverse

from linli.boundaries import queries
from linli.boundaries.actions import redraw, undo_redrawing
from linli.boundaries.models import Redrawing
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict
from linli.grid import actions as grid
from linli.grid.models import Appointment, Place
from linli.messages.models import Sender
from tests.boundaries.wishes import PAPER, entrances_at, merge, move, rename, split


def fields(cast, **more):
    return {"on": clock.today().isoformat(), "paper": PAPER, **more}


def split_fields(cast, name="第三网格"):
    goes = {"goes_360103001001-1-1": "0", "goes_360103001001-1-2": "1"}
    return fields(cast, name_1=name, holders="several", **goes)


def url(kind, cast, code):
    return reverse("redraw", kwargs={"kind": kind, "code": cast.place(code).code})


def test_a_grid_is_split_with_a_preview_and_undone(cast, sign_in):
    wang = sign_in("wang")
    address = url("split", cast, "001-1")
    assert wang.get(address).status_code == 200
    shown = wang.post(address, split_fields(cast))
    assert shown.status_code == 200
    assert not Redrawing.objects.exists()  # looking changes nothing
    assert shown.context["preview"].households == 3
    assert shown.context["preview"].vacant == ["第三网格"]
    after = {one.name: (one.entrances, one.households) for one in shown.context["preview"].after}
    assert after == {"第一网格": (1, 3), "第三网格": (1, 3), "2号微网格": (1, 3)}
    version, key = shown.context["preview"].version, str(uuid4())
    sent = {**split_fields(cast), "version": version, "write_id": key}
    done = wang.post(address, sent)
    found = Redrawing.objects.get()
    assert done.url == reverse("redrawing", kwargs={"redrawing_id": found.pk})
    assert wang.post(address, sent).status_code in (302, 422, 409)
    assert Redrawing.objects.count() == 1
    new = Place.objects.get(name="第三网格", until_on=None)
    assert [one.name for one in Place.objects.filter(parent=new)] == ["2号微网格"]
    assert Appointment.objects.filter(account=cast.accounts["wu"], place__parent=new, until_at=None).exists()
    page = wang.get(done.url)
    assert page.context["may_undo"]
    wang.post(reverse("redrawing-undo", kwargs={"redrawing_id": found.pk}), {"reason": "划错了"})
    assert Redrawing.objects.get().state == "undone"
    assert Place.objects.get(code="360103001001-1-2").until_on is None


def test_the_second_of_two_gets_a_clear_conflict(cast, sign_in):
    wang = sign_in("wang")
    address = url("split", cast, "001-1")
    version = wang.post(address, split_fields(cast)).context["preview"].version
    redraw(actor=cast.actor("chen"), wish=rename(cast.place("001-1"), "东网格"))
    answer = wang.post(address, {**split_fields(cast), "version": version, "write_id": str(uuid4())})
    assert answer.status_code == 409
    assert answer.context["changed"]
    assert Redrawing.objects.count() == 1
    again = wang.post(address, {**split_fields(cast), "version": answer.context["preview"].version})
    assert again.status_code == 302


def test_a_secretary_may_not_redraw_communities_nor_others_grids(cast, sign_in):
    wang = sign_in("wang")
    assert wang.get(url("rename", cast, "001")).status_code == 403
    assert wang.get(url("rename", cast, "002-1")).status_code == 404
    assert sign_in("chen").get(url("rename", cast, "001")).status_code == 200
    assert sign_in("chen").get(url("rename", cast, "360103001")).status_code == 403


def test_an_empty_list_says_what_to_do(cast, sign_in):
    text = sign_in("wang").get(reverse("boundaries")).content.decode()
    assert reverse("place-tree") in text


def test_bad_input_is_named_at_its_field(cast, sign_in):
    chen = sign_in("chen")
    answer = chen.post(url("rename", cast, "001-1"), {"name": "第二网格", "on": "2099-01-01", "paper": ""})
    assert answer.status_code == 422
    assert "paper" in answer.context["form"].errors
    answer = chen.post(
        url("rename", cast, "001-1"), {"name": "第二网格", "on": clock.today().isoformat(), "paper": "1号"}
    )
    assert "name" in answer.context["form"].errors
    answer = chen.post(url("rename", cast, "001-1"), {"name": "东网格", "on": "2099-01-01", "paper": "1号"})
    assert "on" in answer.context["form"].errors
    answer = chen.post(url("split", cast, "001-1"), fields(cast, name_1="新", holders="several"))
    assert answer.status_code == 422


def test_a_community_needs_its_official_code(cast):
    with pytest.raises(Exception, match="360103001"):
        redraw(actor=cast.actor("chen"), wish=split(cast.place("001"), "新社区", children=[cast.place("001-2")]))


def test_what_depends_on_it_is_named_and_the_opposite_offered(cast, sign_in):
    made = redraw(
        actor=cast.actor("wang"), wish=split(cast.place("001-1"), "第三网格", children=[cast.place("001-1-2")])
    )
    new = Place.objects.get(name="第三网格")
    who = cast.accounts["nobody"]
    grid.appoint(actor=cast.actor("wang"), account=who, post_kind="grid_administrator", place=new, paper="2号")
    with pytest.raises(Conflict, match="无职"):
        undo_redrawing(actor=cast.actor("wang"), redrawing_id=made.pk)
    page = sign_in("wang").get(reverse("redrawing", kwargs={"redrawing_id": made.pk}))
    assert "无职" in page.context["later"].text
    assert page.context["later"].by == "王建国"
    assert page.context["opposite"]["kind"] == "merge"
    form = sign_in("wang").get(url("merge", cast, "001-1") + f"?others={new.code}")
    assert form.context["form"]["others"].value() == [new.code]
    redraw(actor=cast.actor("wang"), wish=merge(cast.place("001-1"), new))
    assert Place.objects.get(pk=new.pk).until_on is not None


def test_every_kind_shows_its_preview(cast, sign_in):
    chen = sign_in("chen")
    there, entrance = cast.place("001-1-2").code, entrances_at(cast.place("001-1-1"))[0]
    for kind, code, more in (
        ("rename", "001-1", {"name": "东网格"}),
        ("move", "001-1", {"into": cast.place("002").code}),
        ("merge", "001-1", {"others": [cast.place("001-2").code], "holders": "fill"}),
        ("merge", "001", {"others": [cast.place("002").code], "holders": "all"}),
        ("split", "001-1-1", {"name_1": "3号微网格", "holders": "none", f"goes_{entrance}": "0"}),
        ("shift", "001-1-1", {"into": there, "entrances": [entrance]}),
    ):
        answer = chen.post(url(kind, cast, code), fields(cast, **more))
        assert answer.status_code == (422 if kind == "split" else 200), (kind, answer.context["form"].errors)


def test_the_number_of_queries_does_not_depend_on_the_size(cast, sign_in, django_assert_max_num_queries):
    wang = sign_in("wang")
    for code in ("001-1", "001-2"):
        redraw(actor=cast.actor("wang"), wish=rename(cast.place(code), f"新名{code}"))
    with django_assert_max_num_queries(16):
        wang.get(reverse("boundaries"))
    with django_assert_max_num_queries(32):
        wang.post(url("merge", cast, "001-1"), fields(cast, others=[cast.place("001-2").code], holders="fill"))
    found = Redrawing.objects.order_by("-id")[0]
    with django_assert_max_num_queries(36):
        wang.get(reverse("redrawing", kwargs={"redrawing_id": found.pk}))


def test_the_day_is_answered_by_page(cast, sign_in):
    wang = sign_in("wang")
    redraw(actor=cast.actor("wang"), wish=move(cast.place("001-1-1"), cast.place("001-2")))
    address = reverse("place-on-day")
    day = clock.today().isoformat()
    rows = wang.get(address, {"door": "1-1-101", "day": day}).context["rows"]
    assert [step.name for step in rows[0].then][-2] == "第二网格"
    before = wang.get(address, {"door": "1-1-101", "day": "2026-11-20"})
    rows = before.context["rows"]
    assert [step.name for step in rows[0].then][-2:] == ["第一网格", "1号微网格"]
    assert sign_in("sun").get(address, {"door": "1-1-101", "day": day}).context["rows"] == []


def things(wish, actor):
    found = queries.preview_redrawing(actor=actor, planned=queries.plan_redrawing(actor=actor, wish=wish))
    return [(one.what, one.here, one.to, one.lost) for one in found.things]


def test_outlines_and_chat_groups_are_named_in_the_preview(cast, sign_in):
    chen = cast.actor("chen")
    box = {"type": "Polygon", "coordinates": [[[115, 28], [115.01, 28], [115.01, 28.01], [115, 28.01], [115, 28]]]}
    for code in ("001-1", "001-2"):
        grid.save_outline(actor=SYSTEM, place=cast.place(code), geometry=box, version=0)
    Sender.objects.create(
        name="一网格群",
        kind="wecom",
        place=cast.place("001-1"),
        path=cast.place("001-1").path,
        per_minute=20,
        made_at=clock.now(),
    )
    here, there = cast.place("001-1").name, cast.place("001-2").name
    new = "第一网格"
    assert things(move(cast.place("001-1"), cast.place("002")), chen) == [
        ("outline", here, f"{new}（{cast.place('001').name}）", False),
        ("robot", here, f"{new}（{cast.place('001').name}）", False),
    ]
    assert things(merge(cast.place("001-2"), cast.place("001-1")), chen) == [
        ("outline", here, "", True),
        ("outline", there, "", True),
        ("robot", here, there, False),
    ]
    assert things(split(cast.place("001-1"), "第三网格", children=[cast.place("001-1-2")]), chen) == [
        ("outline", here, "", True),
        ("robot", here, "", False),
    ]
    page = sign_in("chen").post(
        url("merge", cast, "001-2"), fields(cast, others=[cast.place("001-1").code], holders="fill")
    )
    assert "一网格群" in page.content.decode()
