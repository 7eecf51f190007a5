"""Erase a person of a deployment, as the register does on request: `python -m tests.config.erase PERSON`."""

import os
import sys
from uuid import uuid4


def erase(person: int) -> None:
    import django

    django.setup()
    from linli.alerts.actions import cancel_alert
    from linli.alerts.queries import get_alert
    from linli.config.wiring import wire
    from linli.core import jobs
    from linli.core.actors import SYSTEM
    from linli.grid.queries import actor_for
    from linli.residents import actions
    from tests.config.filled import ALERT

    wire()
    alert = get_alert(actor=SYSTEM, alert_id=ALERT)  # while a notice counts a household, nobody of it may be erased
    cancel_alert(actor=actor_for(alert.issued_by), alert=alert, reason="x")
    jobs.run_everything()
    actions.erase_person(actor=SYSTEM, person_id=person, ground="asked", write_id=uuid4())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    erase(int(sys.argv[1]))
