"""What `bench/line.py` measures, run in a process of its own on a home into which the country was imported:
`python -m bench._line CASE`. The last line of the output is JSON."""

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from bench._rounds import BATCH, SEED, issue, make_issuer, prepare, timed

PICTURES = 60
SCATTERED = 0.03


def staff_the_country() -> int:
    """A holder for every post of the line that the table knows: streets and communities. Returns how many."""
    from django.contrib.auth.hashers import make_password
    from django.db import connection, transaction

    from linli.core import clock
    from linli.grid.profile import line

    posts = {kind.at: kind.code for kind in line() if kind.at in ("street", "community")}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grid_account (password, username, name, initials, phone, phone_index, language, is_active,
            is_operator, reachable) SELECT %s, 'p' || code, name, '', '', '', '', 1, 0, 1 FROM grid_place
            WHERE kind IN (%s, %s)""",
            [make_password(None), *posts],
        )
        for place, post in posts.items():
            cursor.execute(
                """INSERT INTO grid_appointment (account_id, post_kind, place_id, from_at, paper)
                SELECT a.id, %s, p.id, %s, 'bench' FROM grid_place p JOIN grid_account a ON a.username = 'p' || p.code
                WHERE p.kind = %s""",
                [post, str(clock.now().replace(tzinfo=None)), place],
            )
        cursor.execute("SELECT count(*) FROM grid_appointment")
        return int(cursor.fetchone()[0])


def batches(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while part := list(islice(rows, size)):
        yield part


def order_of_requests(chance: random.Random) -> list[list[int]]:
    """Which posts confirm together: each prefecture's gateway brings its own in any order, one prefecture after another by
    chance; at the end a request from everywhere at once, which touches as many pages as it has receipts."""
    from linli.grid.models import Place

    by_prefecture: dict[str, list[int]] = {}
    scattered = []
    for key, path in Place.objects.filter(kind__in=("street", "community")).order_by("path").values_list("pk", "path"):
        if chance.random() < SCATTERED:
            scattered.append(key)
        else:
            by_prefecture.setdefault("/".join(path.split("/")[:2]), []).append(key)
    requests = []
    for name in chance.sample(sorted(by_prefecture), len(by_prefecture)):
        chance.shuffle(by_prefecture[name])
        requests += batches(iter(by_prefecture[name]), BATCH)
    chance.shuffle(scattered)
    return [*requests, scattered]


def answer_everywhere(alert: Any) -> tuple[int, list[tuple[int, float]]]:
    """Every holder confirms for the post: receipts in requests, as gateways bring them. Size and seconds of each request;
    the last one is scattered over the whole country."""
    from linli.alerts import actions
    from linli.core import clock
    from linli.core.actors import SYSTEM
    from linli.rounds.intake import Receipt
    from linli.rounds.rules import IN_APP

    chance = random.Random(SEED)
    at, taken, credited = clock.now(), [], 0
    for part in order_of_requests(chance):
        receipts = [Receipt(UUID(int=chance.getrandbits(128)), key, at, IN_APP, "system") for key in part]
        started = time.perf_counter()
        done = actions.confirm_posts(actor=SYSTEM, alert=alert, receipts=receipts)
        taken.append((len(part), time.perf_counter() - started))
        credited += len(done.credited)
    return credited, taken


def nation() -> dict[str, Any]:
    """Issue over the country, tell every holder, take every receipt, fold; then the picture from the top down."""
    from linli.alerts import actions
    from linli.core.actors import SYSTEM
    from linli.grid.models import Place
    from linli.messages.queries import count_states
    from linli.rounds.jobs import fold_tallies
    from linli.rounds.queries import read_coverage

    actor = make_issuer()
    holders = staff_the_country()
    tops = list(Place.objects.filter(parent=None).order_by("path"))
    alert, issued_s, rows = issue(actor, tops)
    told_s = timed(lambda: tell(actions, SYSTEM))
    credited, receipts = answer_everywhere(alert)
    folded_s = timed(fold_tallies)
    found = read_coverage(found=alert.posts, places=[(top.pk, top.path) for top in tops])
    return {
        "holders": holders,
        "credited": credited,
        "counted": sum(one.answered for one in found.values()),
        "missing": sum(one.missing for one in found.values()),
        "issued_s": issued_s,
        "rows_at_issue": rows,
        "told_s": told_s,
        "states": count_states(actor=SYSTEM, source=("alerts", str(alert.pk))),
        "receipts": receipts,
        "folded_s": folded_s,
        "pictures_s": look(actor, alert, _nodes(tops)),
    }


def tell(actions: Any, system: Any) -> None:
    """The cascade: a delivery for every holder, in as many batches as it takes."""
    from linli.alerts.queries import list_spreads

    for spread_id in list_spreads():
        while actions.spread_on(actor=system, spread_id=spread_id):
            pass


def _nodes(tops: Sequence[Any]) -> list[str]:
    """The way down from each of some provinces: province, city, district, street."""
    from linli.grid.models import Place

    chance = random.Random(SEED)
    codes = []
    for top in chance.sample(list(tops), 5):
        one = top
        while one is not None and one.kind != "community":
            codes.append(one.code)
            below = list(Place.objects.filter(parent=one).order_by("path")[:200])
            one = chance.choice(below) if below else None
    return codes


def look(actor: Any, alert: Any, codes: Sequence[str], times: int = PICTURES) -> list[float]:
    """Seconds of one look at the picture of each place in turn, until there are `times` of them."""
    from linli.alerts.queries import see

    found = []
    for number in range(times):
        code = codes[number % len(codes)]
        found.append(timed(lambda code=code: see(actor=actor, alert=alert, code=code)))  # type: ignore[misc]
    return found


def district() -> dict[str, Any]:
    """The picture of one district on a database that holds nothing else, everybody having answered there too."""
    from linli.grid.models import Place

    actor = make_issuer()
    staff_the_country()
    tops = list(Place.objects.filter(kind="district").order_by("path"))
    alert, _seconds, _rows = issue(actor, tops)
    answer_everywhere(alert)
    streets = list(Place.objects.filter(kind="street").order_by("path").values_list("code", flat=True))
    return {"pictures_s": look(actor, alert, [tops[0].code, *streets])}


if __name__ == "__main__":
    prepare()
    print(json.dumps({"nation": nation, "district": district}[sys.argv[1]]()))
