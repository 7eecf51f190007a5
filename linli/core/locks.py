"""One way to say "one at a time". SQLite has a single writer from the first statement on (IMMEDIATE), so it needs no
more; PostgreSQL takes an advisory lock that ends with the transaction."""

import zlib

from django.db import connection


def lock(name: str) -> None:
    """Wait until no other transaction holds `name`. Must be called inside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("lock() outside a transaction holds nothing")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])
