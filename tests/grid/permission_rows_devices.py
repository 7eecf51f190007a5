"""Phones: one's own; those of the people whom one appoints; any for an operator."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from linli.core import clock
from linli.grid.models import Device
from tests.conftest import Cast
from tests.matrix import SIGNED_IN, Row


def _person(cast: Cast) -> Mapping[str, Any]:
    return {"account_id": cast.accounts["zhou"].pk}


def _device(cast: Cast) -> Mapping[str, Any]:
    now = clock.now()
    made = Device.objects.create(id=uuid4(), account=cast.accounts["zhou"], name="Phone", made_at=now, last_seen_at=now)
    return {"device_id": made.pk}


MAY: dict[str, Any] = {"permission": "posts.appoint", "lacking": "wu", "expect": {"operator": (200, 302)}}
ROWS = [
    Row("account-devices", answers=SIGNED_IN),
    Row("person-devices", kwargs=_person, **MAY),
    Row("device-revoke", "POST", kwargs=_device, **MAY),
]
