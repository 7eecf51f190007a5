"""What `bench/rounds.py` measures, run in a process of its own on a database of its own: `python -m bench._rounds CASE`.

The last line of the output is JSON. The data is made with the fewest statements; what is measured are the product's own
actions and queries.
"""

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

SEED = 7
BATCH = 5_000
DAY = date(2026, 1, 1)


def prepare() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "linli.config.settings"
    import django

    django.setup()
    from linli.config.operate import bring_up_to_date

    bring_up_to_date()


def median_s(measured: Iterable[float]) -> float:
    return statistics.median(measured)


def timed(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def interleaved(runs: dict[str, Callable[[], Any]], times: int) -> dict[str, list[float]]:
    """Seconds of each, A B A B, so that what else the machine does falls on all alike."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(times):
        for name, run in runs.items():
            found[name].append(timed(run))
    return found


def written_rows() -> int:
    """Rows that this connection has inserted, changed or deleted so far (SQLite counts them itself)."""
    from django.db import connection

    connection.ensure_connection()
    return int(connection.connection.total_changes)


# Actors and alerts ----------------------------------------------------------------------------------------------------


def make_issuer() -> Any:
    """An account that may act everywhere, as somebody at the top of a country would."""
    from linli.core.actors import ALL, Actor, Grant
    from linli.grid.models import Account

    account = Account.objects.create(username="bench", name="Bench")
    return Actor(kind="account", id=account.pk, name="Bench", grants=(Grant("", frozenset({ALL})),))


def issue(actor: Any, places: Sequence[Any]) -> tuple[Any, float, int]:
    """The alert, seconds until it was committed, rows written."""
    from linli.alerts import actions
    from linli.alerts.actions import Notice

    notice = Notice(texts={"en": {"headline": "Bench"}}, urgency="immediate", places=places)
    before, started = written_rows(), time.perf_counter()
    made = actions.issue_alert(actor=actor, alert_id=uuid4(), notice=notice)
    return made, time.perf_counter() - started, written_rows() - before


def measure_opening(actor: Any, wide: Sequence[Any], narrow: Sequence[Any], times: int = 5) -> dict[str, Any]:
    """The same number of named places, one time the whole tree, one time cells."""
    found: dict[str, list[Any]] = {"wide": [], "narrow": []}
    for _ in range(times):
        found["wide"].append(issue(actor, wide)[1:])
        found["narrow"].append(issue(actor, narrow)[1:])
    return {
        "named_places": len(wide),
        "wide_s": [seconds for seconds, _rows in found["wide"]],
        "narrow_s": [seconds for seconds, _rows in found["narrow"]],
        "wide_rows": sorted({rows for _seconds, rows in found["wide"]}),
        "narrow_rows": sorted({rows for _seconds, rows in found["narrow"]}),
    }


def measure_reading(actor: Any, alert: Any, nodes: dict[str, Any], times: int = 40) -> dict[str, list[float]]:
    """Coverage of one node, and its picture with the places right below."""
    from linli.alerts.queries import picture
    from linli.rounds.queries import read_coverage

    def coverage(place: Any) -> Callable[[], Any]:
        return lambda: read_coverage(found=alert.households, places=[(place.pk, place.path)])

    def seen(place: Any) -> Callable[[], Any]:
        return lambda: picture(actor=actor, alert=alert, place=place)

    found = interleaved({f"coverage:{name}": coverage(place) for name, place in nodes.items()}, times)
    return found | interleaved({f"picture:{name}": seen(place) for name, place in nodes.items()}, times)


# The national tree ----------------------------------------------------------------------------------------------------


def national() -> dict[str, Any]:
    """On a home into which `linli import places` has brought the country."""
    from linli.core.actors import SYSTEM
    from linli.grid import actions as grid
    from linli.grid.models import Place
    from linli.rounds.queries import read_coverage

    chance, actor = random.Random(SEED), make_issuer()
    tops = list(Place.objects.filter(parent=None).order_by("path"))
    communities = Place.objects.filter(kind="community").order_by("path")
    count = communities.count()
    homes = [communities[at] for at in sorted(chance.sample(range(count), len(tops)))]
    cells = []
    for home in homes:
        above = grid.add_place(actor=SYSTEM, parent=home.code, name="1", kind="grid")
        cells.append(grid.add_place(actor=SYSTEM, parent=above.code, name="1", kind="cell"))
    paths = [cell.path for cell in cells]
    paths += [path for path in communities.values_list("path", flat=True) if chance.random() < 0.05]
    changes = [grid.Change(to_path=path, n=chance.randint(50, 3000)) for path in paths]
    grid.record_headcount_changes(actor=SYSTEM, unit="household", changes=changes)
    grid.fold_headcounts(actor=SYSTEM)

    opening = measure_opening(actor, tops, cells)
    one = measure_opening(actor, tops[:1], cells[:1])
    alerts = [issue(actor, tops)[0] for _ in range(5)]
    for alert in alerts:
        add_answers(alert.households, {path: chance.randint(1, 50) for path in paths})
    some = chance.sample(paths, 300)
    leave_unfolded(alerts[-1].households, some[:200])
    grid.record_headcount_changes(
        actor=SYSTEM, unit="household", changes=[grid.Change(to_path=path, member=1) for path in some[200:]]
    )
    cell = cells[0]
    chain = {place.kind: place for place in Place.objects.filter(path__in=cell.ancestor_paths)} | {"cell": cell}
    reading = measure_reading(
        actor, alerts[-1], {kind: chain[kind] for kind in ("cell", "community", "city", "province")}
    )
    pairs = [(top.pk, top.path) for top in tops]
    found = alerts[-1].households
    reading |= interleaved(
        {
            "all:cell": lambda: read_coverage(found=found, places=[(cell.pk, cell.path)]),
            "all:country": lambda: read_coverage(found=found, places=pairs),
        },
        40,
    )
    return {
        "places": Place.objects.count(),
        "communities_with_households": len(paths),
        "opening": opening,
        "opening_one_place": one,
        "reading_s": reading,
    }


def add_answers(found: Any, by_path: dict[str, int]) -> None:
    from django.db import transaction

    from linli.rounds.intake import add_to_tallies

    with transaction.atomic():
        add_to_tallies(found.pk, by_path)


def leave_unfolded(found: Any, paths: Sequence[str]) -> None:
    from linli.rounds.models import TallyDelta

    TallyDelta.objects.bulk_create(TallyDelta(round=found, path=path, n=1) for path in paths)


# Receipts in bulk -----------------------------------------------------------------------------------------------------


def make_district(communities: int, cells: int, households: int) -> tuple[Any, list[Any], dict[int, int]]:
    """The root, and household → leaf, for so many communities of so many cells of so many households."""
    from django.db import transaction

    from linli.core import clock
    from linli.core.actors import SYSTEM
    from linli.grid import actions as grid
    from linli.grid.models import Building, Dwelling, Entrance, EntrancePlacement, Place
    from linli.residents.models import Household, Residence

    with transaction.atomic():
        top = Place.objects.create(code="36", name="x", kind="district", path="36/", sort="")
        street = Place.objects.create(code="36x", name="x", kind="street", path="36/x/", sort="", parent=top)
        above = Place.objects.bulk_create(
            Place(code=f"c{n}", name="c", kind="community", path=f"36/x/{n:03d}/", sort="", parent=street)
            for n in range(communities)
        )
        leaves = Place.objects.bulk_create(
            Place(code=f"{one.code}-{n}", name="c", kind="cell", path=f"{one.path}{n:02d}/", sort="", parent=one)
            for one in above
            for n in range(cells)
        )
        buildings = Building.objects.bulk_create(Building(place=one.parent, name=one.code, sort="") for one in leaves)
        entrances = Entrance.objects.bulk_create(Entrance(building=one, name="1", sort="") for one in buildings)
        EntrancePlacement.objects.bulk_create(
            EntrancePlacement(entrance=one, place=leaf, from_on=DAY)
            for one, leaf in zip(entrances, leaves, strict=True)
        )
        dwellings = Dwelling.objects.bulk_create(
            (Dwelling(entrance=one, room=str(n), sort=str(n)) for one in entrances for n in range(households)),
            batch_size=BATCH,
        )
        made = Household.objects.bulk_create(
            (Household(kind="family", name="h", made_at=clock.now()) for _ in dwellings), batch_size=BATCH
        )
        Residence.objects.bulk_create(
            (Residence(household=one, dwelling=at, from_on=DAY) for one, at in zip(made, dwellings, strict=True)),
            batch_size=BATCH,
        )
        changes = [grid.Change(to_path=leaf.path, n=households) for leaf in leaves]
        grid.record_headcount_changes(actor=SYSTEM, unit="household", changes=changes)
        grid.fold_headcounts(actor=SYSTEM)
    leaf_of = {one.pk: leaves[at // households].pk for at, one in enumerate(made)}
    return top, leaves, leaf_of


COLUMNS = ("id", "round_id", "member", "leaf_id", "at", "how", "by", "mark", "credited", "withdrawn_at")
TYPES = ("uuid", "uuid", "bigint", "bigint", "timestamptz", "text", "text", "bigint", "boolean", "timestamptz")


def make_bare_table() -> None:
    """An empty copy of the table of answers: its columns, constraints, foreign keys and indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'rounds_answer' AND sql IS NOT NULL")
            for kind, sql in sorted(cursor.fetchall(), key=lambda row: row[0], reverse=True):
                copied = sql.replace('"rounds_answer"', '"bare"')
                cursor.execute(copied.replace('INDEX "', 'INDEX "bare_') if kind == "index" else copied)
            return
        cursor.execute("CREATE TABLE bare (LIKE rounds_answer INCLUDING ALL)")
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'rounds_answer'::regclass AND contype = 'f'"
        )
        for (definition,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE bare ADD {definition}")


def bare_insert(rows: Sequence[tuple[Any, ...]]) -> None:
    """One batch of ready rows, as fast as the driver takes them: one prepared statement, or one with an array a column."""
    from django.db import connection, transaction

    names = ", ".join(f'"{name}"' for name in COLUMNS)
    marks = f"({', '.join(['%s'] * len(COLUMNS))})"
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"INSERT INTO bare ({names}) VALUES {marks}", rows)
            return
        arrays = ", ".join(f"%s::{kind}[]" for kind in TYPES)
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(f"INSERT INTO bare ({names}) SELECT * FROM unnest({arrays})", columns)


