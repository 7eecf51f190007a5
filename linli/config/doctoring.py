"""`linli doctor`: what is missing or unsafe here, and how to mend it."""

import typer
from django.db import connection
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from linli.config import operate
from linli.core import console, crypto, doctor
from linli.core.errors import SetupError


def mount(app: typer.Typer) -> None:
    app.command("doctor")(examine)


def examine() -> None:
    """Look at everything that a deployment needs. Exit code 0: in order; 1: something is unsafe; 2: warnings only."""
    found = _before_the_rest() or doctor.examine()
    code = doctor.worst(found)
    console.result({"ok": code == 0, "findings": [one.plain() for one in found]}, _text(found))
    raise typer.Exit(code)


def _before_the_rest() -> list[doctor.Finding]:
    """Without key, database or tables nothing else can be asked. Makes none of them."""
    try:
        crypto.fingerprint()
    except (SetupError, ValueError) as error:
        return [_unsafe("no-key", str(error), _("Numbers can't be read or stored."), "linli keys create")]
    if not operate.is_there():
        return [_unsafe("no-database", _("There is no database yet."), _("Nothing can be stored."), "linli migrate")]
    try:
        connection.ensure_connection()
        operate.check_finished()
        operate.check_up_to_date()
    except OperationalError as error:
        why = str(error).splitlines()[0]
        return [_unsafe("no-connection", _("The database does not answer."), why, _("Check LINLI_DATABASE_URL."))]
    except SetupError as error:
        return [_unsafe("not-ready", str(error), _("Pages and jobs don't start on it."), "linli migrate")]
    return []


def _unsafe(code: str, what: str, why: str, mend: str) -> doctor.Finding:
    return doctor.Finding(code, doctor.UNSAFE, what, why, mend)


def _text(found: list[doctor.Finding]) -> str:
    if not found:
        return _("Everything is in order.")
    words = {doctor.UNSAFE: _("UNSAFE"), doctor.WARNING: _("warning"), doctor.HINT: _("hint")}
    return "\n\n".join(f"{words[one.level]}  {one.what}\n  {one.why}\n  → {one.mend}" for one in found)
