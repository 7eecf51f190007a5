"""Commands that run a deployment: migrate, keys, serve, worker."""

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from linli.core import clock, console, crypto, keys
from linli.core.errors import SetupError
from linli.core.models import Deployment


def mount(app: typer.Typer) -> None:
    app.command()(migrate)


def is_embedded() -> bool:
    return connection.vendor == "sqlite"


def ensure_database() -> None:
    """Make the embedded database where it is not there yet. A PostgreSQL one is migrated only on request."""
    if is_embedded() and not (settings.HOME / "linli.sqlite3").exists():
        bring_up_to_date()


def bring_up_to_date() -> None:
    settings.HOME.mkdir(parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    made, _new = Deployment.objects.get_or_create(
        id=1, defaults={"profile": settings.PROFILE.name, "made_at": clock.now()}
    )
    if made.profile != settings.PROFILE.name:
        raise SetupError(f"this database belongs to the profile {made.profile!r}: set LINLI_PROFILE={made.profile}")


def ensure_keys() -> None:
    """A key for a database that has none; a wrong or missing key for one that has is refused."""
    made = Deployment.objects.get(id=1)
    try:
        mine = crypto.fingerprint()
    except SetupError:
        if made.key_fingerprint:
            raise SetupError("the key of this database is missing: restore the key file, or set LINLI_SECRET_KEY") from None
        keys.write_key_file(settings.KEY_FILE)
        crypto.forget_keys()
        console.say(f"Made a new key file {settings.KEY_FILE} (mode 600). Keep a copy apart from the database's backup.")
        mine = crypto.fingerprint()
    if made.key_fingerprint and made.key_fingerprint != mine:
        raise SetupError("the key does not belong to this database: restore its key file, or set its LINLI_SECRET_KEY")
    if not made.key_fingerprint:
        Deployment.objects.filter(id=1).update(key_fingerprint=mine)


def migrate() -> None:
    """Bring the database up to date."""
    bring_up_to_date()
    console.result({"migrated": True, "database": connection.vendor}, "The database is up to date.")
