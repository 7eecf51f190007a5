"""Accounts, passwords, one-time links and tokens: the acts themselves. The pages stand in test_accounts_pages.py."""

from datetime import timedelta
from uuid import uuid4

import pytest

from linli.core import clock
from linli.core.actors import NOBODY, SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.models import AuditEntry
from linli.grid import actions, queries
from linli.grid.models import Account, ApiToken, Appointment
from linli.grid.rules import MOST_TOKEN_DAYS, PERMISSIONS, SENSITIVE, plain_username

GOOD = "three-green-lanterns"


# Opening -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "username"),
    [
        (" Chen.SQ ", "chen.sq"),
        ("13800130001", "13800130001"),
        ("陈书琴", "陈书琴"),
        ("a", None),
        ("two words", None),
        ("x" * 61, None),
        ("<b>bold</b>", None),
        ("", None),
    ],
)
def test_names_for_sign_in(text, username):
    assert plain_username(text) == username


def test_opening_an_account(cast):
    made = actions.make_account(
        actor=cast.actor("wang"), username="Ma.Li", name=" 马  莉 ", phone="138 0013 9001", language="en"
    )
    made = Account.objects.get(pk=made.pk)
    assert (made.username, made.name, made.phone, made.language) == ("ma.li", "马 莉", "+8613800139001", "en")
    assert made.phone_index
    assert not made.has_usable_password()
    assert not made.reachable, "nothing reaches a person who can't sign in yet"
    with pytest.raises(Invalid) as caught:
        actions.make_account(actor=cast.actor("wang"), username="MA.LI", name="别人")
    assert "username" in caught.value.fields


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "a b"}, "username"),
        ({"name": "  "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"password": "short"}, "password"),
    ],
)
def test_what_is_not_an_account(cast, change, field):
    with pytest.raises(Invalid) as caught:
        actions.make_account(actor=SYSTEM, **{"username": "ma", "name": "马莉", **change})
    assert field in caught.value.fields
    assert not Account.objects.filter(username="ma").exists()


def test_who_may_open_accounts(cast):
    for by in ("li", "zhou", "nobody"):
        with pytest.raises(Forbidden):
            actions.make_account(actor=cast.actor(by), username="ma", name="马莉")
    with pytest.raises(Missing):  # only an operator makes an operator
        actions.make_account(actor=cast.actor("wang"), username="ma", name="马莉", is_operator=True)
    actions.make_account(actor=cast.actor("operator"), username="ma", name="马莉", is_operator=True)


def test_an_account_is_opened_once_for_a_form_sent_twice(cast):
    key, wang = uuid4(), cast.actor("wang")
    first = actions.make_account(actor=wang, username="ma", name="马莉", write_id=key)
    assert actions.make_account(actor=wang, username="ma", name="马莉", write_id=key) == first


# Passwords -----------------------------------------------------------------------------------------------------------


def test_ones_own_password_takes_the_present_one(cast):
    actions.set_password(actor=SYSTEM, account=cast.accounts["li"], password=GOOD)
    li = cast.actor("li")
    for current in (None, "", "wrong"):
        with pytest.raises(Invalid) as caught:
            actions.set_password(actor=li, account=cast.accounts["li"], password="another-good-one", current=current)
        assert "current" in caught.value.fields
    actions.set_password(actor=li, account=cast.accounts["li"], password="another-good-one", current=GOOD)
    assert Account.objects.get(username="li").check_password("another-good-one")
    with pytest.raises(Missing):
        actions.set_password(actor=cast.actor("wang"), account=cast.accounts["li"], password=GOOD, current=GOOD)


def test_passwords_are_argon2_and_never_in_the_audit(cast):
    actions.set_password(actor=SYSTEM, account=cast.accounts["li"], password=GOOD)
    assert Account.objects.get(username="li").password.startswith("argon2")
    assert not any(GOOD in str(row) for row in AuditEntry.objects.values_list())


@pytest.mark.parametrize("weak", ["short", "password1234", "1234567890", "limei-limei"])
def test_weak_passwords_are_refused(cast, weak):
    Account.objects.filter(username="li").update(username="limei-limei")
    with pytest.raises(Invalid):
        actions.set_password(actor=SYSTEM, account=Account.objects.get(username="limei-limei"), password=weak)


