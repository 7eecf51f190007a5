"""The office's pages: who may open and do what."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from linli.alerts import actions, queries
from linli.alerts.actions import Notice
from linli.alerts.actions.approvals import ask_approval
from linli.alerts.models import Certificate
from linli.alerts.rules import ApprovalRule
from tests.conftest import Cast
from tests.matrix import KINDS, PUBLIC, Row

OUT, DRAFT, CERTIFICATE = UUID(int=1), UUID(int=2), UUID(int=3)
NOTHING_OF_MINE = {"outsider": 404, "operator": 404}
WRITES = {"outsider": (200, 302), "operator": (403, 404)}  # the outsider writes for her own community


def _notice(cast: Cast) -> Notice:
    return Notice(
        texts={"en": {"headline": "Rain", "body": ""}}, urgency="immediate", places=[cast.place("001")], groups=()
    )


def out(cast: Cast) -> Mapping[str, Any]:
    """A notice that the secretary issued to her community."""
    actions.issue_alert(actor=cast.actor("wang"), alert_id=OUT, notice=_notice(cast))
    return {"alert_id": OUT}


def draft(cast: Cast) -> Mapping[str, Any]:
    actions.draft_alert(actor=cast.actor("wang"), alert_id=DRAFT, notice=_notice(cast))
    return {"alert_id": DRAFT}


def waiting(cast: Cast) -> Mapping[str, Any]:
    """A notice of the secretary's that waits for a second person."""
    made = actions.draft_alert(actor=cast.actor("wang"), alert_id=DRAFT, notice=_notice(cast))
    ask_approval(actor=cast.actor("wang"), alert=made, rule=ApprovalRule(), places=[cast.place("001")])
    return {"alert_id": DRAFT}


def at_grid(cast: Cast) -> Mapping[str, Any]:
    return {**out(cast), "code": cast.place("001-1").code}


def ended(cast: Cast) -> Mapping[str, Any]:
    """Links of a grid's group that the secretary has ended a moment ago."""
    found = at_grid(cast)
    alert, place = queries.get_alert(actor=cast.actor("wang"), alert_id=OUT), cast.place("001-1")
    actions.make_shared_link(actor=cast.actor("wang"), alert=alert, place=place)
    actions.end_shared_links(actor=cast.actor("wang"), alert=alert, place=place, write_id=uuid4())
    return found


def written(cast: Cast) -> Mapping[str, Any]:
    codes = [cast.place("001").code]
    return {"alert_id": uuid4(), "urgency": "immediate", "headline_en": "Rain", "places": codes}


def reason(_cast: Cast) -> Mapping[str, Any]:
    return {"reason": "False alarm"}


def drawn(cast: Cast) -> Mapping[str, Any]:
    """A certificate of the notice, drawn up by the secretary."""
    out(cast)
    alert = queries.get_alert(actor=cast.actor("wang"), alert_id=OUT)
    actions.draw_up_certificate(actor=cast.actor("wang"), certificate_id=CERTIFICATE, alert=alert)
    return {"alert_id": OUT, "certificate_id": CERTIFICATE}


def code_of_drawn(cast: Cast) -> Mapping[str, Any]:
    drawn(cast)
    return {"code": Certificate.objects.get(pk=CERTIFICATE).code}


SEE = {"permission": "alerts.see", "expect": NOTHING_OF_MINE}
WRITE = {"permission": "alerts.issue", "lacking": "li"}

ROWS = [
    Row("alert-list", permission="alerts.see", expect={"outsider": 200, "operator": 200}),
    Row("alert-new", **WRITE, expect=WRITES),
    Row("alert-new", "POST", data=written, **WRITE, expect={"outsider": 404, "operator": (403, 404)}),
    Row("alert-places", **WRITE, expect=WRITES),
    Row("alert-edit", kwargs=draft, **WRITE),
    Row("alert-edit", "POST", kwargs=draft, data=written, **WRITE),
    Row("alert-preview", kwargs=draft, **WRITE),
    Row("alert-issue", "POST", kwargs=draft, **WRITE),
    Row("alert-approve", "POST", permission="alerts.issue", kwargs=waiting, holder="chen", lacking="li"),
    Row("alert-refuse", "POST", permission="alerts.issue", kwargs=waiting, data=reason, holder="chen", lacking="li"),
    Row("alert-take-back", "POST", permission="alerts.issue", kwargs=waiting, lacking="li"),
    Row("alert-update", kwargs=out, **WRITE),
    Row("alert-update", "POST", kwargs=out, data=written, **WRITE),
    Row("alert-cancel", kwargs=out, **WRITE),
    Row("alert-cancel", "POST", kwargs=out, data=reason, **WRITE),
    Row("alert-acknowledge", "POST", permission="alerts.see", kwargs=out, expect=NOTHING_OF_MINE),
    *(
        Row(route, kwargs=out, **SEE)
        for route in (
            "alert",
            "alert-bar",
            "alert-figures",
            "alert-evidence",
            "alert-map",
            "alert-map-figures",
            "alert-told",
            "alert-timeline",
            "alert-not-reached",
            "alert-certificate",
        )
    ),
    Row("certificate-draw-up", "POST", kwargs=out, **WRITE),
    Row("certificate", kwargs=drawn, lacking="zhou", **SEE),
    Row("certificate-pdf", "POST", kwargs=drawn, lacking="zhou", **SEE),
    Row("verify-ask", answers=PUBLIC),
    Row("verify-ask", "POST", data=lambda _cast: {"code": "4F7K-9QXM-2D3H"}, answers=PUBLIC),
    Row("verify", kwargs=code_of_drawn, answers=PUBLIC),
    Row("verify", "POST", kwargs=code_of_drawn, answers=PUBLIC, expect=dict.fromkeys(KINDS, 422)),
    Row("alert-log", "POST", kwargs=out, **SEE),
    Row("alert-place", kwargs=at_grid, lacking="zhao", **SEE),
    Row("alert-copy", permission="alerts.answer", kwargs=out, expect=NOTHING_OF_MINE),
    Row("alert-copy-link", "POST", permission="alerts.answer", kwargs=at_grid, lacking="zhao", expect=NOTHING_OF_MINE),
    Row("alert-copy-end", "POST", permission="alerts.answer", kwargs=at_grid, lacking="zhao", expect=NOTHING_OF_MINE),
    Row("alert-copy-reopen", "POST", permission="alerts.answer", kwargs=ended, lacking="zhao", expect=NOTHING_OF_MINE),
]
