"""Key rotation: `linli keys rotate`, `reseal`, `drop`. Sealed columns are found by looking at the models, so a new room needs
to say nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import typer
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from linli.config import operate
from linli.config.env import env
from linli.core import audit, clock, console, crypto, keys
from linli.core.actors import SYSTEM
from linli.core.crypto import EncryptedTextField
from linli.core.errors import SetupError
from linli.core.models import AuditEntry

AT_ONCE = 500
ON_PHONES = timedelta(days=4)  # a phone without network keeps what it recorded for three


def mount(app: typer.Typer) -> None:
    commands = typer.Typer(help="The secret key of the deployment.", no_args_is_help=True)
    commands.command("create")(operate.create_keys)
    commands.command("rotate")(rotate)
    commands.command("reseal")(reseal)
    commands.command("list")(list_keys)
    commands.command("drop")(drop)
    app.add_typer(commands, name="keys")


def rotate() -> None:
    """Make a new key the current one. Old values stay readable; 'keys reseal' brings them under it. Sessions go on."""
    operate.ready(make_key=False)
    if env().secret_key and settings.KEY_FILE.exists():
        raise SetupError(
            f"LINLI_SECRET_KEY is set and there is a key file {settings.KEY_FILE} too: take one of them away"
        )
    ids, _current = crypto.key_ids()
    fresh = f"k{max(int(one[1:]) for one in ids if one[1:].isdigit()) + 1}"
    _current, held = keys.read_keys(settings.DATA_SECRET, settings.KEY_FILE)
    keys.rewrite_key_file(settings.KEY_FILE, fresh, {**held, fresh: keys.new_text()})
    audit.record(SYSTEM, "rotate_keys", ("core.keys", fresh))
    text = f"{fresh} is the current key. Copy {settings.KEY_FILE} to a safe place now, then run 'linli keys reseal'."
    if env().secret_key:
        text += " The key from LINLI_SECRET_KEY stands in it as k1: take the variable away and start everything anew."
    console.result({"current": fresh, "key_file": str(settings.KEY_FILE)}, text)


def sealed_columns() -> list[tuple[Any, EncryptedTextField]]:
    found = [(model, one) for model in apps.get_models(include_auto_created=True) for one in model._meta.local_fields]
    return [(model, one) for model, one in found if isinstance(one, EncryptedTextField)]


def other_binaries() -> list[tuple[Any, Any]]:
    """Columns that may hold something sealed by other means, such as an uploaded file that waits."""
    found = [(model, one) for model in apps.get_models(include_auto_created=True) for one in model._meta.local_fields]
    return [
        (model, one)
        for model, one in found
        if isinstance(one, models.BinaryField) and not isinstance(one, EncryptedTextField)
    ]


def _batches(model: Any, field: Any) -> Iterator[list[tuple[Any, bytes]]]:
    """Key and raw value of every row, in the order of its key."""
    quote = connection.ops.quote_name
    table, column, key = quote(model._meta.db_table), quote(field.column), quote(model._meta.pk.column)
    last: Any = None
    while True:
        where, values = ("", []) if last is None else (f"WHERE {key} > %s", [last])
        sql = f"SELECT {key}, {column} FROM {table} {where} ORDER BY {key} LIMIT {AT_ONCE}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            rows = [(row[0], bytes(row[1] or b"")) for row in cursor.fetchall()]
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def count_by_key() -> dict[str, int]:
    """How many values each key still holds."""
    counts: Counter[str] = Counter()
    for model, field in sealed_columns():
        for rows in _batches(model, field):
            counts.update(crypto.key_of(data) for _key, data in rows if data)
    ids, _current = crypto.key_ids()
    for model, field in other_binaries():
        for rows in _batches(model, field):
            counts.update(found for _key, data in rows if (found := crypto.key_of(data)) in ids and b":" in data[:8])
    return dict(counts)


def reseal() -> None:
    """Seal every value anew under the current key, in batches while everything runs. Stopped, it goes on where it was."""
    operate.ready(make_key=False)
    _ids, current = crypto.key_ids()
    columns, done = sealed_columns(), 0
    total = sum(model._base_manager.count() for model, _field in columns)

    def steps() -> Iterator[tuple[int, int]]:
        for model, field in columns:
            for rows in _batches(model, field):
                yield len(rows), _reseal(model, field, rows, current)

    for _rows, changed in console.progress(steps(), total=total, what="Values", each=lambda step: step[0]):
        done += changed
    if done:
        audit.record(SYSTEM, "reseal", ("core.keys", current), reason=f"{done} values")
    console.result({"current": current, "resealed": done}, f"{done} values are sealed anew under {current}.")


def _reseal(model: Any, field: Any, rows: list[tuple[Any, bytes]], current: str) -> int:
    """Only where the value is still the one that was read: somebody may have changed it since."""
    old = [(key, data) for key, data in rows if data and crypto.key_of(data) != current]
    if not old:
        return 0
    quote, context = connection.ops.quote_name, field._context()
    table, column, key = quote(model._meta.db_table), quote(field.column), quote(model._meta.pk.column)
    sql = f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s"  # noqa: S608
    values = [(crypto.seal(crypto.unseal(data, context), context), row, data) for row, data in old]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, values)
    return len(old)


def list_keys() -> None:
    """Say which keys there are, and how many values each still holds."""
    operate.ready(make_key=False)
    ids, current = crypto.key_ids()
    counts = count_by_key()
    told = [
        {"key": one, "current": one == current, "look_up": one == ids[0], "values": counts.get(one, 0)} for one in ids
    ]
    lines = [
        f"{one['key']}: {one['values']} values{', current' if one['current'] else ''}"
        f"{', key of the look-ups' if one['look_up'] else ''}"
        for one in told
    ]
    console.result({"keys": told}, "\n".join(lines))


def drop(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="An old key: 'linli keys list' names them.")],
    now: Annotated[bool, typer.Option("--now", help="Though phones may still hold records sealed under it.")] = False,
) -> None:
    """Take an old key out of the key file, once it holds no value. Whoever signed in under it signs in anew."""
    operate.ready(make_key=False)
    ids, current = crypto.key_ids()
    if key_id not in ids:
        raise SetupError(f"there is no key {key_id}: 'linli keys list' names them")
    if key_id == current:
        raise SetupError(f"{key_id} is the current key: 'linli keys rotate' makes another one first")
    if key_id == ids[0]:
        raise SetupError(f"{key_id} is the key of the look-ups: people are found by their numbers with it, so it stays")
    left = count_by_key().get(key_id, 0)
    if left:
        raise SetupError(f"{left} values are still sealed under {key_id}: 'linli keys reseal' first")
    rotated = AuditEntry.objects.filter(act="rotate_keys", at__gt=clock.now() - ON_PHONES).exists()
    if rotated and not now:
        raise SetupError(
            f"phones may hold unsent records under {key_id} for three days after a rotation: wait, or say --now"
        )
    _current, held = keys.read_keys(settings.DATA_SECRET, settings.KEY_FILE)
    held.pop(key_id)
    keys.rewrite_key_file(settings.KEY_FILE, current, held)
    audit.record(SYSTEM, "drop_key", ("core.keys", key_id))
    console.result({"dropped": key_id}, f"{key_id} is gone. Backups that name it need the old key file: keep a copy.")
