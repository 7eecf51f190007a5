"""Chen plans a drill of the line; the clock holds it; she reads its score."""

from datetime import timedelta

import pytest

from linli.alerts import actions
from linli.alerts.jobs import hold_drills, spread_alerts
from linli.alerts.models import Drill
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.messages.jobs import send_what_is_due
from tests.journeys.test_sign_in import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 390), ("en", 1280)])
def test_from_the_empty_list_to_the_score(street, language, width):
    page = street.open("chen", language=language, width=width)
    page.goto("/drills/")
    street.check(page)
    look(page, f"drill-none-{language}-{width}")
    page.goto("/drills/new")
    street.check(page)
    look(page, f"drill-new-{language}-{width}")
    page.fill("input[name=planned_at]", f"{clock.local(clock.now()) + timedelta(minutes=1):%Y-%m-%dT%H:%M}")
    page.click("main form button[type=submit].btn-primary")
    page.wait_for_url("**/drills/*-*")
    street.check(page)
    look(page, f"drill-planned-{language}-{width}")
    drill = Drill.objects.get()
    Drill.objects.update(planned_at=clock.now())
    hold_drills()
    spread_alerts()
    drill.refresh_from_db()
    for name in ("wang", "li", "zhou"):
        actions.acknowledge_alert(actor=street.cast.actor(name), alert=drill.alert)
    send_what_is_due()
    page.reload()
    street.check(page)
    actions.score_drill(actor=SYSTEM, drill=drill)
    page.reload()
    street.check(page)
    look(page, f"drill-score-{language}-{width}")
    page.goto("/drills/")
    street.check(page)
    look(page, f"drill-list-{language}-{width}")
    page.goto("/alerts/")
    street.check(page)
