"""Sign-in, one's own account, tokens, the operator's pages and the audit trail, as an attacker would try them."""

import re

import pytest
from django.test import Client

from linli.core.actors import SYSTEM
from linli.grid import actions, queries
from linli.grid.models import Account, ApiToken, Appointment

GOOD = "three-green-lanterns"
PAPER = "南浦办〔2026〕9号"


@pytest.fixture
def li(cast):
    actions.set_password(actor=SYSTEM, account=cast.accounts["li"], password=GOOD)
    return cast.accounts["li"]


def enter(client, username="li", password=GOOD, **more):
    return client.post("/sign-in", {"username": username, "password": password, **more})


# The door ------------------------------------------------------------------------------------------------------------


def test_signing_in_leads_back_to_the_page_one_wanted(client, li):
    asked = client.get("/posts/vacancies?place=360103001001-1")
    assert asked.headers["Location"] == "/sign-in?next=/posts/vacancies%3Fplace%3D360103001001-1"
    page = client.get(asked.headers["Location"])
    assert 'name="next" value="/posts/vacancies?place=360103001001-1"' in page.content.decode()
    entered = enter(client, " LI ", next="/posts/vacancies?place=360103001001-1")
    assert entered.headers["Location"] == "/posts/vacancies?place=360103001001-1"
    assert client.get(entered.headers["Location"]).status_code == 200


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_it_never_leads_to_another_site(client, li, away):
    assert "evil" not in enter(client, next=away).headers["Location"]
    assert "alert" not in client.get("/sign-in", {"next": away}).headers["Location"]


def test_the_session_key_is_new_after_signing_in(client, li):
    client.session["planted"] = 1
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["linli"] = session.session_key
    enter(client)
    assert client.cookies["linli"].value != session.session_key
    assert client.cookies["linli"]["httponly"]
    assert client.cookies["linli"]["samesite"] == "Lax"


def test_eight_wrong_passwords_lock_and_nothing_tells_who_exists(cast, li):
    def tries(username):
        client, seen = Client(), []
        for _number in range(9):
            answer = enter(client, username, "wrong")
            text = re.sub(r'(value|content)="[^"]{30,}"|[0-9a-f]{12}', "", answer.content.decode()).replace(
                f'value="{username}"', ""
            )
            seen.append((answer.status_code, text))
        return seen, enter(client, username)

    known, right = tries("li")
    unknown, _ = tries("nobody-here")
    assert known == unknown
    assert [status for status, _text in known] == [422] * 7 + [429] * 2
    assert right.status_code == 429, "the right password doesn't open a locked door"
    assert (
        enter(
            Client(),
            "li",
            GOOD,
        ).status_code
        == 429
    )
    other = Client(REMOTE_ADDR="10.0.0.9")  # nobody locks another person out from elsewhere
    assert enter(other).status_code == 302


def test_no_name_or_address_of_a_person_reaches_the_log(client, li, caplog):
    with caplog.at_level("DEBUG"):
        for _number in range(9):
            enter(client, "limei-of-nanpu", "wrong-secret-word")
    assert "limei-of-nanpu" not in caplog.text
    assert "wrong-secret-word" not in caplog.text


def test_signing_out_leaves_nothing_on_a_shared_phone(client, li):
    enter(client)
    assert client.get("/account").status_code == 200
    left = client.post("/sign-out")
    assert left.headers["Clear-Site-Data"] == '"cache"'
    assert left.headers["Location"] == "/sign-in"
    assert client.get("/account").headers["Location"].startswith("/sign-in")
    assert client.get("/sign-out").status_code == 405


def test_pages_of_a_person_are_not_kept_by_the_browser(client, li):
    enter(client)
    assert client.get("/account").headers["Cache-Control"] == "no-store"


