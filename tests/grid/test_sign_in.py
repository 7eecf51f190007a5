"""The second door and the outside one, as their owners and as attackers would try them."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.models import AuditEntry
from linli.grid import actions, queries
from linli.grid.models import FactorRule, OutsideIdentity, RecoveryCode, SecondFactor
from linli.grid.rules import find_totp_step, plain_code
from tests.grid.issuer import Issuer

GOOD = "three-green-lanterns"
CODE = r"\b[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}\b"


@pytest.fixture
def li(cast):
    actions.set_password(actor=SYSTEM, account=cast.accounts["li"], password=GOOD)
    return cast.accounts["li"]


@pytest.fixture
def factor(cast, li):
    """Li with a second factor; gives (secret, recovery codes)."""
    actor = cast.actor("li")
    made = actions.begin_second_factor(actor=actor)
    codes = actions.confirm_second_factor(actor=actor, code=code_of(made.secret, -30))
    return made.secret, codes


def code_of(secret, seconds=0):
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=seconds))


def enter(client, username="li", password=GOOD, **more):
    return client.post("/sign-in", {"username": username, "password": password, **more})


# Rules ---------------------------------------------------------------------------------------------------------------


@given(st.integers(90, 2_000_000_000), st.integers(-3, 3))
def test_a_code_counts_within_one_step_and_never_twice(at, off):
    from datetime import UTC, datetime

    secret, moment = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", datetime.fromtimestamp(at, tz=UTC)
    step = at // 30 + off
    code = pyotp.TOTP(secret).generate_otp(max(step, 0))
    found = find_totp_step(secret, code, moment, after=-1)
    if abs(off) <= 1 and step >= 0:
        assert found is not None
        assert find_totp_step(secret, code, moment, after=found) is None
    elif found is not None:  # two steps share a code once in a million
        assert pyotp.TOTP(secret).generate_otp(found) == code


def test_a_clock_that_steps_back_locks_nobody_out():
    secret, now = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", clock.now()
    ahead = int((now + timedelta(days=2)).timestamp()) // 30
    assert find_totp_step(secret, pyotp.TOTP(secret).at(now), now, after=ahead) is not None


@pytest.mark.parametrize("written", ["abcde-fghjk", "ABCDE FGHJK", "ａｂｃｄｅ－ｆｇｈｊｋ", " abcdefghjk "])
def test_a_recovery_code_may_be_written_in_any_way(written):
    assert plain_code(written) == "abcdefghjk"


# Setting up ----------------------------------------------------------------------------------------------------------


def test_setting_up_shows_the_codes_once_and_stores_none_of_them(client, cast, li):
    enter(client)
    assert client.post("/account/second-factor").status_code == 302
    page = client.get("/account/second-factor")
    made = SecondFactor.objects.get(account=li)
    assert made.confirmed_at is None
    assert made.secret[:4] in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    wrong = client.post("/account/second-factor/confirm", {"code": "000000"})
    assert wrong.status_code == 422
    done = client.post("/account/second-factor/confirm", {"code": code_of(made.secret)})
    codes = re.findall(CODE, done.content.decode())
    assert len(set(codes)) == 10
    stored = " ".join(RecoveryCode.objects.values_list("code_hash", flat=True))
    assert not any(code.replace("-", "") in stored for code in codes)
    assert codes[0] not in client.get("/account/second-factor").content.decode()
    assert AuditEntry.objects.filter(act="confirm_second_factor", object_id=str(li.pk)).exists()


def test_an_unconfirmed_factor_keeps_nobody_out(client, cast, li):
    actions.begin_second_factor(actor=cast.actor("li"))
    assert enter(client).headers["Location"] == "/"


# The second door -----------------------------------------------------------------------------------------------------


def test_a_password_alone_opens_nothing(client, factor):
    assert enter(client, next="/posts/vacancies").headers["Location"] == "/sign-in/code"
    assert client.get("/account").headers["Location"].startswith("/sign-in")
    assert client.post("/account/password", {}).headers["Location"].startswith("/sign-in")
    opened = client.post("/sign-in/code", {"code": code_of(factor[0])})
    assert opened.headers["Location"] == "/posts/vacancies"
    assert client.get("/account").status_code == 200


def test_a_code_that_was_seen_opens_nothing_again(factor):
    code = code_of(factor[0])
    for number, status in ((1, 302), (2, 422)):
        client = Client()
        enter(client)
        assert client.post("/sign-in/code", {"code": code}).status_code == status, number


def test_a_recovery_code_opens_once(factor):
    for status in (302, 422):
        client = Client()
        enter(client)
        assert client.post("/sign-in/code", {"code": factor[1][0].upper()}).status_code == status
    assert RecoveryCode.objects.filter(used_at=None).count() == 9


def test_eight_wrong_codes_close_the_second_door_for_a_while(factor, cast):
    client = Client()
    enter(client)
    seen = [client.post("/sign-in/code", {"code": "000000"}).status_code for _try in range(9)]
    assert seen == [422] * 8 + [429]
    assert client.post("/sign-in/code", {"code": code_of(factor[0])}).status_code == 429
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        enter(client)
        assert client.post("/sign-in/code", {"code": code_of(factor[0])}).status_code == 302


def test_the_second_door_closes_after_ten_minutes_and_opens_for_nobody_else(client, factor):
    assert client.get("/sign-in/code").headers["Location"] == "/sign-in"
    enter(client)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        late = client.post("/sign-in/code", {"code": code_of(factor[0])})
        assert late.headers["Location"] == "/sign-in"


def test_the_session_key_is_new_behind_each_door(client, factor):
    enter(client)
    first = client.cookies["linli"].value
    client.post("/sign-in/code", {"code": code_of(factor[0])})
    assert client.cookies["linli"].value != first


def test_codes_and_secrets_reach_no_log(client, factor, caplog):
    with caplog.at_level("DEBUG"):
        enter(client)
        client.post("/sign-in/code", {"code": factor[1][0]})
    assert factor[1][0] not in caplog.text
    assert factor[0] not in caplog.text


def test_another_phone_takes_a_code_and_the_old_phone_ends(client, factor, li):
    enter(client)
    client.post("/sign-in/code", {"code": code_of(factor[0])})
    assert client.post("/account/second-factor/change", {"code": "123"}).status_code == 422
    assert client.post("/account/second-factor/change", {"code": factor[1][1]}).status_code == 302
    fresh = SecondFactor.objects.get(account=li)
    assert fresh.secret != factor[0]
    assert fresh.confirmed_at is None
    assert client.post("/account/second-factor/confirm", {"code": code_of(fresh.secret)}).status_code == 200


def test_taking_it_away_takes_a_code(client, factor, li):
    enter(client)
    client.post("/sign-in/code", {"code": code_of(factor[0])})
    assert client.post("/account/second-factor/remove", {"code": "000000"}).status_code == 422
    assert SecondFactor.objects.filter(account=li).exists()
    assert client.post("/account/second-factor/remove", {"code": factor[1][2]}).status_code == 302
    assert not SecondFactor.objects.filter(account=li).exists()
    assert not RecoveryCode.objects.filter(account=li).exists()


# Posts that ask for it -----------------------------------------------------------------------------------------------


def test_a_post_that_asks_for_it_opens_nothing_before(client, cast, li):
    actions.set_factor_rules(actor=cast.actor("operator"), post_kinds=["grid_administrator"])
    assert enter(client).headers["Location"] == "/account/second-factor"
    for address in ("/", "/account", "/posts/vacancies", "/account/tokens", "/account/second-factor/codes"):
        answer = client.get(address)
        assert answer.headers.get("Location") == "/account/second-factor", address
    part = client.get("/posts/vacancies", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/account/second-factor"
    client.post("/account/second-factor")
    secret = SecondFactor.objects.get(account=li).secret
    client.post("/account/second-factor/confirm", {"code": code_of(secret)})
    assert client.get("/account").status_code == 200
    refused = client.post("/account/second-factor/remove", {"code": code_of(secret, 30)})
    assert refused.status_code == 422
    assert SecondFactor.objects.filter(account=li).exists()


def test_others_are_not_asked(client, cast, li):
    actions.set_factor_rules(actor=cast.actor("operator"), post_kinds=["street_officer", "operator"])
    assert enter(client).headers["Location"] == "/"


def test_rules_are_the_operators_and_name_known_posts_only(cast, sign_in):
    assert sign_in("chen").post("/accounts/second-factor", {"post_kinds": ["cell_leader"]}).status_code == 404
    page = sign_in("operator")
    assert page.post("/accounts/second-factor", {"post_kinds": ["emperor"]}).status_code == 422
    assert page.post("/accounts/second-factor", {"post_kinds": ["cell_leader", "operator"]}).status_code == 302
    assert set(FactorRule.objects.values_list("post_kind", flat=True)) == {"cell_leader", "operator"}
    assert queries.count_lacking_factor() == 4, "three cell leaders and the operator"


def test_the_page_of_rules_takes_the_same_few_queries(cast, sign_in, django_assert_max_num_queries):
    client = sign_in("operator")
    with django_assert_max_num_queries(9):
        assert "3" in client.get("/accounts/second-factor").content.decode()


def test_an_operator_resets_what_was_lost_and_its_owner_reads_it(cast, sign_in, factor, li):
    client = sign_in("operator")
    address = f"/accounts/{li.pk}/second-factor"
    client.post(address, {"reason": ""})
    assert SecondFactor.objects.filter(account=li).exists()
    client.post(address, {"reason": "called back on the number of the file"})
    assert not SecondFactor.objects.filter(account=li).exists()
    assert AuditEntry.objects.get(act="reset_second_factor").object_id == str(li.pk)
    assert sign_in("chen").post(address, {"reason": "I want to"}).status_code == 404


# The outside sign-in -------------------------------------------------------------------------------------------------


@pytest.fixture
def issuer(settings):
    with Issuer() as found:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = found.address, "linli", "s3cret"
        settings.OIDC_NAME = "城市统一认证"
        yield found


def go_outside(client, issuer, **query):
    sent = client.get("/sign-in/outside", query)
    assert sent.status_code == 302
    return client.get(issuer.authorize(sent.headers["Location"]))


def test_without_an_issuer_there_is_no_such_door(client, db):
    assert client.get("/sign-in/outside").status_code == 404
    assert "/sign-in/outside" not in client.get("/sign-in").content.decode()


def test_an_identity_is_connected_once_and_then_signs_in(client, cast, li, issuer):
    unknown = go_outside(client, issuer)
    assert unknown.headers["Location"] == "/sign-in"
    assert "城市统一认证" in client.get("/sign-in").content.decode()
    enter(client)
    assert go_outside(client, issuer).headers["Location"] == "/account"
    assert OutsideIdentity.objects.get().account_id == li.pk
    fresh = Client()
    assert go_outside(fresh, issuer, next="/posts/vacancies").headers["Location"] == "/posts/vacancies"
    assert fresh.get("/account").status_code == 200
    assert OutsideIdentity.objects.get().used_at is not None


def test_somebody_elses_identity_is_never_taken_over(cast, li, issuer):
    OutsideIdentity.objects.create(
        account=cast.accounts["chen"], issuer=issuer.address, subject="u-1", made_at=clock.now()
    )
    client = Client()
    enter(client)
    go_outside(client, issuer)
    assert OutsideIdentity.objects.get().account_id == cast.accounts["chen"].pk


def test_a_name_is_believed_only_where_the_deployment_says_so(client, cast, issuer, settings):
    assert go_outside(client, issuer).headers["Location"] == "/sign-in"
    settings.OIDC_USERNAME_CLAIM = "preferred_username"
    assert go_outside(client, issuer).headers["Location"] == "/"
    assert OutsideIdentity.objects.get().account_id == cast.accounts["li"].pk
    issuer.claims = {"sub": "u-2", "preferred_username": "operator"}
    assert go_outside(Client(), issuer).headers["Location"] == "/sign-in", "an operator is never taken by name"


@pytest.mark.parametrize("forged", [{"aud": "another"}, {"iss": "http://evil.example"}, {"exp": 1}, {"nonce": "x"}])
def test_a_token_for_another_by_another_or_of_yesterday_is_refused(client, cast, issuer, settings, forged):
    settings.OIDC_USERNAME_CLAIM = "preferred_username"
    issuer.forge = forged
    assert go_outside(client, issuer).status_code == 400
    assert not OutsideIdentity.objects.exists()


def test_a_token_signed_by_another_key_is_refused(client, cast, issuer, settings):
    from joserfc.jwk import RSAKey

    settings.OIDC_USERNAME_CLAIM = "preferred_username"
    issuer.signing_key = RSAKey.generate_key(2048, {"kid": "k1"})
    assert go_outside(client, issuer).status_code == 400
    assert not OutsideIdentity.objects.exists()


def test_an_answer_that_nobody_asked_for_is_refused(client, cast, issuer, settings):
    settings.OIDC_USERNAME_CLAIM = "preferred_username"
    sent = client.get("/sign-in/outside").headers["Location"]
    back = issuer.authorize(sent)
    stranger = Client()
    assert stranger.get(back).status_code == 400, "another browser"
    assert client.get(back.replace("state=", "state=x")).status_code == 400
    assert not OutsideIdentity.objects.exists()


def test_an_issuer_that_is_away_leaves_the_password(client, db, issuer):
    issuer.server.shutdown()
    issuer.server.server_close()
    answer = client.get("/sign-in/outside")
    assert answer.status_code == 503
    issuer.__exit__ = lambda *_error: None  # type: ignore[method-assign]


def test_the_second_door_stands_behind_the_outside_one(cast, factor, issuer, settings):
    settings.OIDC_USERNAME_CLAIM = "preferred_username"
    assert go_outside(Client(), issuer).headers["Location"] == "/sign-in/code"
    settings.OIDC_SECOND_FACTOR = True
    assert go_outside(Client(), issuer).headers["Location"] == "/"


def test_the_last_way_in_is_not_cut(client, cast, issuer, settings, sign_in):
    settings.OIDC_USERNAME_CLAIM = "preferred_username"
    cast.accounts["li"].set_unusable_password()
    cast.accounts["li"].save()
    go_outside(client, issuer)
    identity = OutsideIdentity.objects.get()
    assert client.post(f"/identities/{identity.pk}/disconnect").status_code == 409
    assert sign_in("sun").post(f"/identities/{identity.pk}/disconnect").status_code == 404
    assert sign_in("operator").post(f"/identities/{identity.pk}/disconnect").status_code == 302
    assert not OutsideIdentity.objects.exists()
