"""Commands that run a deployment: migrate, keys, serve, worker. `ready` stands before every command that needs data."""

import os
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from linli.config import archive
from linli.config.env import env
from linli.core import clock, console, crypto, keys
from linli.core.errors import SetupError
from linli.core.models import Deployment
from linli.demo.cli import Machine

# These look to it themselves.
WITHOUT_DATA = {"migrate", "keys", "serve", "worker", "demo", "openapi", "backup", "restore", "export", "doctor"}
UNFINISHED = "a restore into this database was not finished: run 'linli restore' again"
BEHIND = "the database is behind this version of Linli: run 'linli migrate'"


def mount(app: typer.Typer) -> None:
    app.command()(migrate)
    app.command()(serve)
    app.command()(worker)


def is_embedded() -> bool:
    return connection.vendor == "sqlite"


def is_there() -> bool:
    """Does the embedded database exist? One elsewhere is taken to."""
    return not is_embedded() or Path(connection.settings_dict["NAME"]).exists()


def ensure_database() -> None:
    """Make the embedded database where it is not there yet. A PostgreSQL one is migrated only on request."""
    if not is_there():
        bring_up_to_date()


def make_room() -> None:
    """The home, and the file of an embedded database."""
    settings.HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    if is_embedded():
        Path(connection.settings_dict["NAME"]).touch(mode=0o600)  # names of people: nobody else's business here


def bring_up_to_date() -> None:
    make_room()
    check_finished()
    call_command("migrate", interactive=False, verbosity=0)
    check_profile()


def the_deployment() -> Deployment:
    made, _new = Deployment.objects.get_or_create(
        id=1, defaults={"profile": settings.PROFILE.name, "made_at": clock.now()}
    )
    return made


def check_profile() -> None:
    made = the_deployment()
    if made.profile != settings.PROFILE.name:
        raise SetupError(f"this database belongs to the profile {made.profile!r}: set LINLI_PROFILE={made.profile}")


def check_finished() -> None:
    if archive.is_unfinished():
        raise SetupError(UNFINISHED)


def check_up_to_date() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise SetupError(BEHIND)


def ensure_keys() -> None:
    """A key for a database that has none; a wrong or missing key for one that has is refused."""
    made = the_deployment()
    try:
        mine = crypto.fingerprint()
    except SetupError:
        if made.key_fingerprint:
            raise SetupError(
                "the key of this database is missing: restore the key file, or set LINLI_SECRET_KEY"
            ) from None
        make_key_file()
        mine = crypto.fingerprint()
    if made.key_fingerprint and made.key_fingerprint != mine:
        raise SetupError("the key does not belong to this database: restore its key file, or set its LINLI_SECRET_KEY")
    if not made.key_fingerprint:
        Deployment.objects.filter(id=1).update(key_fingerprint=mine)


def make_key_file() -> None:
    settings.KEY_FILE.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys.write_key_file(settings.KEY_FILE)
    crypto.forget_keys()
    settings.SECRET_KEY = keys.django_secret(env().secret_key, settings.KEY_FILE)
    console.say(f"Made a new key file {settings.KEY_FILE} (mode 600). Keep a copy apart from the database's backup.")


def ready(*, make_key: bool = True) -> None:
    """Everything that a command on data needs: database, tables of this version, its profile, its key. Raises SetupError
    with one line that says what to do. Without `make_key` a missing key is refused before anything is made."""
    if not make_key and not (is_there() and _has_key()):
        crypto.fingerprint()
    ensure_database()
    check_finished()
    check_up_to_date()
    check_profile()
    ensure_keys()


def before_command(name: str, arguments: list[str]) -> None:
    """Called before each command of the command line."""
    looks_itself = name in WITHOUT_DATA or (name == "import" and "deployment" in arguments)
    if not looks_itself and "--help" not in arguments:
        ready()


# The commands --------------------------------------------------------------------------------------------------------


def migrate() -> None:
    """Bring the database up to date."""
    bring_up_to_date()
    console.result({"migrated": True, "database": connection.vendor}, "The database is up to date.")


def create_keys() -> None:
    """Make the key file, mode 600, in the home. Never overwrites one."""
    if env().secret_key:
        raise SetupError("the key comes from LINLI_SECRET_KEY: no key file is needed")
    if settings.KEY_FILE.exists():
        raise SetupError(f"there is a key file already: {settings.KEY_FILE}")
    if is_there() and _has_key():
        raise SetupError("this database was made with another key: restore its key file instead of making a new one")
    make_key_file()
    console.result({"key_file": str(settings.KEY_FILE)}, str(settings.KEY_FILE))


def _has_key() -> bool:
    if Deployment._meta.db_table not in connection.introspection.table_names():
        return False
    return Deployment.objects.exclude(key_fingerprint="").exists()


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for every one of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Processes; 0: as fits the database.")] = 0,
    threads: Annotated[int, typer.Option(min=1, max=128, help="Threads of each process.")] = 8,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Run no worker here: `linli worker` does.")] = False,
) -> None:
    """Answer pages and API, and run a worker beside them, until stopped."""
    from linli.config import servers

    ready(make_key=settings.DEMO)

    def announce(address: str) -> None:
        console.say(f"Linli answers at {address} (stop it with Ctrl+C)")
        if console.wants_json():
            console.result({"address": address, "pid": os.getpid()})

    servers.run(
        host=host,
        port=port,
        workers=workers or servers.default_workers(),
        threads=threads,
        with_worker=not no_worker,
        announce=announce,
    )


def worker(parent: Annotated[int, typer.Option(hidden=True)] = 0) -> None:
    """Run what the clock and the events start, until stopped. Several may run beside each other."""
    from linli.config import servers

    ready(make_key=settings.DEMO)
    servers.work(parent=parent)


def machine() -> Machine:
    """What a demonstration borrows."""
    from linli.config import servers

    def make_database() -> None:
        bring_up_to_date()
        ensure_keys()

    return Machine(make_database, servers.check_free, servers.run, servers.end_with)
