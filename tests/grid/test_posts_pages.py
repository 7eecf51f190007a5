"""The pages of posts: what they show, to whom, and what a form can't be made to do."""

from datetime import timedelta
from uuid import uuid4

import pytest

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.grid import actions
from linli.grid.models import Account, Appointment

PAPER = "南浦办〔2026〕9号"
CELL = "360103001001-2-2"


def form(**more):
    given = {
        "post_kind": "cell_leader",
        "who": "existing",
        "username": "nobody",
        "from_on": clock.today().isoformat(),
        "paper": PAPER,
        "write_id": str(uuid4()),
    }
    return {**given, **more}


def appoint(client, place=CELL, **more):
    return client.post(f"/posts/appoint?place={place}", form(**more))


def body(answer):
    return answer.content.decode()


def test_a_vacancy_is_seen_filled_and_gone(sign_in, cast):
    client = sign_in("wang")
    page = body(client.get("/posts/vacancies"))
    assert f"/posts/appoint?place={CELL}&amp;post=cell_leader" in page
    assert "赵敏" in page, "who holds its part"
    assert appoint(client).headers["Location"] == f"/posts/history?place={CELL}"
    assert f"place={CELL}&amp;post=cell_leader" not in body(client.get("/posts/vacancies"))
    assert "无职" in body(client.get(f"/posts/history?place={CELL}"))


def test_one_post_can_be_asked_for(sign_in, cast):
    client = sign_in("chen")
    assert body(client.get("/posts/vacancies?kind=cell_leader")).count("&amp;post=cell_leader") == 2
    assert client.get("/posts/vacancies?kind=nonsense&page=999").status_code == 200


def test_who_only_sees_posts_is_offered_no_act(sign_in, cast):
    page = body(sign_in("li").get("/posts/vacancies"))
    assert "/posts/appoint" not in page
    assert "/end" not in body(sign_in("li").get("/posts/history"))


def test_somebody_new_is_appointed_with_an_account(sign_in, cast):
    given = {"who": "new", "username": "Ma.Li", "name": "马莉", "phone": "138 0013 9001"}
    same = form(**given)
    client = sign_in("wang")
    assert client.post(f"/posts/appoint?place={CELL}", same).status_code == 302
    assert client.post(f"/posts/appoint?place={CELL}", same).status_code == 302, "the form sent twice"
    made = Account.objects.get(username="ma.li")
    assert Appointment.objects.filter(account=made).count() == 1
    again = appoint(client, **given)
    assert again.status_code == 422, "the name for sign-in is taken"


def test_a_refused_appointment_opens_no_account(sign_in, cast):
    answer = appoint(sign_in("wang"), who="new", username="ma.li", name="马莉", paper="")
    assert answer.status_code == 422
    until = (clock.today() - timedelta(days=9)).isoformat()
    assert appoint(sign_in("wang"), who="new", username="ma.li", name="马莉", until_on=until).status_code == 422
    assert not Account.objects.filter(username="ma.li").exists()


def test_a_double_booking_asks_first(sign_in, cast):
    client = sign_in("wang")
    taken = "360103001001-2-1"
    asked = appoint(client, taken)
    assert asked.status_code == 422
    assert 'name="anyway"' in body(asked)
    assert appoint(client, taken, anyway="on").status_code == 302
    page = body(client.get("/posts/double-bookings"))
    assert "郑海" in page
    assert "无职" in page


def test_days_are_whole_and_both_count(sign_in, cast):
    today = clock.today()
    appoint(
        sign_in("wang"),
        from_on=(today - timedelta(days=3)).isoformat(),
        until_on=(today + timedelta(days=3)).isoformat(),
    )
    held = Appointment.objects.get(account=cast.accounts["nobody"])
    assert clock.local(held.from_at).isoformat()[:16] == f"{today - timedelta(days=3)}T00:00"
    assert clock.local(held.until_at).isoformat()[:16] == f"{today + timedelta(days=4)}T00:00"


def test_ending_needs_a_reason_and_closes(sign_in, cast):
    held = Appointment.objects.get(account=cast.accounts["zheng"])
    client = sign_in("wang")
    assert client.post(f"/posts/{held.pk}/end", {"reason": ""}).status_code == 422
    assert client.post(f"/posts/{held.pk}/end", {"reason": "moved"}).status_code == 302
    assert client.post(f"/posts/{held.pk}/end", {"reason": "moved"}).status_code == 409
    assert cast.actor("zheng").grants == ()