def receipts(times: int = 3) -> dict[str, Any]:
    """Interleaved: the bare insert of 100,000 rows, then as many receipts through the action, in batches of 5,000."""
    from django.db import connection

    from linli.core import clock
    from linli.core.actors import SYSTEM
    from linli.grid.queries import last_change
    from linli.rounds import actions as rounds
    from linli.rounds.intake import Receipt
    from linli.rounds.queries import read_coverage

    top, _leaves, leaf_of = make_district(100, 20, 50)
    make_bare_table()
    chance, bare, linli = random.Random(SEED), [], []
    for _ in range(times + 1):  # the first is to get warm
        found = rounds.open_round(
            actor=SYSTEM,
            round_id=uuid4(),
            source=("bench", str(uuid4())),
            unit="household",
            places=[top],
            deadline_at=clock.now() + timedelta(hours=1),
        )
        members, mark, now = list(leaf_of), last_change(), clock.now()
        chance.shuffle(members)
        batch = [Receipt(uuid4(), member, now, "own_tap", "link:1") for member in members]
        rows = [_row(one, found.pk, leaf_of[one.member], mark) for one in batch]
        parts = range(0, len(batch), BATCH)
        bare.append(timed(lambda: [bare_insert(rows[start : start + BATCH]) for start in parts]))  # noqa: B023
        linli.append(
            timed(
                lambda: [
                    rounds.record_receipts(actor=SYSTEM, found=found, receipts=batch[start : start + BATCH])  # noqa: B023
                    for start in parts  # noqa: B023
                ]
            )
        )
        counted = read_coverage(found=found, places=[(top.pk, top.path)])[top.pk]
        assert (counted.answered, counted.missing) == (len(batch), 0), counted
    return {"database": connection.vendor, "rows": len(leaf_of), "bare_s": bare[1:], "linli_s": linli[1:]}


