"""A notice over the whole street that a third has answered, and what places are called."""

from uuid import uuid4

import pytest
from django.conf import settings

from linli.alerts import actions as alerts
from linli.grid.models import Place
from tests.boundaries.wishes import confirm


@pytest.fixture
def alert(cast):
    texts = {settings.LANGUAGE_CODE: {"headline": "台风预警", "body": "请勿外出"}}
    chen = cast.actor("chen")
    notice = alerts.Notice(texts=texts, urgency="immediate", places=[cast.place("360103001")])
    made = alerts.issue_alert(actor=chen, alert_id=uuid4(), notice=notice)
    confirm(made, cast.households[::3])
    alerts.acknowledge_alert(actor=cast.actor("li"), alert=made)
    return made


@pytest.fixture
def names(cast):
    return dict(Place.objects.filter(kind__in=["street", "community"]).values_list("code", "name"))