def test_a_one_time_link_works_once(cast):
    with pytest.raises(Missing):
        actions.make_password_link(actor=cast.actor("wang"), account=cast.accounts["li"])
    uid, token = actions.make_password_link(actor=cast.actor("operator"), account=cast.accounts["li"])
    with pytest.raises(Missing):
        actions.set_password_by_link(actor=NOBODY, uid=uid, token=token[:-1] + "x", password=GOOD)
    other, _ = actions.make_password_link(actor=cast.actor("operator"), account=cast.accounts["wang"])
    with pytest.raises(Missing):  # a token for one opens nobody else
        actions.set_password_by_link(actor=NOBODY, uid=other, token=token, password=GOOD)
    _, text = actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x")
    actions.set_password_by_link(actor=NOBODY, uid=uid, token=token, password=GOOD)
    assert Account.objects.get(username="li").reachable
    assert queries.actor_for_token(text) is None
    with pytest.raises(Missing):
        actions.set_password_by_link(actor=NOBODY, uid=uid, token=token, password="something-else-good")
    for nonsense in ("", "!!", "AAAA", "/w=="):
        assert queries.find_account_by_link(uid=nonsense, token=token) is None


# Closing -------------------------------------------------------------------------------------------------------------


def test_closing_an_account_ends_everything(cast):
    li = cast.accounts["li"]
    _, text = actions.make_token(actor=cast.actor("li"), account=li, name="x")
    with pytest.raises(Missing):
        actions.deactivate_account(actor=cast.actor("wang"), account=li, reason="x")
    with pytest.raises(Invalid):
        actions.deactivate_account(actor=cast.actor("operator"), account=li, reason=" ")
    with pytest.raises(Conflict):
        actions.deactivate_account(actor=cast.actor("operator"), account=cast.accounts["operator"], reason="x")
    actions.deactivate_account(actor=cast.actor("operator"), account=li, reason="left the service")
    li.refresh_from_db()
    assert queries.actor_for(li) is NOBODY
    assert queries.actor_for_token(text) is None
    assert not Appointment.objects.valid_at(clock.now()).filter(account=li).exists()
    opened = actions.reactivate_account(actor=cast.actor("operator"), account=li)
    assert (queries.actor_for(opened).grants, opened.has_usable_password()) == ((), False)
    seen = AuditEntry.objects.filter(act="end_appointment").values_list("path", flat=True)
    assert list(seen) == [cast.place("001-1").path]


# Tokens --------------------------------------------------------------------------------------------------------------


def test_a_token_acts_within_its_scopes(cast):
    made, text = actions.make_token(
        actor=cast.actor("li"), account=cast.accounts["li"], name="sheet", scopes=["places.see"]
    )
    assert text.startswith("linli_")
    assert len(text) >= 6 + 43, "256 bits"
    assert text not in str(list(ApiToken.objects.values_list()))
    actor = queries.actor_for_token(text)
    path = cast.place("001-1").path
    assert (actor.may("places.see", path), actor.may("tasks.see", path), actor.may("places.see", "36/")) == (
        True,
        False,
        False,
    )
    assert queries.actor_for_token(text + "x") is None
    assert queries.actor_for_token(made.token_hash) is None
    assert queries.actor_for_token("linli_") is None
    assert queries.actor_for_token("") is None


def test_scopes_that_widen_access_are_named_one_by_one(cast):
    made, text = actions.make_token(actor=cast.actor("wang"), account=cast.accounts["wang"], name="x")
    assert not set(made.scopes) & SENSITIVE
    assert set(made.scopes) == set(PERMISSIONS) - SENSITIVE
    assert not queries.actor_for_token(text).may_somewhere("register.reveal")
    _, wide = actions.make_token(
        actor=cast.actor("wang"), account=cast.accounts["wang"], name="x", scopes=["register.reveal"]
    )
    assert queries.actor_for_token(wide).may_somewhere("register.reveal")
    for scope in ("*", "nonsense", ""):
        with pytest.raises(Invalid):
            actions.make_token(actor=cast.actor("wang"), account=cast.accounts["wang"], name="x", scopes=[scope])


def test_a_scope_gives_nothing_that_the_posts_do_not(cast):
    _, text = actions.make_token(
        actor=cast.actor("zhou"), account=cast.accounts["zhou"], name="x", scopes=["posts.appoint"]
    )
    assert not queries.actor_for_token(text).may_somewhere("posts.appoint")


@pytest.mark.parametrize("days", [0, -1, MOST_TOKEN_DAYS + 1])
def test_tokens_do_not_live_for_ever(cast, days):
    with pytest.raises(Invalid):
        actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x", days=days)