def test_people_are_found_within_ones_places_only(sign_in, cast):
    assert "周大勇" in body(sign_in("wang").post("/posts/people", {"q": "周"}))
    assert "周大勇" not in body(sign_in("sun").post("/posts/people", {"q": "周"}))
    assert sign_in("wang").get("/posts/people?q=周").status_code == 405, "names don't belong in addresses"


# As an attacker would ------------------------------------------------------------------------------------------------


def test_forged_places_and_posts(sign_in, cast):
    client = sign_in("wang")
    assert appoint(client, "360103001002-1-1").status_code == 404
    assert appoint(client, "360103001", post_kind="street_officer", username="wang").status_code == 404
    assert appoint(client, "no-such-place").status_code == 404
    assert appoint(client, post_kind="community_secretary").status_code == 422
    assert appoint(client, username="nobody", organisation="999999").status_code == 422
    assert appoint(client, username="no-such-person").status_code == 422
    assert client.post("/posts/999999/end", {"reason": "x"}).status_code == 404
    foreign = Appointment.objects.get(account=cast.accounts["qian"])
    assert client.post(f"/posts/{foreign.pk}/end", {"reason": "x"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.until_at is None


def test_nobody_gives_themselves_more(sign_in, cast):
    answer = appoint(sign_in("chen"), "360103001001", post_kind="community_secretary", username="chen", anyway="on")
    assert answer.status_code == 403
    assert not cast.actor("chen").may_somewhere("register.protected")


def test_a_replayed_write_does_not_appoint_another(sign_in, cast):
    key = str(uuid4())
    assert appoint(sign_in("wang"), write_id=key).status_code == 302
    assert appoint(sign_in("wang"), "360103001001-2-1", write_id=key, anyway="on").status_code == 422
    assert Appointment.objects.filter(account=cast.accounts["nobody"]).count() == 1
    assert appoint(sign_in("wang"), "360103001001-2-1", write_id="x", anyway="on").status_code == 302


def test_names_and_papers_are_text(sign_in, cast):
    Account.objects.filter(username="nobody").update(name="<img src=x onerror=alert(1)>")
    appoint(sign_in("wang"), paper="<b>bold</b>")
    for address in (f"/posts/history?place={CELL}", "/posts/double-bookings", "/posts/vacancies"):
        page = body(sign_in("wang").get(address))
        assert "<img src=x" not in page
        assert "<b>bold" not in page
    assert "<img src=x" not in body(sign_in("wang").post("/posts/people", {"q": "img"}))


@pytest.mark.parametrize("day", ["x", "2026-13-01", "0001-01-01", "9999-12-31", ""])
def test_odd_days_do_no_harm(sign_in, cast, day):
    assert sign_in("wang").get(f"/posts/history?day={day}").status_code in (200, 422)


# Figures -------------------------------------------------------------------------------------------------------------


def test_residents_per_staff(sign_in, cast):
    change = [actions.Change(to_path=cast.place("001-1-1").path, n=901)]
    actions.record_headcount_changes(actor=SYSTEM, unit="person", changes=change)
    actions.fold_headcounts(actor=SYSTEM)
    page = body(sign_in("wang").get("/posts/staffing"))
    assert "901" in page
    assert "300" in page
    assert page.index("第一网格</strong>") < page.index("第二网格</strong>")


ADDRESSES = ["vacancies", "double-bookings", "staffing", "history", "appoint"]


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_number_of_queries_does_not_grow(sign_in, cast, name, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, address = sign_in("wang"), f"/posts/{name}?place=360103001001-2"
    few = actions.make_accounts(actor=SYSTEM, rows=[actions.NewAccount(username="p", name="人")])
    at = cast.place("001-2").pk
    row = actions.NewAppointment(few["p"].pk, "grid_administrator", at, PAPER)
    actions.appoint_many(actor=SYSTEM, rows=[row])
    client.get(address)
    with CaptureQueriesContext(connection) as before:
        assert client.get(address).status_code == 200
    many = actions.make_accounts(
        actor=SYSTEM, rows=[actions.NewAccount(username=f"q{number}", name=f"人{number}") for number in range(60)]
    )
    rows = [actions.NewAppointment(one.pk, "grid_administrator", at, PAPER) for one in many.values()]
    actions.appoint_many(actor=SYSTEM, rows=rows)
    with django_assert_num_queries(len(before)):
        assert client.get(address).status_code == 200
    assert len(before) <= 16
