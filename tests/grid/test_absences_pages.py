"""Pages of being away."""

from datetime import timedelta
from uuid import uuid4

from linli.core import clock
from linli.grid import actions
from linli.grid.models import Absence, Appointment


def form(post, deputy, **more):
    until = clock.today() + timedelta(days=2)
    given = {"posts": [post.pk], "from_on": clock.today(), "until_on": until, "reason": "leave"}
    return {**given, "deputy": deputy.pk if deputy else "", "write_id": uuid4(), **more}


def post_of(cast, username):
    return Appointment.objects.select_related("account", "place").get(account=cast.accounts[username])


def test_a_holder_writes_down_when_she_is_away_and_comes_back_earlier(cast, sign_in):
    client = sign_in("li")
    page = client.get("/account/away").content.decode()
    assert "赵敏" in page
    assert "孙立" not in page  # of another community
    sent = form(post_of(cast, "li"), cast.accounts["zhao"])
    for _again in range(2):
        assert client.post("/account/away", sent).status_code == 302
    one = Absence.objects.get()
    assert one.deputy == cast.accounts["zhao"]
    assert "赵敏" in client.get("/account").content.decode()
    client.post(f"/absences/{one.pk}/end", {"write_id": uuid4()})
    one.refresh_from_db()
    assert one.until_at <= clock.now()


def test_my_day_says_for_whom_one_stands_in(cast, sign_in):
    sign_in("li").post("/account/away", form(post_of(cast, "li"), cast.accounts["zhao"]))
    page = sign_in("zhao").get("/").content.decode()
    assert "李梅" in page


def test_an_error_stands_at_its_field_and_nothing_is_written(cast, sign_in):
    answer = sign_in("li").post(
        "/account/away", form(post_of(cast, "li"), None, until_on=clock.today() - timedelta(days=1))
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["until_on"]
    answer = sign_in("li").post("/account/away", form(post_of(cast, "li"), cast.accounts["sun"]))
    assert answer.status_code == 422
    assert not Absence.objects.exists()


def test_whoever_appoints_writes_it_down_for_somebody_who_fell_ill(cast, sign_in):
    client, post = sign_in("wang"), post_of(cast, "li")
    assert client.get(f"/posts/{post.pk}/away").status_code == 200
    assert client.post(f"/posts/{post.pk}/away", form(post, cast.accounts["wang"])).status_code == 302
    assert "王建国" in client.get("/posts/history?place=360103001001-1").content.decode()


def test_nobody_without_a_post_is_away(cast, sign_in):
    assert sign_in("nobody").get("/account/away").status_code == 200
    assert sign_in("nobody").post("/account/away", {"posts": [1]}).status_code == 422


def test_the_page_costs_the_same_for_one_post_and_more(cast, sign_in, django_assert_max_num_queries):
    for code in ("001-1-1", "001-1-2"):
        actions.appoint(
            actor=cast.actor("wang"),
            account=cast.accounts["li"],
            post_kind="cell_leader",
            place=cast.place(code),
            paper="1",
        )
    client = sign_in("li")
    with django_assert_max_num_queries(18):
        assert client.get("/account/away").status_code == 200