def test_tokens_expire_and_are_revoked_at_once(cast):
    made, text = actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x")
    assert timedelta(days=29) < made.expires_at - clock.now() <= timedelta(days=30)
    ApiToken.objects.filter(pk=made.pk).update(expires_at=clock.now())
    assert queries.actor_for_token(text) is None
    ApiToken.objects.filter(pk=made.pk).update(expires_at=clock.now() + timedelta(days=1))
    assert queries.actor_for_token(text) is not None
    with pytest.raises(Missing):
        actions.revoke_token(actor=cast.actor("wang"), token_id=made.pk)
    actions.revoke_token(actor=cast.actor("li"), token_id=made.pk)
    assert queries.actor_for_token(text) is None


def test_a_token_ends_with_the_appointment(cast):
    _, text = actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x")
    held = Appointment.objects.get(account=cast.accounts["li"])
    actions.end_appointment(actor=SYSTEM, appointment=held, reason="x")
    assert queries.actor_for_token(text).grants == ()


def test_a_token_makes_no_token_and_changes_no_account(cast):
    _, text = actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x")
    program = queries.actor_for_token(text)
    with pytest.raises(Forbidden):
        actions.make_token(actor=program, account=cast.accounts["li"], name="y", days=366)
    with pytest.raises(Forbidden):
        actions.set_password(actor=program, account=cast.accounts["li"], password=GOOD)
    with pytest.raises(Forbidden):
        actions.change_own_language(actor=program, language="en")
    with pytest.raises(Missing):  # nor for somebody else
        actions.make_token(actor=cast.actor("wang"), account=cast.accounts["li"], name="x")
    _, text = actions.make_token(actor=cast.actor("operator"), account=cast.accounts["operator"], name="x")
    with pytest.raises(Missing):  # an operator's program is no operator
        queries.list_accounts(actor=queries.actor_for_token(text))


def test_a_token_is_shown_once(cast):
    key = uuid4()
    actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x", write_id=key)
    with pytest.raises(Conflict):
        actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x", write_id=key)
    assert ApiToken.objects.count() == 1


def test_the_last_day_of_use_is_noted_once_a_day(cast, django_assert_num_queries):
    made, text = actions.make_token(actor=cast.actor("li"), account=cast.accounts["li"], name="x")
    actions.note_token_use(actor=cast.actor("li"), token=text)
    made.refresh_from_db()
    assert made.used_on == clock.today()
    li = cast.actor("li")
    with django_assert_num_queries(1):
        actions.note_token_use(actor=li, token=text)


# Who sees accounts and the audit trail -------------------------------------------------------------------------------


def test_accounts_are_an_operators(cast):
    assert queries.list_accounts(actor=cast.actor("operator"), text="李").get().username == "li"
    for by in ("chen", "wang", "nobody"):
        with pytest.raises(Missing):
            queries.list_accounts(actor=cast.actor(by))
        with pytest.raises(Missing):
            queries.get_account(actor=cast.actor(by), account_id=cast.accounts["li"].pk)
        with pytest.raises(Missing):
            queries.list_tokens(actor=cast.actor(by), account=cast.accounts["li"])
    assert list(queries.list_tokens(actor=cast.actor("li"), account=cast.accounts["li"])) == []


def test_the_audit_trail_is_read_within_ones_places(cast):
    for by, code in (("wang", "001-2-2"), ("sun", "002-1-1")):
        actions.appoint(
            actor=cast.actor(by),
            account=cast.accounts["nobody"],
            post_kind="cell_leader",
            place=cast.place(code),
            paper="南浦办〔2026〕9号",
        )
    actions.make_account(actor=SYSTEM, username="ma", name="马莉")
    since = clock.now() - timedelta(days=1)

    def seen(by, **more):
        rows = queries.list_audit(actor=cast.actor(by), since=since, **more)
        return sorted((row.act, row.path) for row in rows)

    mine, next_door = cast.place("001-2-2").path, cast.place("002-1-1").path
    assert seen("wang") == [("appoint", mine)]
    assert seen("sun") == [("appoint", next_door)]
    assert seen("chen") == [("appoint", mine), ("appoint", next_door)]
    assert seen("chen", who="sun") == seen("chen", who="孙立") == [("appoint", next_door)]
    assert seen("chen", act="reveal") == []
    for by in ("li", "nobody"):
        with pytest.raises(Missing):
            seen(by)
    assert seen("operator") == [("make_account", "")]
