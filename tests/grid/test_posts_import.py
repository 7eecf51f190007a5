"""The list of posts as a file: read by row, good rows in, nothing doubled."""

import pytest

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Invalid, Missing
from linli.core.sheets import write_sheet
from linli.grid.imports.posts import import_posts
from linli.grid.models import Account, Appointment

HEAD = ["姓名", "手机号码", "岗位", "网格编码", "任职日期", "截止日期", "文号", "登录名"]
PAPER = "南浦办〔2026〕12号"
CELL = "360103001001-2-2"


def row(*, name="马莉", phone="13800139001", post="微网格长", place=CELL, start="", end="", paper=PAPER, username=""):
    return [name, phone, post, place, start, end, paper, username]


def bring(cast, rows, *, by=SYSTEM, head=HEAD, **more):
    return import_posts(write_sheet(head, rows), "posts.xlsx", actor=by, place=cast.place("001"), **more)


def reasons(done):
    return {(one.row, one.column) for one in done.errors}


def test_who_has_no_account_gets_one_and_the_same_file_again_changes_nothing(cast):
    rows = [
        row(start="2026-11-01"),
        row(post="网格警员", place="第一网格", phone="13800139002", name="李雷"),
        row(post="网格警员", place="第二网格", phone="13800139002", name="李雷"),
        row(name="无职", phone="", username="nobody", post="Grid supervisor", place="第二网格"),
    ]
    done = bring(cast, rows)
    assert (done.rows, done.accounts_added, done.appointments_added, done.errors) == (4, 2, 4, [])
    mali = Account.objects.get(username="mali")
    assert (mali.name, mali.phone, mali.reachable, mali.has_usable_password()) == (
        "马莉",
        "+8613800139001",
        False,
        False,
    )
    held = Appointment.objects.get(account=mali)
    assert (held.place.code, held.paper, clock.local(held.from_at).date().isoformat()) == (CELL, PAPER, "2026-11-01")
    again = bring(cast, rows)
    assert (again.accounts_added, again.appointments_added, again.unchanged) == (0, 0, 4)


def test_a_list_in_english_in_another_order(cast):
    head = ["Place code", "Post", "Name", "Login", "Paper", "Until", "From"]
    done = bring(cast, [[CELL, "cell leader", "Ma Li", "Ma.Li", "No. 12", "2027-01-31", "2026/12/1"]], head=head)
    assert done.errors == []
    held = Appointment.objects.get(account__username="ma.li")
    assert clock.local(held.until_at).date().isoformat() == "2027-02-01", "the last day counts too"


def test_two_people_of_one_sound_get_two_names(cast):
    done = bring(cast, [row(), row(name="马丽", phone="13800139003", place="360103001001-2-1")])
    assert (done.accounts_added, done.errors) == (2, [])
    assert set(Account.objects.filter(name__in=["马莉", "马丽"]).values_list("username", flat=True)) == {
        "mali",
        "mali2",
    }


def test_bad_rows_are_named_and_good_ones_go_in(cast):
    rows = [
        row(),
        row(post="皇帝"),
        row(place="360103001002-1-1"),  # next door
        row(place="1号微网格"),  # two have this name
        row(phone="12"),
        row(phone=""),
        row(name=""),
        row(paper=""),
        row(start="soon"),
        row(start="2026-12-01", end="2026-11-01"),
        row(name="别人", phone="", username="nobody"),  # the account is somebody else's
        row(username="two words"),
        row(post="网格员"),  # a grid's post at a cell
    ]
    done = bring(cast, rows)
    assert reasons(done) == {
        (3, "C"), (4, "D"), (5, "D"), (6, "B"), (7, "H"), (8, "A"), (9, "G"),
        (10, "E"), (11, "F"), (12, "A"), (13, "H"), (14, "D"),
    }  # fmt: skip
    assert (done.rows, done.appointments_added) == (13, 1)
    assert all(str(one.row) in str(one) and one.reason in str(one) for one in done.errors)


def test_a_trial_writes_nothing(cast):
    done = bring(cast, [row()], dry_run=True)
    assert (done.accounts_added, done.appointments_added) == (1, 1)
    assert not Account.objects.filter(name="马莉").exists()


def test_only_who_appoints_here_brings_a_list(cast):
    assert bring(cast, [row()], by=cast.actor("wang")).appointments_added == 1
    with pytest.raises(Missing):
        bring(cast, [row()], by=cast.actor("sun"))
    with pytest.raises(Invalid):
        bring(cast, [row()[:3]], head=HEAD[:3])


def test_the_number_of_queries_does_not_grow(cast, django_assert_max_num_queries):
    many = [row(name=f"人{n}", phone=f"138001{39100 + n}") for n in range(120)]
    with django_assert_max_num_queries(30):
        assert bring(cast, many).appointments_added == 120
