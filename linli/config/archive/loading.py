"""An archive into an empty database: first the tables as they were when it was made, then its rows in one transaction,
then the migrations since. What is not finished stays marked, and no command works on it."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.apps import apps as present
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from linli import __version__
from linli.config.archive.rows import Damaged, Part, Source, Table, check_foot, decoder, tables_of
from linli.config.archive.snapshot import AT_ONCE, FORMAT
from linli.core import clock, console, crypto
from linli.core.errors import SetupError
from linli.core.models import Lease
from linli.messages.models import Delivery
from linli.messages.rules import CLAIMED, QUEUED

MARK = "restore"  # a lease that no worker takes: a restore has begun and not ended
ALWAYS_THERE = {"core_deployment"}


# Before anything is touched ------------------------------------------------------------------------------------------


def check_head(head: dict[str, Any]) -> None:
    """Raises SetupError where this Linli, its profile or its key can't take the archive."""
    if head.get("format") != FORMAT or not isinstance(head.get("migrations"), dict):
        raise SetupError(f"this archive was made by Linli {head.get('version')}, in a form that this one can't read")
    newer = sorted(_nodes(head) - set(MigrationLoader(None).disk_migrations))
    if newer:
        raise SetupError(
            f"this archive was made by Linli {head.get('version')} with a newer database than this Linli {__version__}"
            f" knows ({'.'.join(newer[-1])}): upgrade Linli first, then restore"
        )
    if head.get("profile") != settings.PROFILE.name:
        raise SetupError(f"this archive belongs to the profile {head.get('profile')!r}: set LINLI_PROFILE accordingly")
    ids, _current = crypto.key_ids()
    if head.get("key_fingerprint") != crypto.fingerprint():
        raise SetupError("this archive belongs to another key: put its key file back, or set its LINLI_SECRET_KEY")
    lacking = sorted(set(head.get("key_ids") or []) - set(ids))
    if lacking:
        raise SetupError(f"the key file lacks the keys {', '.join(lacking)} of this archive: put its own one back")


def _nodes(head: dict[str, Any]) -> set[tuple[str, str]]:
    return {(str(app), str(name)) for app, names in head["migrations"].items() for name in names}


def is_fresh() -> bool:
    """Nothing in it but what `linli migrate` makes."""
    there = set(connection.introspection.table_names())
    names = [one.name for one in tables_of(present) if one.name in there and one.name not in ALWAYS_THERE]
    return not any(_holds_rows(name) for name in names)


def _holds_rows(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(name)} LIMIT 1")  # noqa: S608  (quoted names of our own tables)
        return cursor.fetchone() is not None


def is_unfinished() -> bool:
    return Lease._meta.db_table in connection.introspection.table_names() and _marked().exists()


def _marked() -> Any:
    return Lease.objects.filter(name=MARK)


def check_target(*, replace: bool) -> bool:
    """True where there is something to replace. Raises SetupError where that was not asked for."""
    if is_unfinished() or is_fresh():
        return False
    if not replace:
        raise SetupError(
            "there is data in this database: restore into an empty one, or say --replace to put the archive in its place"
        )
    return True


# The restore itself --------------------------------------------------------------------------------------------------


def restore(source: Source, *, finish: Callable[[], None]) -> None:
    """Put the archive into this database in place of whatever is there. `finish` runs on the present tables before the
    mark of an unfinished restore is taken away."""
    executor = MigrationExecutor(connection)
    nodes = _nodes(source.head)
    targets = [node for node in nodes if not _followed(executor, node, nodes)]
    _drop_tables()
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    Lease.objects.update_or_create(name=MARK, defaults={"next_at": clock.now()})
    _load(source, executor.loader.project_state(targets).apps)
    call_command("migrate", interactive=False, verbosity=0)
    mark_unsent()
    finish()
    _marked().delete()


def mark_unsent() -> int:
    """What was still to be sent when the archive was made may have been sent since: it goes out at most once more, marked."""
    return Delivery.objects.filter(state__in=(QUEUED, CLAIMED)).update(maybe_twice=True)


def _followed(executor: MigrationExecutor, node: tuple[str, str], nodes: set[tuple[str, str]]) -> bool:
    children = executor.loader.graph.node_map[node].children
    return any(tuple(child.key) in nodes and child.key[0] == node[0] for child in children)


def _drop_tables() -> None:
    """Those of Linli only: others may live in the same database."""
    there = set(connection.introspection.table_names())
    ours = {model._meta.db_table for model in present.get_models(include_auto_created=True)} | {"django_migrations"}
    names = [connection.ops.quote_name(name) for name in sorted(ours & there)]
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        if connection.vendor == "postgresql" and names:
            cursor.execute(f"DROP TABLE {', '.join(names)} CASCADE")
        elif names:
            for name in names:
                cursor.execute(f"DROP TABLE {name}")


def _load(source: Source, apps: Any) -> None:
    tables = {one.name: one for one in tables_of(apps)}
    total = sum(int(end.get("rows", 0)) for end in source.foot.get("tables", {}).values())
    with transaction.atomic():
        for table in tables.values():
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table.name)}")  # noqa: S608  (quoted names of our own tables)
        seen: dict[str, Any] = {}
        steps = console.progress(_parts(source, tables, seen), total=total, what="Rows", each=lambda rows: rows)
        for _rows in steps:
            pass
        check_foot(source, seen)
        _continue_numbers(apps, tables, seen)
        try:
            connection.check_constraints()
        except IntegrityError:
            raise Damaged("rows that belong together") from None


def _parts(source: Source, tables: dict[str, Table], seen: dict[str, Any]) -> Iterator[int]:
    for part in source.parts():
        table = tables.get(part.name)
        if table is None or part.name in seen or set(part.columns) != {one.name for one in table.columns}:
            raise Damaged(f"the table {part.name[:60]}")
        yield from _insert(table, part)
        seen[part.name] = part.end


def _insert(table: Table, part: Part) -> Iterator[int]:
    decode = decoder(table, part.columns, connection.vendor)
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, part.columns))
    put = _copy if connection.vendor == "postgresql" else _many
    while chunk := [decode(row) for row in islice(part.rows, AT_ONCE)]:
        try:
            put(quote(table.name), columns, chunk)
        except IntegrityError:
            raise Damaged(f"rows of {table.name}") from None
        yield len(chunk)


def _copy(name: str, columns: str, rows: list[list[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _many(name: str, columns: str, rows: list[list[Any]]) -> None:
    places = ", ".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({places})", rows)  # noqa: S608  (quoted names of our own tables)


def _continue_numbers(apps: Any, tables: dict[str, Table], seen: dict[str, Any]) -> None:
    """The next number comes after the last one ever given, also where that row is gone."""
    models = [one for one in apps.get_models(include_auto_created=True) if one._meta.db_table in tables]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(sql)
        for name, end in seen.items():
            last = int(end.get("last") or 0)
            if tables[name].serial and last:
                _at_least(cursor, tables[name], last)


def _at_least(cursor: Any, table: Table, last: int) -> None:
    if connection.vendor == "sqlite":
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s AND seq < %s", [last, table.name, last])
        cursor.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT %s, %s"
            " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)",
            [table.name, last, table.name],
        )
        return
    name = connection.ops.quote_name(table.name)
    cursor.execute(
        f"SELECT setval(pg_get_serial_sequence(%s, %s),"  # noqa: S608  (quoted names of our own tables)
        f" GREATEST(%s, (SELECT COALESCE(MAX({connection.ops.quote_name(table.key)}), 1) FROM {name})))",
        [table.name, table.key, last],
    )
