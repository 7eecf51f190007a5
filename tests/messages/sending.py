"""A worker of its own process for the tests that kill it: `python -m tests.messages.sending build|work|check [args]`."""

import json
import os
import sys
import time
from uuid import uuid4

os.environ["DJANGO_SETTINGS_MODULE"] = "linli.config.settings"

import django

django.setup()

from linli.config.operate import bring_up_to_date  # noqa: E402
from linli.core import clock  # noqa: E402
from linli.core.actors import SYSTEM  # noqa: E402
from linli.messages import actions  # noqa: E402
from linli.messages.actions import Recipient, Sending  # noqa: E402
from linli.messages.jobs import Outbox  # noqa: E402
from linli.messages.models import Delivery, Sender  # noqa: E402
from linli.residents.models import Household, Membership, Person  # noqa: E402
from linli.residents.numbers import phone_indexes  # noqa: E402


def build(url: str, count: int) -> None:
    bring_up_to_date()
    config = json.dumps({"url": url, "ref_field": "ref"})
    Sender.objects.create(name="sms", kind="sms_http", config=config, per_minute=600_000, made_at=clock.now())
    recipients = []
    for n in range(count):
        phone = f"+86138001{n:05d}"
        whole, last4 = phone_indexes(phone)
        person = Person.objects.create(
            name=str(n), phone=phone, phone_index=whole, phone_last4=last4, channels=["sms"], made_at=clock.now()
        )
        home = Household.objects.create(kind="family", name=str(n), made_at=clock.now())
        Membership.objects.create(person=person, household=home, from_on=clock.today())
        recipients.append(Recipient("household", home.pk, "36/"))
    sending = Sending(("alerts", "a1"), "notice", {"en": {"headline": "No water"}}, urgency="immediate")
    dispatch = actions.begin_dispatch(actor=SYSTEM, dispatch_id=uuid4(), sending=sending)
    actions.enqueue(actor=SYSTEM, dispatch=dispatch, recipients=recipients)


def work(batch: int, dead_after_s: float) -> None:
    """Until nothing is left in anybody's hand."""
    outbox = Outbox(batch=batch, dead_after_s=dead_after_s)
    until = time.monotonic() + 60
    while time.monotonic() < until and Delivery.objects.filter(state__in=("queued", "claimed")).exists():
        if not outbox.round():
            time.sleep(0.05)
    outbox.close()


def check() -> None:
    rows = Delivery.objects.values_list("recipient", "state", "maybe_twice")
    phones = dict(Membership.objects.values_list("household_id", "person__name"))
    print(json.dumps([[phones[key], state, twice] for key, state, twice in rows]))  # noqa: T201


if __name__ == "__main__":
    mode, given = sys.argv[1], sys.argv[2:]
    if mode == "build":
        build(given[0], int(given[1]))
    elif mode == "work":
        work(int(given[0]), float(given[1]))
    else:
        check()