def test_forms_need_their_token(cast, li):
    client = Client(enforce_csrf_checks=True)
    assert enter(client).status_code == 400
    client.force_login(li, backend="django.contrib.auth.backends.ModelBackend")
    for address in ("/sign-out", "/account/password", "/account/tokens", "/posts/people"):
        assert client.post(address, {}).status_code == 400, address


def test_a_part_of_a_page_sends_the_whole_page_to_the_door(client, cast):
    answer = client.get("/posts/vacancies", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/a?b=1"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Fa%3Fb%3D1")
    answer = client.get("/posts/vacancies", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/"})
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2F"


# Endings -------------------------------------------------------------------------------------------------------------


def test_a_session_ends_with_the_account(client, cast, li):
    enter(client)
    actions.deactivate_account(actor=SYSTEM, account=li, reason="left")
    assert client.get("/account").status_code == 302


def test_what_an_appointment_opened_closes_in_the_same_session(client, cast, li):
    enter(client)
    assert client.get("/posts/vacancies").status_code == 200
    actions.end_appointment(actor=SYSTEM, appointment=Appointment.objects.get(account=li), reason="moved")
    assert client.get("/posts/vacancies").status_code == 404
    assert client.get("/account").status_code == 200


def test_a_new_password_ends_every_other_session(client, cast, li):
    elsewhere = Client()
    enter(client)
    enter(elsewhere)
    given = {"current": GOOD, "password": "another-good-lantern", "again": "another-good-lantern"}
    assert client.post("/account/password", given).status_code == 302
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


@pytest.mark.parametrize(
    "given",
    [
        {"current": "wrong", "password": "another-good-lantern", "again": "another-good-lantern"},
        {"current": GOOD, "password": "another-good-lantern", "again": "another"},
        {"current": GOOD, "password": "short", "again": "short"},
        {},
    ],
)
def test_a_password_is_not_changed_by_mistake(client, li, given):
    enter(client)
    assert client.post("/account/password", given).status_code == 422
    li.refresh_from_db()
    assert li.check_password(GOOD)


def test_the_language_goes_with_the_account(client, li):
    enter(client)
    client.post("/account/language", {"language": "en"})
    elsewhere = Client()
    assert enter(elsewhere).cookies["linli_language"].value == "en"
    assert client.post("/account/language", {"language": "xx"}).status_code == 422


# One-time links ------------------------------------------------------------------------------------------------------


def test_a_link_leaves_the_address_at_once_and_works_once(client, sign_in, cast):
    page = sign_in("operator").post(f"/accounts/{cast.accounts['zhou'].pk}/link").content.decode()
    link = re.search(r"http://testserver(/password/[\w-]+)", page)[1]
    phone = Client()
    opened = phone.get(link)
    assert (opened.status_code, opened.headers["Location"]) == (302, "/password")
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert Client().get("/password").status_code == 404
    shown = phone.get("/password")
    assert shown.headers["Cache-Control"] == "no-store"
    assert Account.objects.get(username="zhou").password == "", "opening changes nothing"
    assert phone.post("/password", {"password": GOOD, "again": GOOD}).headers["Location"] == "/sign-in"
    assert enter(phone, "zhou").status_code == 302
    again = Client()
    again.get(link)
    assert again.get("/password").status_code == 404


# Tokens --------------------------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_revoked_at_once(client, li):
    enter(client)
    given = {"name": "<b>sheet</b>", "days": "3", "scopes": ["places.see"]}
    page = client.post("/account/tokens", given).content.decode()
    text = re.search(r"linli_[\w-]{43}", page)[0]
    assert "<b>sheet" not in page
    assert queries.actor_for_token(text).id == li.pk
    assert text not in client.get("/account/tokens").content.decode()
    client.post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke")
    assert queries.actor_for_token(text) is None


def test_nobody_revokes_anothers_token(sign_in, cast):
    made, text = actions.make_token(actor=cast.actor("wang"), account=cast.accounts["wang"], name="x")
    assert sign_in("chen").post(f"/account/tokens/{made.pk}/revoke").status_code == 404
    assert sign_in("chen").post("/account/tokens/999999/revoke").status_code == 404
    assert queries.actor_for_token(text)


@pytest.mark.parametrize("given", [{"scopes": ["*"]}, {"scopes": []}, {"days": "367"}, {"days": "0"}, {"name": ""}])
def test_what_is_not_a_token(client, li, given):
    enter(client)
    assert (
        client.post("/account/tokens", {"name": "x", "days": "3", "scopes": ["places.see"], **given}).status_code == 422
    )
    assert not ApiToken.objects.exists()


# Operators -----------------------------------------------------------------------------------------------------------


def test_an_operator_opens_and_closes_accounts_and_sees_no_register(sign_in, cast):
    client = sign_in("operator")
    made = client.post("/accounts/new", {"name": "<i>马莉</i>", "username": "ma.li"})
    assert made.status_code == 302
    page = client.get(made.headers["Location"]).content.decode()
    assert "&lt;i&gt;马莉" in page
    assert "<i>" not in page
    key = Account.objects.get(username="ma.li").pk
    assert client.post("/accounts/new", {"name": "x", "username": "ma.li"}).status_code == 422
    assert client.post(f"/accounts/{key}/close", {"reason": "left"}).status_code == 302
    assert client.post(f"/accounts/{key}/open").status_code == 302
    assert client.post("/accounts", {"q": "马"}).content.decode().count("ma.li") == 1
    assert client.get("/posts/vacancies").status_code == 404
    assert client.get("/accounts/999999").status_code == 404


def test_the_audit_page_keeps_to_ones_places_and_shows_no_value(sign_in, cast):
    for by, code in (("wang", "001-2-2"), ("sun", "002-1-1")):
        actions.appoint(
            actor=cast.actor(by),
            account=cast.accounts["nobody"],
            post_kind="cell_leader",
            place=cast.place(code),
            paper="<script>alert(1)</script>",
        )
    mine = Appointment.objects.get(place=cast.place("001-2-2"))
    actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason="<script>moved</script>")
    page = sign_in("wang").get("/audit?days=1").content.decode()
    assert "王建国" in page
    assert "孙立" not in page
    assert "<script>moved" not in page
    assert "alert(1)" not in page
    ended = sign_in("wang").get("/audit?act=end_appointment").content.decode()
    assert ended.count("row-link") == 1
    assert (
        "孙立"
        not in sign_in("wang").get(f"/audit?who=account:{cast.accounts['sun'].pk}").content.decode().split("<table")[0]
    )
    for odd in ("days=x", "cursor=x", "days=99999999999999999999", "act=%00", "cursor=99999999999999999999999"):
        assert sign_in("wang").get(f"/audit?{odd}").status_code == 200, odd


def test_long_lists_come_in_pages(sign_in, cast, django_assert_max_num_queries):
    from linli.core import audit

    for number in range(60):
        audit.record(cast.actor("wang"), "appoint", ("grid.appointment", number), path=cast.place("001").path)
    client = sign_in("wang")
    with django_assert_max_num_queries(9):
        first = client.get("/audit").content.decode()
    assert first.count("row-link") == 50
    after = re.search(r'href="(\?[^"]*cursor=[^"]+)"', first)[1].replace("&amp;", "&")
    assert client.get(f"/audit{after}").content.decode().count("row-link") == 10


def test_pages_of_accounts_take_few_queries(sign_in, cast, django_assert_max_num_queries):
    actions.make_accounts(
        actor=SYSTEM, rows=[actions.NewAccount(username=f"p{number}", name=f"人{number}") for number in range(70)]
    )
    for number in range(10):
        actions.make_token(actor=cast.actor("operator"), account=cast.accounts["operator"], name=f"x{number}")
    client = sign_in("operator")
    for address, most in (("/accounts", 7), ("/accounts?page=2", 7), ("/account", 13), ("/account/tokens", 8)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200