def _row(one: Any, round_id: UUID, leaf: int, mark: int) -> tuple[Any, ...]:
    from django.db import connection

    if connection.vendor == "sqlite":  # ready for the driver, without a conversion at each row
        at = str(one.at.replace(tzinfo=None))
        return (one.id.hex, round_id.hex, one.member, leaf, at, one.how, one.by, mark, 1, None)
    return (one.id, round_id, one.member, leaf, one.at, one.how, one.by, mark, True, None)


# Twenty million -------------------------------------------------------------------------------------------------------

WIDTHS = {"city": 20, "district": 10, "street": 10, "community": 10, "cell": 10}  # below one province: 200,000 cells
A_CELL = 100  # households


def twenty_million() -> dict[str, Any]:
    """Opening and reading over 20 million households, and receipts among them."""
    from linli.core import clock, jobs
    from linli.core.actors import SYSTEM
    from linli.grid import actions as grid
    from linli.grid.models import Place
    from linli.rounds import actions as rounds
    from linli.rounds.intake import Receipt
    from linli.rounds.queries import list_missing

    started, actor = time.perf_counter(), make_issuer()
    cells = make_country()
    made_s = time.perf_counter() - started
    changes = [grid.Change(to_path=path, n=A_CELL) for _key, path in cells]
    grid.record_headcount_changes(actor=SYSTEM, unit="household", changes=changes)
    folded_s = timed(lambda: grid.fold_headcounts(actor=SYSTEM))
    jobs.keep_statistics()
    top, cell = Place.objects.get(parent=None), Place.objects.get(pk=cells[0][0])
    opening = measure_opening(actor, [top], [cell])
    alert = issue(actor, [top])[0]
    chance = random.Random(SEED)
    members = chance.sample(range(1, len(cells) * A_CELL + 1), 200_000)
    batch = [Receipt(uuid4(), member, clock.now(), "own_tap", "link:1") for member in members]
    intake_s = timed(
        lambda: [
            rounds.record_receipts(actor=SYSTEM, found=alert.households, receipts=batch[start : start + BATCH])
            for start in range(0, len(batch), BATCH)
        ]
    )
    chain = {place.kind: place for place in Place.objects.filter(path__in=cell.ancestor_paths)} | {"cell": cell}
    reading = measure_reading(actor, alert, {kind: chain[kind] for kind in ("cell", "community", "city", "province")})
    asked = [timed(lambda: list_missing(actor=actor, found=alert.households, path=cell.path)) for _ in range(20)]
    return {
        "households": len(cells) * A_CELL,
        "places": Place.objects.count(),
        "made_s": made_s,
        "folded_s": folded_s,
        "opening": opening,
        "receipts": len(batch),
        "receipts_per_s": len(batch) / intake_s,
        "reading_s": reading,
        "missing_of_a_cell_s": asked,
    }


