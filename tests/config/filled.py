"""Fill the database of a deployment with the fixed cast and an alert that half of it has answered; print the alert's id.

LINLI_HOME=… python -m tests.config.filled
"""

import os
import sys
from uuid import UUID, uuid4

ALERT = UUID("5f3f2a52-7f1c-4f0e-9d58-4d2f0e0a0001")


def fill() -> None:
    import django

    django.setup()
    from linli.config.wiring import wire

    wire()
    from linli.alerts import actions
    from linli.config.operate import bring_up_to_date, ensure_keys
    from linli.core import jobs
    from linli.grid.actions import fold_headcounts, set_password
    from linli.grid.models import Account
    from linli.rounds.rules import NOT_AT_HOME, OWN_TAP
    from tests.conftest import SYSTEM, Cast, make_accounts, make_household, make_places

    bring_up_to_date()
    ensure_keys()
    places = make_places()
    cast = Cast(make_accounts(places), places)
    for number, cell in enumerate([one for one in places.values() if one.kind == "cell"], start=1):
        cast.households += make_household(cell, number)
    fold_headcounts(actor=SYSTEM)
    set_password(actor=SYSTEM, account=cast.accounts["operator"], password="three-green-lanterns")
    gone = Account.objects.create(username="gone", name="已走")
    gone.delete()  # its number must never be given again

    notice = actions.Notice(
        texts={
            "zh-hans": {"headline": "暴雨红色预警", "body": "请勿外出。"},
            "en": {"headline": "Rain", "body": "Stay."},
        },
        urgency="immediate",
        places=[cast.place("360103001")],
        groups=(),
    )
    alert = actions.issue_alert(actor=cast.actor("chen"), alert_id=ALERT, notice=notice)
    jobs.run_everything()
    for name in ("wang", "li", "zhou"):
        actions.acknowledge_alert(actor=cast.actor(name), alert=alert)
    for one in cast.households[:7]:
        tap = {"household": one.pk, "receipt_id": uuid4(), "how": OWN_TAP}
        actions.confirm_household(actor=cast.actor("wang"), alert=alert, **tap)
    outcome = {"household": cast.households[8].pk, "outcome": NOT_AT_HOME, "attempt_id": uuid4()}
    actions.record_knock(actor=cast.actor("wang"), alert=alert, **outcome)
    jobs.run_everything()
    sys.stdout.write(f"{alert.pk}\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    fill()
