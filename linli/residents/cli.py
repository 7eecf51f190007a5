"""Commands of the register."""

from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils import translation
from django.utils.translation import gettext as _

from linli.core import console
from linli.core.actors import SYSTEM
from linli.core.errors import Missing
from linli.grid.models import Place
from linli.grid.queries import get_place
from linli.residents import imports, words

SOME_ROWS_BAD = 2


def mount(app: typer.Typer, imports: typer.Typer) -> None:  # noqa: ARG001
    imports.command("roster")(import_roster)


def import_roster(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An XLSX or CSV file, headers in Chinese or English.")],
    place: Annotated[str, typer.Option(metavar="CODE", help="Code of the community, or of a place in it.")],
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows that stay out to this XLSX, with the reason.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Import a community's own roster of households and people.

    Exit code 0: every row went in. 2: good rows went in, others did not (see `errors`). 1: nothing went in.
    """
    data = file.read_bytes()
    found = _place(place)
    with translation.override(translation.get_language() or "en"):
        run = imports.check_roster if dry_run else imports.import_roster
        done = run(data, file.name, actor=SYSTEM, place=found)
        if errors is not None and done.errors:
            errors.write_bytes(imports.error_sheet(done.roster, done.errors))
        console.result(_result(done, dry_run=dry_run), _text(done, dry_run=dry_run))
    if done.errors:
        raise typer.Exit(SOME_ROWS_BAD)


def _place(code: str) -> Place:
    try:
        return get_place(actor=SYSTEM, code=code)
    except Missing:
        raise Missing(_("There is no place with the code %(code)s.") % {"code": code}) from None


def _result(done: imports.Checked, *, dry_run: bool) -> dict[str, Any]:
    counts = done.outcome.counts()
    return {
        "rows": done.roster.rows,
        **counts,
        "unchanged": counts["households_unchanged"],
        "bad_rows": len(done.bad_rows),
        "errors": [
            {
                "row": error.row,
                "column": imports.column_name(error.column),
                "code": error.reason,
                "reason": words.reason(error.reason, error.values),
            }
            for error in done.errors
        ],
        "unknown_columns": done.roster.unknown,
        "notes": done.roster.notes,
        "dry_run": dry_run,
    }


def _text(done: imports.Checked, *, dry_run: bool) -> str:
    counts = done.outcome.counts()
    summary = (
        f"{done.roster.rows} rows read. Households: {counts['households_new']} new, {counts['households_changed']} changed, "
        f"{counts['households_unchanged']} unchanged. People: {counts['people_new']} new, "
        f"{counts['people_changed']} changed, {counts['people_unchanged']} unchanged."
    )
    lines = [summary]
    if dry_run:
        lines.append("Nothing was written.")
    if done.errors:
        lines.append(f"{len(done.bad_rows)} rows stay out:")
        lines += [f"  row {error.row}, {imports.sentence(error)}" for error in done.errors[:50]]
        if len(done.errors) > 50:
            lines.append(f"  … and {len(done.errors) - 50} more; --errors FILE writes them all.")
    return "\n".join(lines)