def make_country() -> list[tuple[int, str]]:
    """The tree through the ORM, the register by a few statements. Id and path of each cell."""
    from django.db import connection, transaction

    from linli.grid.models import Place

    above = [Place.objects.create(code="00", name="x", kind="province", path="00/", sort="")]
    with transaction.atomic():
        for kind, width in WIDTHS.items():
            above = Place.objects.bulk_create(
                (
                    Place(
                        code=f"{one.code}{n:02d}", name="x", kind=kind, path=f"{one.path}{n:02d}/", sort="", parent=one
                    )
                    for one in above
                    for n in range(width)
                ),
                batch_size=BATCH,
            )
    cells = [(one.pk, one.path) for one in above]
    numbers = f"WITH RECURSIVE k(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM k WHERE n < {A_CELL - 1})"
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (
            "INSERT INTO grid_building (place_id, name, sort) SELECT parent_id, code, '' FROM grid_place WHERE kind = 'cell'",
            "INSERT INTO grid_entrance (building_id, name, sort) SELECT id, '1', '' FROM grid_building",
            f"""INSERT INTO grid_entranceplacement (entrance_id, place_id, from_on) SELECT e.id, p.id, '{DAY}'
                FROM grid_entrance e JOIN grid_building b ON b.id = e.building_id JOIN grid_place p ON p.code = b.name""",
            f"""{numbers} INSERT INTO grid_dwelling (entrance_id, room, sort)
                SELECT e.id, k.n, k.n FROM grid_entrance e CROSS JOIN k ORDER BY e.id""",
            f"""INSERT INTO residents_household (id, kind, subkind, name, protected, made_at)
                SELECT id, 'family', '', 'h', 0, '{DAY} 00:00:00' FROM grid_dwelling""",
            f"""INSERT INTO residents_residence (household_id, dwelling_id, from_on)
                SELECT id, id, '{DAY}' FROM grid_dwelling""",
        ):
            cursor.execute(statement)
    return cells


CASES = {"national": national, "receipts": receipts, "twenty-million": twenty_million}

if __name__ == "__main__":
    prepare()
    print(json.dumps(CASES[sys.argv[1]]()))
