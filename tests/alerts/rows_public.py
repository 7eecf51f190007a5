"""Pages without an account: the same for everybody, whoever is signed in on the phone."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from linli.alerts import actions
from linli.alerts.actions import Notice
from linli.alerts.models import Alert
from tests.conftest import Cast
from tests.matrix import KINDS, PUBLIC, Row

NO_LINK = dict.fromkeys(KINDS, 404)  # none was opened on this phone
TEXTS = {"zh-hans": {"headline": "暴雨", "body": "请勿外出"}}


def issue(cast: Cast) -> Alert:
    """A notice over the street, for a row that needs one."""
    notice = Notice(texts=TEXTS, urgency="immediate", places=[cast.place("360103001")])
    return actions.issue_alert(actor=cast.actor("chen"), alert_id=uuid4(), notice=notice)


def _household_token(cast: Cast) -> Mapping[str, Any]:
    return {"token": actions.make_household_link(actor=cast.actor("zhou"), household=cast.households[0].pk)}


def _shared_token(cast: Cast) -> Mapping[str, Any]:
    place = cast.place("001-1-1")
    return {"token": actions.make_shared_link(actor=cast.actor("zhou"), alert=issue(cast), place=place)}


ROWS = [
    Row("link-open", answers=PUBLIC, kwargs=_household_token),
    Row("shared-open", answers=PUBLIC, kwargs=_shared_token),
    Row("notices", answers=NO_LINK),
    Row("notice-confirm", "POST", answers=NO_LINK),
    Row("notice-ask", "POST", answers=NO_LINK),
    Row("notice-forget", "POST", answers=NO_LINK),
    Row("about-us", answers=NO_LINK),
    Row("about-prove", "POST", answers=NO_LINK),
    Row("about-code", "POST", answers=NO_LINK),
    Row("about-ask", "POST", answers=NO_LINK),
    Row("about-contact", "POST", answers=NO_LINK),
    Row("about-withdraw", "POST", answers=NO_LINK),
    Row("about-download", answers=NO_LINK),
    Row("forgotten", answers=PUBLIC),
    Row("shared", answers=NO_LINK),
    Row("shared-confirm", "POST", answers=NO_LINK),
    Row("shared-done", answers=PUBLIC),
]
