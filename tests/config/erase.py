"""Erase a person of a deployment, as the register does on request: `python -m tests.config.erase PERSON`."""

import os
import sys
from uuid import uuid4


def erase(person: int) -> None:
    import django

    django.setup()
    from linli.config.wiring import wire
    from linli.core.actors import SYSTEM
    from linli.residents import actions, rules

    wire()
    actions.erase_person(actor=SYSTEM, person_id=person, ground=rules.ERASE_GROUNDS[0], write_id=uuid4())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    erase(int(sys.argv[1]))
