"""An alert by Chen over her whole street, and the clock that moves with the test."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from linli.alerts import actions
from linli.alerts.actions.notices import Notice
from linli.config.wiring import wire
from linli.core import jobs


@pytest.fixture
def notice(cast):
    def make(*codes, groups=(), urgency="immediate", **more):
        return Notice(
            texts={
                "zh-hans": {"headline": "暴雨红色预警", "body": "请勿外出，等待通知。"},
                "en": {"headline": "Red rainstorm warning", "body": "Stay inside and wait for notice."},
            },
            urgency=urgency,
            places=[cast.place(code) for code in codes or ["360103001"]],
            groups=groups,
            **more,
        )

    return make


@pytest.fixture
def issued(cast, notice):
    def issue(username="chen", *codes, **more):
        return actions.issue_alert(actor=cast.actor(username), alert_id=uuid4(), notice=notice(*codes, **more))

    return issue


@pytest.fixture
def after():
    """`after(15)`: 15 minutes later, with everything done that the clock and the queue start."""
    wire()
    with time_machine.travel("2026-03-02T08:00:00+00:00", tick=False) as traveller:

        def go(minutes):
            traveller.shift(timedelta(minutes=minutes))
            jobs.run_everything()

        yield go
