"""A process for `test_kill.py`: confirms household after household and says so on standard output after each commit.

python -m tests.rounds.confirming build | confirm
"""

import os
import sys
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid4, uuid5

os.environ.pop("PYTEST_VERSION", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "linli.config.settings"

import django

django.setup()

ROUND = uuid5(NAMESPACE_URL, "kill")


def build() -> None:
    """The cast's street in a database of its own, with a round over it."""
    from linli.config.operate import bring_up_to_date
    from linli.core import clock
    from linli.core.actors import SYSTEM
    from linli.rounds import actions
    from tests.conftest import make_household, make_places

    bring_up_to_date()
    places = make_places()
    for number, cell in enumerate((one for one in places.values() if one.kind == "cell"), start=1):
        make_household(cell, number, rooms=60)
    actions.open_round(
        actor=SYSTEM,
        round_id=ROUND,
        source=("tests", "kill"),
        unit="household",
        places=[places["360103001"]],
        deadline_at=clock.now() + timedelta(hours=1),
    )


def confirm() -> None:
    from linli.core import clock
    from linli.core.actors import SYSTEM
    from linli.residents.models import Household
    from linli.rounds import actions
    from linli.rounds.intake import Receipt
    from linli.rounds.models import Answer, Round

    found = Round.objects.get(pk=ROUND)
    done = Answer.objects.filter(round=found).values("member")
    for key in Household.objects.exclude(pk__in=done).values_list("pk", flat=True):
        receipt = Receipt(uuid4(), key, clock.now(), "own_tap", "link:1")
        actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt)
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()


def check() -> None:
    """What is stored, and whether the counters equal it."""
    from linli.grid.models import Place
    from linli.rounds import queries
    from linli.rounds.models import Answer, Round

    found = Round.objects.get(pk=ROUND)
    street = Place.objects.get(code="360103001")
    read = queries.read_coverage(found=found, places=[(street.pk, street.path)])[street.pk]
    stored = sorted(Answer.objects.filter(round=found).values_list("member", flat=True))
    sys.stdout.write(f"{read.answered} {','.join(map(str, stored))}\n")


if __name__ == "__main__":
    {"build": build, "confirm": confirm, "check": check}[sys.argv[1]]()
