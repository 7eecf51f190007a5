"""Tables and rows as both databases can say them: JSON, with ISO moments, base64 and decimal texts."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from linli.core.errors import SetupError

LONGEST_LINE = 64 * 1024 * 1024  # a roster of 25 MB, sealed and in base64, is the longest value there is
# Made anew by every database (content types), of a running machine only (leases, tries), or ended by a restore on
# purpose (sessions).
LEFT_OUT_APPS = {"admin", "auth", "axes", "contenttypes", "sessions"}
LEFT_OUT = {"core_lease", "core_throttle"}
KINDS = {
    "DateTimeField": "moment",
    "DateField": "day",
    "TimeField": "time",
    "UUIDField": "uuid",
    "BooleanField": "bool",
    "JSONField": "json",
    "BinaryField": "bytes",
    "DecimalField": "decimal",
    "DurationField": "duration",
    "GenericIPAddressField": "plain",
    "CharField": "plain",
    "TextField": "plain",
    "SlugField": "plain",
    "URLField": "plain",
    "EmailField": "plain",
    "FloatField": "plain",
    **dict.fromkeys(
        ("AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField"), "plain"
    ),
    **dict.fromkeys(("PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField"), "plain"),
}
SERIAL = {"AutoField", "BigAutoField", "SmallAutoField"}


class Damaged(SetupError):
    """The archive is not what was written."""

    def __init__(self, what: str):
        super().__init__(f"the archive is damaged, cut off or was changed ({what}): take another one")


@dataclass(frozen=True)
class Column:
    name: str
    kind: str


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    key: str
    serial: bool  # the database numbers its rows


@dataclass
class Part:
    """One table of a source: its rows as parsed lines; `end` is known once they were read."""

    name: str
    columns: list[str]
    rows: Iterator[list[Any]]
    end: dict[str, Any] = field(default_factory=dict)


class Sink(Protocol):
    def begin(self, name: str, columns: list[str]) -> None: ...
    def lines(self, data: bytes) -> None: ...
    def end(self, result: dict[str, Any]) -> None: ...
    def finish(self, foot: dict[str, Any]) -> None: ...


class Source(Protocol):
    head: dict[str, Any]
    foot: dict[str, Any]

    def parts(self) -> Iterator[Part]: ...


def tables_of(apps: Any) -> list[Table]:
    """Every table that an archive holds, of the present models or of those at some migration."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if not meta.managed or meta.proxy or meta.app_label in LEFT_OUT_APPS or meta.db_table in LEFT_OUT:
            continue
        columns = tuple(Column(one.column, _kind(one)) for one in meta.local_concrete_fields)
        found.append(Table(meta.db_table, columns, meta.pk.column, meta.pk.get_internal_type() in SERIAL))
    return sorted(found, key=lambda one: one.name)


def _kind(found: Any) -> str:
    while found.remote_field:
        found = found.target_field
    return KINDS[found.get_internal_type()]


# From a database -----------------------------------------------------------------------------------------------------


def _moment(value: Any) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(sep="T") + "Z"


def _json(value: Any) -> str:
    """As text, so that an empty value and the JSON `null` stay two things."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _micros(value: Any) -> int:
    return value if isinstance(value, int) else round(value.total_seconds() * 1_000_000)


OUT: dict[str, Callable[[Any], Any]] = {
    "moment": _moment,
    "day": str,
    "time": str,
    "uuid": lambda value: str(value).replace("-", ""),
    "bool": bool,
    "json": _json,
    "bytes": lambda value: base64.b64encode(bytes(value)).decode(),
    "decimal": str,
    "duration": _micros,
}


def encoder(table: Table) -> Callable[[Any], bytes]:
    """A row of the database to one line."""
    turns = [(at, OUT[one.kind]) for at, one in enumerate(table.columns) if one.kind in OUT]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

    def line(row: Any) -> bytes:
        values = list(row)
        for at, turn in turns:
            if values[at] is not None:
                values[at] = turn(values[at])
        return encode(values).encode() + b"\n"

    return line


# Into a database -----------------------------------------------------------------------------------------------------


def _unpacked(value: Any) -> bytes:
    return base64.b64decode(value, validate=True)


INTO: dict[str, dict[str, Callable[[Any], Any]]] = {
    "sqlite": {"moment": lambda value: value.removesuffix("Z").replace("T", " "), "bool": int, "bytes": _unpacked},
    "postgresql": {"bytes": _unpacked, "duration": lambda value: f"{value} microseconds"},
}


def decoder(table: Table, columns: list[str], vendor: str) -> Callable[[list[Any]], list[Any]]:
    """A parsed line to the values of a row. Raises Damaged where it isn't one."""
    kinds = {one.name: one.kind for one in table.columns}
    turns = [(at, INTO[vendor][kinds[name]]) for at, name in enumerate(columns) if kinds[name] in INTO[vendor]]
    width = len(columns)

    def row(values: list[Any]) -> list[Any]:
        if not isinstance(values, list) or len(values) != width:
            raise Damaged(f"a row of {table.name}")
        for at, turn in turns:
            if values[at] is not None:
                try:
                    values[at] = turn(values[at])
                except (ValueError, AttributeError, TypeError):
                    raise Damaged(f"a value of {table.name}.{columns[at]}") from None
        return values

    return row


# Whole tables --------------------------------------------------------------------------------------------------------


def parse(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise Damaged("a line is no JSON") from None


class Tally:
    """Counts and digests the lines of one table, in writing and in reading."""

    def __init__(self) -> None:
        self.rows, self._digest = 0, hashlib.sha256()

    def take(self, data: bytes, rows: int = 1) -> None:
        self.rows += rows
        self._digest.update(data)

    def result(self) -> dict[str, Any]:
        return {"rows": self.rows, "sha256": self._digest.hexdigest()}


def check_end(name: str, tally: Tally, end: dict[str, Any]) -> None:
    if not isinstance(end, dict) or {key: end.get(key) for key in ("rows", "sha256")} != tally.result():
        raise Damaged(f"the rows of {name}")


def examine(source: Source) -> dict[str, Any]:
    """Read all of it and raise Damaged where anything is not as it was written. Returns what it holds."""
    seen = {}
    for part in source.parts():
        for _row in part.rows:
            pass
        seen[part.name] = part.end
    check_foot(source, seen)
    return {**source.head, **source.foot}


def check_foot(source: Source, seen: dict[str, Any]) -> None:
    if source.foot.get("tables") != seen:
        raise Damaged("a table is missing or there is one too many")
