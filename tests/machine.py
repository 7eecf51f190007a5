"""What this machine has for the tests: a browser, a PostgreSQL server."""

import getpass
import os
import shutil
from functools import cache

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")


@cache
def find_chromium() -> str | None:
    """The path of a Chromium: LINLI_CHROMIUM, or the first browser of the family on the path."""
    named = os.environ.get("LINLI_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def postgresql_urls() -> list[str]:
    """Where a server may answer: as told by LINLI_TEST_DATABASE_URL, else the usual local ones."""
    named = os.environ.get("LINLI_TEST_DATABASE_URL")
    if named:
        return [named]
    host = "127.0.0.1:5432"
    return [
        f"postgresql://postgres@{host}/postgres",
        f"postgresql://postgres:postgres@{host}/postgres",
        f"postgresql://{getpass.getuser()}@{host}/postgres",
    ]


@cache
def find_postgresql() -> str | None:
    """The address of a server that lets us make databases, or None where none answers within two seconds."""
    import psycopg

    for url in postgresql_urls():
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                found = connection.execute(
                    "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if found and found[0]:
            return url
    return None
