"""Rows whose field is one of very many values, handed over as a single parameter: a list of thousands of parameters costs
more to build, to bind and to plan than the query itself."""

import json
from collections.abc import Iterable
from typing import TypeVar

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

Value = TypeVar("Value", int, str)


def among(field: str, values: Iterable[Value]) -> Q:
    """Rows whose `field` is one of `values`: keys that are numbers, or paths."""
    wanted = sorted(set(values))
    if not wanted:
        return Q(pk__in=[])
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__in": RawSQL("SELECT value FROM json_each(%s)", [json.dumps(wanted)])})
    if isinstance(wanted[0], str):
        # By bytes, as paths are compared: a column with a collation of its own asks for the same on the other side.
        listed = RawSQL('SELECT unnest(%s::text[]) COLLATE "C"', [wanted])
    else:
        listed = RawSQL("SELECT unnest(%s::bigint[])", [wanted])
    return Q(**{f"{field}__in": listed})
