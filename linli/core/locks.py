"""One way to say "one at a time". SQLite has a single writer from the first statement on (IMMEDIATE), so it needs no
more; PostgreSQL takes an advisory lock that ends with the transaction."""

import zlib

from django.db import connection


def lock(name: str, *, shared: bool = False) -> None:
    """Wait until no other transaction holds `name`. Must be called inside a transaction. Those who take it `shared` wait
    only for one who doesn't."""
    if not connection.in_atomic_block:
        raise RuntimeError("lock() outside a transaction holds nothing")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            how = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
            cursor.execute(f"SELECT {how}(%s)", [zlib.crc32(name.encode())])
