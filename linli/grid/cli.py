"""Commands of the grid."""

import typer


def mount(app: typer.Typer, imports: typer.Typer) -> None: ...
