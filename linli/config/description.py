"""The command that prints the API's description, for whoever writes a program or makes a client."""

import json
import sys

import typer


def mount(app: typer.Typer) -> None:
    app.command("openapi")(print_description)


def print_description() -> None:
    """Print the API's description (OpenAPI 3.1, JSON). It needs no database and no key."""
    from linli.config.api import api

    text = json.dumps(api.get_openapi_schema(), default=str, ensure_ascii=False, indent=2, sort_keys=True)
    sys.stdout.write(f"{text}\n")
