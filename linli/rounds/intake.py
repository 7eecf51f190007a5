"""The one statement that credits answers, for a batch of any size. An action with one answer is a batch of one.

Who is a member, where it lives and the last headcount change are read in the same statement that inserts, so they belong
to one moment; a member that has answered is passed over by the unique constraint. Counters stand in the same transaction.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from linli.core.paths import add_up, end
from linli.core.sets import among
from linli.grid.models import Place
from linli.grid.profile import line_place_kinds
from linli.rounds.models import Attempt, Round, TallyDelta
from linli.rounds.rules import HOUSEHOLD, POST

FEW = 8  # up to so many places a batch leaves deltas for the worker; above, it updates the counters itself


@dataclass(frozen=True, slots=True)
class Receipt:
    """One answer on its way in; `id` is made by the client."""

    id: UUID
    member: int
    at: datetime
    how: str
    by: str


@dataclass
class Credited:
    """Member → path of the place it was credited to, for those that were new."""

    paths: dict[int, str] = field(default_factory=dict)


# From the receipts to the places, in this order and no other: a table just filled has no statistics yet, and a plan that
# begins at the places would read the whole register for each batch. SQLite keeps the order of CROSS JOIN; PostgreSQL
# looks each receipt up by itself where a limit stands between. One row each: a household has one present residence.
_MEMBERS = {
    ("sqlite", HOUSEHOLD): """
        CROSS JOIN residents_residence r ON r.household_id = j.member AND r.until_on IS NULL
        CROSS JOIN grid_dwelling d ON d.id = r.dwelling_id
        CROSS JOIN grid_entranceplacement ep ON ep.entrance_id = d.entrance_id AND ep.until_on IS NULL
        CROSS JOIN grid_place p ON p.id = ep.place_id""",
    ("postgresql", HOUSEHOLD): """
        CROSS JOIN LATERAL (SELECT p.id, p.path, p.kind FROM residents_residence r
        JOIN grid_dwelling d ON d.id = r.dwelling_id
        JOIN grid_entranceplacement ep ON ep.entrance_id = d.entrance_id AND ep.until_on IS NULL
        JOIN grid_place p ON p.id = ep.place_id
        WHERE r.household_id = j.member AND r.until_on IS NULL LIMIT 1) p""",
    ("sqlite", POST): "CROSS JOIN grid_place p ON p.id = j.member",
    ("postgresql", POST): "JOIN grid_place p ON p.id = j.member",
}
_IN_GROUPS = """ AND EXISTS (SELECT 1 FROM residents_membership m
        JOIN residents_groupmark g ON g.person_id = m.person_id AND g.until_on IS NULL
        WHERE m.household_id = j.member AND m.until_on IS NULL AND g."group" IN ({groups}))"""
_SOURCES = {
    "sqlite": """(SELECT value ->> 0 AS id, value ->> 1 AS member, value ->> 2 AS at, value ->> 3 AS how, value ->> 4 AS "by"
        FROM json_each(%s)) j""",
    "postgresql": """(SELECT (value ->> 0)::uuid AS id, (value ->> 1)::bigint AS member, (value ->> 2)::timestamptz AS at,
        value ->> 3 AS how, value ->> 4 AS "by" FROM jsonb_array_elements(%s::jsonb)) j""",
}


def credit(found: Round, receipts: Sequence[Receipt], roots: Sequence[str]) -> Credited:
    """Insert the answers of members below `roots` that have none; count them. Call it inside a transaction."""
    credited = _insert(found, receipts, roots)
    leaves = _paths_of({leaf for _member, leaf in credited})
    paths = {member: leaves[leaf] for member, leaf in credited}
    count_answers(found, Counter(paths.values()))
    return Credited(paths)


def _paths_of(leaves: set[int]) -> dict[int, str]:
    return dict(Place.objects.filter(among("pk", leaves)).values_list("pk", "path"))


def _insert(found: Round, receipts: Sequence[Receipt], roots: Sequence[str]) -> list[tuple[int, int]]:
    vendor = connection.vendor
    # By member, as two of the three indexes are: a large batch then walks them instead of jumping about.
    ordered = sorted(receipts, key=lambda one: one.member)
    rows = json.dumps([[one.id.hex, one.member, _in_utc(one.at), one.how, one.by] for one in ordered])
    params: list[Any] = [found.pk.hex if vendor == "sqlite" else found.pk, rows]
    where = " OR ".join("(p.path >= %s AND p.path < %s)" for _ in roots) or "1 = 0"
    for root in roots:
        params += [root, end(root)]
    if found.unit != HOUSEHOLD:
        kinds = line_place_kinds()
        where = f"({where}) AND p.kind IN ({', '.join(['%s'] * len(kinds))})"
        params += kinds
    groups = ""
    if found.groups and found.unit == HOUSEHOLD:
        groups = _IN_GROUPS.format(groups=", ".join(["%s"] * len(found.groups)))
        params += found.groups
    true = "1" if vendor == "sqlite" else "true"
    statement = f"""
        INSERT INTO rounds_answer (id, round_id, member, leaf_id, at, how, "by", mark, credited)
        SELECT j.id, %s, j.member, p.id, j.at, j.how, j."by",
               (SELECT COALESCE(MAX(id), 0) FROM grid_headcountchange), {true}
        FROM {_SOURCES[vendor]} {_MEMBERS[vendor, found.unit]}
        WHERE ({where}){groups}
        ON CONFLICT DO NOTHING RETURNING member, leaf_id"""  # noqa: S608 (the pieces are constants; values are parameters)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def _in_utc(moment: datetime) -> str:
    """As Django writes it on every database (its connections speak UTC), at a tenth of the cost."""
    return str(moment if moment.tzinfo is UTC else moment.astimezone(UTC))[:-6]


def count_answers(found: Round, by_path: dict[str, int]) -> None:
    """Add to the counters: a few leave deltas, a batch updates each ancestor once, in path order."""
    changed = {path: n for path, n in by_path.items() if n}
    if len(changed) <= FEW:
        TallyDelta.objects.bulk_create(TallyDelta(round=found, path=path, n=n) for path, n in changed.items())
        return
    add_to_tallies(found.pk, changed)


def add_to_tallies(round_id: UUID, by_path: dict[str, int]) -> None:
    rows = json.dumps(sorted(add_up(by_path).items()))
    source = {
        "sqlite": "(SELECT value ->> 0 AS path, value ->> 1 AS n FROM json_each(%s)) j",
        "postgresql": "(SELECT value ->> 0 AS path, (value ->> 1)::bigint AS n FROM jsonb_array_elements(%s::jsonb)) j",
    }[connection.vendor]
    key = round_id.hex if connection.vendor == "sqlite" else round_id
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO rounds_tally (round_id, place_id, answered)
            SELECT %s, p.id, j.n FROM {source} JOIN grid_place p ON p.path = j.path WHERE 1 = 1 ORDER BY p.path
            ON CONFLICT (round_id, place_id) DO UPDATE SET answered = rounds_tally.answered + excluded.answered""",  # noqa: S608
            [key, rows],
        )


_ATTEMPTS = {
    "sqlite": """SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        FROM json_each(%s) WHERE 1 = 1""",
    "postgresql": """SELECT (value ->> 0)::uuid, (value ->> 1)::uuid, (value ->> 2)::bigint, value ->> 3,
        (value ->> 4)::timestamptz, value ->> 5, value ->> 6 FROM jsonb_array_elements(%s::jsonb)""",
}


def insert_attempts(rows: Sequence[Attempt]) -> set[UUID]:
    """Insert what is not there yet, in one statement whatever its size; the ids that were new."""
    values = [
        [one.pk.hex, one.round_id.hex, one.member, one.outcome, _in_utc(one.at), one.by, one.note] for one in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO rounds_attempt (id, round_id, member, outcome, at, "by", note)
            {_ATTEMPTS[connection.vendor]} ON CONFLICT DO NOTHING RETURNING id""",
            [json.dumps(values)],
        )
        return {UUID(str(key)) for (key,) in cursor.fetchall()}
