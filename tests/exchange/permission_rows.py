"""Who may look at alerts from outside and decide on them, who keeps feeds, and what everybody may read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from linli.alerts import actions as alert_actions
from linli.alerts import queries as alert_queries
from linli.core.actors import SYSTEM
from linli.exchange import actions
from linli.exchange.rules.writing import write_message
from tests.alerts.rows_office import OUT, out
from tests.conftest import Cast
from tests.exchange.conftest import COMMUNITY, make_message
from tests.matrix import OPERATOR, PUBLIC, Row


def came_in(cast: Cast) -> Mapping[str, Any]:
    """An alert for the secretary's community."""
    document = write_message(make_message(codes=(COMMUNITY,)))
    return {"incoming_id": actions.take_in(actor=SYSTEM, document=document, place=cast.place("001"))[0].pk}


def dismissed(cast: Cast) -> Mapping[str, Any]:
    from linli.exchange.models import Incoming

    found = came_in(cast)
    one = Incoming.objects.get(pk=found["incoming_id"])
    actions.dismiss_incoming(actor=cast.actor("wang"), incoming=one, reason="no")
    return found


def cancelled(cast: Cast) -> Mapping[str, Any]:
    out(cast)
    alert = alert_queries.get_alert(actor=cast.actor("wang"), alert_id=OUT)
    alert_actions.cancel_alert(actor=cast.actor("wang"), alert=alert, reason="over")
    return {"alert_id": OUT}


def feed(cast: Cast) -> Mapping[str, Any]:
    return {"feed_id": actions.add_feed(actor=SYSTEM, values=_values(cast)).pk}


def _values(cast: Cast) -> actions.FeedValues:
    return actions.FeedValues(
        name="Weather", address="https://example.org/cap", kind="atom", place=cast.place("360103001")
    )


def feed_form(cast: Cast) -> Mapping[str, Any]:
    given = {"name": "City", "address": "https://example.org/city", "kind": "atom", "place": "360103001"}
    return {**given, "period_minutes": 5, "is_on": "on", "write_id": UUID(int=5)}


def a_file(cast: Cast) -> Mapping[str, Any]:
    data = write_message(make_message(codes=(COMMUNITY,)))
    return {"file": SimpleUploadedFile("a.xml", data), "place": cast.place("001").code}


REASON = {"data": lambda _cast: {"reason": "Another river"}}
SCREEN = {"permission": "alerts.issue", "lacking": "li"}

ROWS = [
    Row("cap-feed", answers=PUBLIC),
    Row("cap-document", kwargs=out, answers=PUBLIC),
    Row("cap-cancel", kwargs=cancelled, answers=PUBLIC),
    Row("alert-cap", permission="alerts.see", kwargs=out),
    Row("alert-cap", "POST", kwargs=out, data=lambda _cast: {"is_public": "no"}, **SCREEN),
    Row("incoming-list", **SCREEN, expect={"outsider": 200, "operator": (403, 404)}),
    Row("incoming-upload", **SCREEN, expect={"outsider": 200, "operator": (403, 404)}),
    Row("incoming-upload", "POST", data=a_file, **SCREEN, expect={"outsider": 422, "operator": (403, 404)}),
    Row("incoming", kwargs=came_in, **SCREEN),
    Row("incoming-draft", "POST", kwargs=came_in, **SCREEN),
    Row("incoming-dismiss", "POST", kwargs=came_in, **REASON, **SCREEN),
    Row("incoming-reopen", "POST", kwargs=dismissed, **SCREEN),
    Row("incoming-call-back", "POST", kwargs=came_in, **REASON, **SCREEN, expect={"holder": 409}),
    Row("feed-list", answers=OPERATOR),
    Row("feed-new", answers=OPERATOR),
    Row("feed-new", "POST", data=feed_form, answers=OPERATOR),
    Row("feed", kwargs=feed, answers=OPERATOR),
    Row("feed", "POST", kwargs=feed, data=feed_form, answers=OPERATOR),
    Row("feed-read", "POST", kwargs=feed, answers=OPERATOR),
]
