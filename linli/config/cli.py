"""The command `linli`: `--home` and `--json` on every command, one clear line when one fails."""

import os
import sys
from typing import Any, NoReturn

import typer

EPILOG = "Every command takes --home DIR (or LINLI_HOME) and --json."


def take_option(argv: list[str], name: str) -> str | None:
    """Remove `--name VALUE` or `--name=VALUE` from anywhere and return its value."""
    for at, word in enumerate(argv):
        if word == "--":
            return None
        if word.startswith(f"{name}="):
            del argv[at]
            return word.partition("=")[2]
        if word == name and at + 1 < len(argv):
            value = argv[at + 1]
            del argv[at : at + 2]
            return value
    return None


def take_flag(argv: list[str], name: str) -> bool:
    if name in argv:
        argv.remove(name)
        return True
    return False


def fail(text: str, *, code: int = 1) -> NoReturn:
    sys.stderr.write(f"linli: {' '.join(text.split())}\n")
    raise SystemExit(code)


def _exports() -> None:
    """Write files out."""


def build() -> typer.Typer:
    """The command line, put together from the rooms' own."""
    from linli.alerts import cli as alerts
    from linli.boundaries import cli as boundaries
    from linli.config import accounts, backups, description, doctoring, keeping, operate, rotation, trail
    from linli.demo import cli as demo
    from linli.exchange import cli as exchange
    from linli.grid import cli as grid
    from linli.residents import cli as residents
    from linli.surveys import cli as surveys

    app = typer.Typer(
        name="linli", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, epilog=EPILOG
    )

    @app.callback()
    def before(context: typer.Context) -> None:
        operate.before_command(context.invoked_subcommand or "", sys.argv)

    imports = typer.Typer(help="Bring files in.", no_args_is_help=True, epilog=EPILOG)
    app.add_typer(imports, name="import")
    exports = typer.Typer(help="Write files out.", no_args_is_help=True, epilog=EPILOG)
    exports.callback()(_exports)
    app.add_typer(exports, name="export")
    operate.mount(app)
    rotation.mount(app)
    description.mount(app)
    accounts.mount(app, imports)
    trail.mount(app)
    doctoring.mount(app)
    keeping.mount(app)
    backups.mount(app, imports, exports)
    grid.mount(app, imports)
    residents.mount(app, imports)
    alerts.mount(app)
    boundaries.mount(app)
    exchange.mount(app)
    surveys.mount(app)
    demo.mount(app, operate.machine())
    return app


def run(argv: list[str]) -> Any:
    from django.db.utils import DatabaseError, OperationalError

    from linli.core import console
    from linli.core.errors import Problem, SetupError

    try:
        return build()(argv, standalone_mode=True)
    except Problem as error:
        if console.wants_json():
            console.result({"error": error.code, "detail": str(error.detail), "fields": error.fields})
        parts = [f"{name}: {text}" for name, text in error.fields.items() if str(text) != str(error.detail)]
        fail(": ".join([str(error.detail), "; ".join(parts)] if parts else [str(error.detail)]))
    except SetupError as error:
        fail(str(error))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        fail(f"{error.filename}: {error.strerror}")
    except OperationalError as error:
        fail(
            f"the database can't be used ({str(error).splitlines()[0]}): run 'linli migrate', or check LINLI_DATABASE_URL"
        )
    except DatabaseError as error:
        fail(f"the database refused: {type(error).__name__}. If Linli was upgraded, run 'linli migrate'.")
    except KeyboardInterrupt:
        fail("stopped", code=130)


def prepare_demonstration(argv: list[str]) -> None:
    from linli.config.demonstration import join_demonstration, prepare_environment

    if argv[:1] == ["demo"]:
        prepare_environment(argv)
    else:
        join_demonstration(argv)


def main() -> None:
    argv = sys.argv[1:]
    home = take_option(argv, "--home")
    if home:
        os.environ["LINLI_HOME"] = home
    as_json = take_flag(argv, "--json")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    prepare_demonstration(argv)
    import django

    django.setup()
    from linli.config.env import env
    from linli.config.wiring import wire
    from linli.core import console, logs

    logs.configure(
        level="WARNING" if argv[:1] not in (["serve"], ["worker"]) else env().log_level, as_json=env().log_json
    )
    console.use_json(on=as_json)
    wire()
    run(argv)
