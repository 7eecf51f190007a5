"""Every table of the database as it was at one moment, while others go on writing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from linli import __version__
from linli.config.archive.rows import Sink, Table, Tally, encoder, tables_of
from linli.core import clock, console, crypto

FORMAT = 1
AT_ONCE = 2_000


@contextmanager
def one_moment() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own: writers neither wait for it nor change what it sees."""
    link = connection.copy()
    try:
        if link.vendor == "postgresql":
            from psycopg import IsolationLevel

            link.settings_dict["OPTIONS"]["isolation_level"] = IsolationLevel.REPEATABLE_READ
            link.set_autocommit(False)
        with link.cursor() as cursor:
            if link.vendor == "sqlite":
                cursor.execute("BEGIN")  # deferred: it takes no lock that a writer wants
            cursor.execute("SELECT COUNT(*) FROM django_migrations")  # the moment
        yield link
    finally:
        link.close()


def make_head(link: BaseDatabaseWrapper) -> dict[str, Any]:
    """What must be known before the first row is read. No counts: they stand at the end."""
    ids, current = crypto.key_ids()
    migrations: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(link).applied_migrations()):
        migrations.setdefault(app, []).append(name)
    return {
        "format": FORMAT,
        "version": __version__,
        "made_at": clock.now().isoformat(),
        "database": link.vendor,
        "profile": settings.PROFILE.name,
        "key_fingerprint": crypto.fingerprint(),
        "key_ids": ids,
        "key_id": current,
        "migrations": migrations,
    }


def copy_to(sink: Sink, link: BaseDatabaseWrapper) -> dict[str, Any]:
    """Write every table to the sink. Returns what was written: counts and digests, and how far the audit trail was."""
    tables = tables_of(apps)
    total = sum(_count(link, table) for table in tables)
    results: dict[str, Any] = {}

    def parts() -> Iterator[int]:
        for table in tables:
            sink.begin(table.name, [one.name for one in table.columns])
            tally = Tally()
            for data, rows in _lines(link, table):
                tally.take(data, rows)
                sink.lines(data)
                yield rows
            results[table.name] = {**tally.result(), "last": _last(link, table)}
            sink.end(results[table.name])

    for _rows in console.progress(parts(), total=total, what="Rows", each=lambda rows: rows):
        pass
    foot = {"tables": results, "audit_head": _audit_head(link)}
    sink.finish(foot)
    return foot


def _lines(link: BaseDatabaseWrapper, table: Table) -> Iterator[tuple[bytes, int]]:
    encode, quote = encoder(table), link.ops.quote_name
    columns = ", ".join(quote(one.name) for one in table.columns)
    cursor: Any = link.chunked_cursor()
    with cursor:
        cursor.execute(f"SELECT {columns} FROM {quote(table.name)} ORDER BY {quote(table.key)}")  # noqa: S608  (quoted names of our own tables)
        rows: Iterable[Any] = iter(cursor)
        while chunk := list(islice(rows, AT_ONCE)):
            yield b"".join(map(encode, chunk)), len(chunk)


def _one(link: BaseDatabaseWrapper, sql: str, values: list[Any]) -> Any:
    with link.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def _count(link: BaseDatabaseWrapper, table: Table) -> int:
    return int(_one(link, f"SELECT COUNT(*) FROM {link.ops.quote_name(table.name)}", [])[0])  # noqa: S608  (quoted names of our own tables)


def _last(link: BaseDatabaseWrapper, table: Table) -> int:
    """The last number that the database gave out: a number that was deleted must never be given again."""
    if not table.serial:
        return 0
    if link.vendor == "sqlite":
        found = _one(link, "SELECT seq FROM sqlite_sequence WHERE name = %s", [table.name])
    else:
        found = _one(
            link,
            "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass), 0)",
            [table.name, table.key],
        )
    return int(found[0]) if found else 0


def _audit_head(link: BaseDatabaseWrapper) -> str:
    found = _one(link, "SELECT id, digest FROM core_auditseal ORDER BY id DESC LIMIT 1", [])
    return f"{found[0]}:{found[1]}" if found else ""
