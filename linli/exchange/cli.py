"""Commands of exchange: a notice as CAP, and an alert from a file."""

from pathlib import Path
from typing import Annotated

import typer

from linli.alerts.queries import get_alert
from linli.core import console
from linli.core.actors import SYSTEM
from linli.core.errors import Missing, SetupError
from linli.exchange import actions, queries
from linli.exchange.actions.incoming import plain_of
from linli.grid.queries import get_place


def mount(app: typer.Typer) -> None:
    commands = typer.Typer(help="The Common Alerting Protocol: out and in.", no_args_is_help=True)
    commands.command("show")(show)
    commands.command("import")(take_in)
    app.add_typer(commands, name="cap")


def show(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT_ID", help="Id of a notice that was issued.")],
    cancel: Annotated[bool, typer.Option("--cancel", help="The message that calls it back.")] = False,
) -> None:
    """A notice as a CAP 1.2 document. With --json: what it says, and the document under "xml"."""
    try:
        alert = get_alert(actor=SYSTEM, alert_id=alert_id)
        if alert.issued_at is None:
            raise Missing()
        message = queries.cancel_of(alert=alert) if cancel else queries.message_of_alert(alert=alert)
    except Missing:
        what = "that was cancelled" if cancel else "that was issued"
        raise SetupError(f"there is no notice {alert_id!r} {what}") from None
    xml = actions.sign_document(actor=SYSTEM, message=message).decode()
    public = queries.is_public(alert=alert)
    said = {
        "identifier": message.identifier,
        "sender": message.sender,
        "public": public,
        **plain_of(message),
        "xml": xml,
    }
    console.result(said, xml)


def take_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CAP 1.2 document.")],
    place: Annotated[
        str, typer.Option(metavar="CODE", help="Which place's people look at it; default: those that its areas name.")
    ] = "",
) -> None:
    """Bring an alert of others in, for people to look at. Nothing is issued by that; the same file again changes nothing."""
    data = file.read_bytes()
    try:
        found = get_place(actor=SYSTEM, code=place) if place else None
    except Missing:
        raise SetupError(f"there is no place with the code {place!r}") from None
    rows = actions.take_in(actor=SYSTEM, document=data, place=found)
    first = rows[0]
    told = {
        "sender": first.sender,
        "identifier": first.identifier,
        "msg_type": first.msg_type,
        "status": first.status,
        "signature": first.signature,
        "incoming": [
            {"id": str(one.pk), "place": one.place.code, "state": one.state, "matched": one.is_matched} for one in rows
        ],
    }
    where = ", ".join(f"{one.place.name} ({one.place.code})" for one in rows)
    console.result(told, f"{first.msg_type} {first.identifier} of {first.sender}, to be looked at in {where}")
