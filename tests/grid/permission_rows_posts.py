"""Rows for posts, accounts, tokens and the audit trail."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from linli.core import clock
from linli.grid import actions
from linli.grid.models import Appointment
from tests.conftest import Cast
from tests.matrix import OPERATOR, PUBLIC, SIGNED_IN, Row


def _account(cast: Cast) -> dict[str, Any]:
    return {"account_id": cast.accounts["nobody"].pk}


def _closed(cast: Cast) -> dict[str, Any]:
    actions.deactivate_account(actor=cast.actor("operator"), account=cast.accounts["nobody"], reason="left")
    return _account(cast)


def _appointment(cast: Cast) -> dict[str, Any]:
    return {"appointment_id": Appointment.objects.get(account=cast.accounts["zhou"]).pk}


def _token(cast: Cast) -> dict[str, Any]:
    made, _text = actions.make_token(actor=cast.actor("wang"), account=cast.accounts["wang"], name="sheet")
    return {"token_id": made.pk}


def _key(cast: Cast) -> dict[str, Any]:
    uid, token = actions.make_password_link(actor=cast.actor("operator"), account=cast.accounts["li"])
    return {"key": f"{uid}-{token}"}


def _away(cast: Cast) -> dict[str, Any]:
    days = {"from_on": clock.today(), "until_on": clock.today() + timedelta(days=2)}
    return {"posts": [_appointment(cast)["appointment_id"]], "reason": "leave", "deputy": "", **days}


def _absence(cast: Cast) -> dict[str, Any]:
    post = Appointment.objects.select_related("place", "account").get(account=cast.accounts["zhou"])
    away = actions.Away(until_at=clock.now() + timedelta(days=1), deputy=None, reason="leave")
    return {"absence_id": actions.record_absence(actor=cast.actor("zhou"), appointments=[post], away=away)[0].pk}


CELL = "?place=360103001001-1-1"
SEES_POSTS = {"permission": "posts.see", "lacking": "zhou"}
# Li sees the posts of her grid and appoints nobody: she is told so. Whoever does not see them is told nothing.
APPOINTS = {"permission": "posts.appoint", "lacking": "li", "expect": {"lacking": 403, "operator": 404}}
NO_LINK = dict.fromkeys(PUBLIC, 404)


def _identity(cast: Cast) -> dict[str, Any]:
    mine = cast.actor("wang")
    made = actions.connect_identity(actor=mine, issuer="https://id.example", subject="w-1")
    return {"identity_id": made.pk}


def _new_account(cast: Cast) -> dict[str, Any]:
    return {"name": "马莉", "username": "ma.li", "phone": ""}


def _appoint(cast: Cast) -> dict[str, Any]:
    return {
        "post_kind": "cell_leader",
        "who": "existing",
        "username": "nobody",
        "from_on": "2026-11-01",
        "paper": "南浦办〔2026〕9号",
        "anyway": "on",
    }


def _ended_appointment(cast: Cast) -> dict[str, Any]:
    """One that Wang has ended a moment ago."""
    found = _appointment(cast)
    one = Appointment.objects.select_related("place").get(pk=found["appointment_id"])
    actions.end_appointment(actor=cast.actor("wang"), appointment=one, reason="a slip", write_id=uuid4())
    return found


ROWS = [
    Row("sign-in", answers=PUBLIC),
    Row("sign-in", "POST", answers=dict.fromkeys(PUBLIC, 422), data=lambda cast: {"username": "li", "password": "x"}),
    Row("sign-out", "POST", answers=PUBLIC),
    Row("password-link", answers=PUBLIC, kwargs=_key),
    Row("password-new", answers=NO_LINK),  # nobody without the link's key in their session
    Row("password-new", "POST", answers=NO_LINK, data=lambda cast: {"password": "x" * 20, "again": "x" * 20}),
    Row("account", answers=SIGNED_IN),
    Row("account-password", "POST", answers={**dict.fromkeys(SIGNED_IN, 422), "anonymous": 302}),
    Row("account-language", "POST", answers=SIGNED_IN, data=lambda cast: {"language": "en"}),
    Row("account-tokens", answers=SIGNED_IN),
    Row(
        "account-tokens",
        "POST",
        answers=SIGNED_IN,
        data=lambda cast: {"name": "sheet", "days": 3, "scopes": "places.see"},
    ),
    Row(  # one's own; an operator may end anybody's
        "account-token-revoke", "POST", kwargs=_token, lacking="zhou", expect={"lacking": 404, "operator": 302}
    ),
    Row("sign-in-code", answers=dict.fromkeys(SIGNED_IN, 302)),
    Row("sign-in-code", "POST", answers=dict.fromkeys(SIGNED_IN, 302)),
    Row("outside-begin", answers=dict.fromkeys(SIGNED_IN, 404)),  # this deployment has none
    Row("outside-done", answers=dict.fromkeys(SIGNED_IN, 404)),
    Row("second-factor", answers=SIGNED_IN),
    Row("second-factor", "POST", answers=SIGNED_IN),
    Row("second-factor-confirm", "POST", answers={**dict.fromkeys(SIGNED_IN, 422), "anonymous": 302}),
    Row("second-factor-codes", "POST", answers={**dict.fromkeys(SIGNED_IN, 422), "anonymous": 302}),
    Row("second-factor-change", "POST", answers={**dict.fromkeys(SIGNED_IN, 422), "anonymous": 302}),
    Row("second-factor-remove", "POST", answers={**dict.fromkeys(SIGNED_IN, 422), "anonymous": 302}),
    Row("identity-disconnect", "POST", kwargs=_identity, lacking="zhou", expect={"lacking": 404, "operator": 302}),
    Row("factor-rules", answers=OPERATOR),
    Row("factor-rules", "POST", answers=OPERATOR),
    Row("second-factor-reset", "POST", answers=OPERATOR, kwargs=_account, data=lambda cast: {"reason": "lost"}),
    Row("account-list", answers=OPERATOR),
    Row("account-list", "POST", answers=OPERATOR, data=lambda cast: {"q": "李"}),
    Row("account-new", answers=OPERATOR),
    Row("account-new", "POST", answers=OPERATOR, data=_new_account),
    Row("account-detail", answers=OPERATOR, kwargs=_account),
    Row("account-link", "POST", answers=OPERATOR, kwargs=_account),
    Row("account-close", "POST", answers=OPERATOR, kwargs=_account, data=lambda cast: {"reason": "left"}),
    Row("account-open", "POST", answers=OPERATOR, kwargs=_closed),
    Row(  # each in their own places, an operator what was done to accounts
        "audit", permission="audit.see", lacking="li", expect={"lacking": 404, "outsider": 200, "operator": 200}
    ),
    Row("post-vacancies", query=CELL, **SEES_POSTS),
    Row("post-double-bookings", query=CELL, **SEES_POSTS),
    Row("post-staffing", query=CELL, **SEES_POSTS),
    Row("post-history", query=CELL, **SEES_POSTS),
    Row("post-appoint", query=CELL, **APPOINTS),
    Row("post-appoint", "POST", query=CELL, data=_appoint, **APPOINTS),
    Row(  # searches only among the people of one's own places
        "post-people",
        "POST",
        data=lambda cast: {"q": "周"},
        permission="posts.appoint",
        lacking="li",
        expect={"lacking": 404, "outsider": 200},
    ),
    Row("account-away", answers=SIGNED_IN),
    Row("account-away", "POST", answers={**dict.fromkeys(SIGNED_IN, 422), "anonymous": 302}),
    Row("post-away", kwargs=_appointment, **APPOINTS),
    Row("post-away", "POST", kwargs=_appointment, data=_away, **APPOINTS),
    Row("absence-end", "POST", kwargs=_absence, **APPOINTS),
    Row("post-end", kwargs=_appointment, **APPOINTS),
    Row("post-end", "POST", kwargs=_appointment, data=lambda cast: {"reason": "moved away"}, **APPOINTS),
    Row("post-resume", "POST", kwargs=_ended_appointment, **APPOINTS),
]
