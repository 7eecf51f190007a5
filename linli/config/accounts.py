"""Commands for operators: accounts, tokens, the list of posts."""

import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from linli.core import console
from linli.core.actors import SYSTEM
from linli.core.errors import Missing, SetupError
from linli.grid import actions, queries
from linli.grid.imports import posts as post_list
from linli.grid.models import Account
from linli.grid.rules import MOST_TOKEN_DAYS, TOKEN_DAYS, plain_username

SOME_ROWS_BAD = 2
Username = Annotated[str, typer.Argument(metavar="USERNAME", help="Name for sign-in.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def mount(app: typer.Typer, imports: typer.Typer) -> None:
    accounts = typer.Typer(help="Accounts of people.", no_args_is_help=True)
    accounts.command("create")(create_account)
    accounts.command("password")(set_password)
    accounts.command("operator")(set_operator)
    tokens = typer.Typer(help="Tokens with which programs act.", no_args_is_help=True)
    tokens.command("create")(create_token)
    tokens.command("revoke")(revoke_token)
    app.add_typer(accounts, name="account")
    app.add_typer(tokens, name="token")
    imports.command("posts")(import_posts)


def _account(username: str) -> Account:
    name = plain_username(username) or username
    try:
        return queries.get_account_by_username(actor=SYSTEM, username=name)
    except Missing:
        raise SetupError(f"there is no account {username!r} in use: 'linli account create' makes one") from None


def _password(*, from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether it was made here and must be told."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    return "-".join(secrets.token_hex(3) for _part in range(4)), True


def _told(account: Account, password: str, *, tell: bool) -> None:
    data: dict[str, Any] = {"username": account.username, "name": account.name}
    text = f"{account.username} ({account.name})"
    if tell:
        data["password"] = password
        text += f"\nPassword: {password}\nIt is shown only now; its owner changes it on the page 'My account'."
    console.result(data, text)


def create_account(
    username: Username,
    name: Annotated[str, typer.Option(help="The person's name.")],
    phone: Annotated[str, typer.Option()] = "",
    operator: Annotated[bool, typer.Option("--operator", help="May keep accounts and tokens.")] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Open an account and give it a password."""
    password, tell = _password(from_stdin=password_stdin)
    made = actions.make_account(
        actor=SYSTEM, username=username, name=name, phone=phone, password=password, is_operator=operator
    )
    _told(made, password, tell=tell)


def set_password(username: Username, password_stdin: FromStdin = False) -> None:
    """Give an account a new password; every session of it ends."""
    password, tell = _password(from_stdin=password_stdin)
    _told(actions.set_password(actor=SYSTEM, account=_account(username), password=password), password, tell=tell)


def set_operator(
    username: Username, off: Annotated[bool, typer.Option("--off", help="No longer an operator.")] = False
) -> None:
    """Make an account an operator's."""
    found = actions.set_operator(actor=SYSTEM, account=_account(username), on=not off)
    console.result({"username": found.username, "operator": found.is_operator}, f"{found.username}: {not off}")


def create_token(
    user: Annotated[str, typer.Option(metavar="NAME", help="Whose posts the program acts by.")],
    name: Annotated[str, typer.Option(help="Which program it is for.")] = "command line",
    scope: Annotated[list[str] | None, typer.Option(help="A permission; repeat it for several.")] = None,
    days: Annotated[int, typer.Option(help=f"Valid for how many days, at most {MOST_TOKEN_DAYS}.")] = TOKEN_DAYS,
) -> None:
    """Make a token; it is shown only this once. Without --scope it may do what does not widen access to personal data."""
    made, text = actions.make_token(actor=SYSTEM, account=_account(user), name=name, scopes=scope or (), days=days)
    console.result(
        {"token": text, "id": made.pk, "user": user, "scopes": made.scopes, "expires_at": made.expires_at.isoformat()},
        text,
    )


def revoke_token(token_id: Annotated[int, typer.Argument(metavar="ID", help="The id that 'create' gave.")]) -> None:
    """End a token at once."""
    try:
        found = actions.revoke_token(actor=SYSTEM, token_id=token_id)
    except Missing:
        raise SetupError(f"there is no token {token_id}") from None
    console.result({"id": found.pk, "revoked": True}, f"Token {found.pk} opens nothing any more.")


def import_posts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An XLSX or CSV file, headers in Chinese or English.")],
    place: Annotated[str, typer.Option(metavar="CODE", help="Code of the place in which all these posts are.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Import who holds which post. Good rows go in, bad ones are named; the same file again changes nothing.

    Exit code 0: every row went in. 2: some did not. 1: none.
    """
    data = file.read_bytes()
    found = queries.get_place(actor=SYSTEM, code=place)
    done = post_list.import_posts(data, file.name, actor=SYSTEM, place=found, dry_run=dry_run)
    for error in done.errors:
        console.say(str(error))
    console.result(
        {
            "rows": done.rows,
            "accounts_added": done.accounts_added,
            "appointments_added": done.appointments_added,
            "unchanged": done.unchanged,
            "bad_rows": len({error.row for error in done.errors}),
            "errors": [{"row": error.row, "column": error.column, "reason": error.reason} for error in done.errors],
            "dry_run": dry_run,
        },
        f"{done.rows} rows: {done.appointments_added} appointments and {done.accounts_added} accounts added, "
        f"{done.unchanged} there already, {len({error.row for error in done.errors})} rows not usable.",
    )
    if done.errors:
        raise typer.Exit(SOME_ROWS_BAD if done.appointments_added or done.unchanged else 1)
