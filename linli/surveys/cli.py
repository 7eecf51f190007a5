"""Commands of forms."""

from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils.translation import gettext as _

from linli.core import console
from linli.core.actors import SYSTEM
from linli.core.errors import Missing, Problem
from linli.grid.queries import get_place
from linli.surveys import actions, queries
from linli.surveys.intake import Refused
from linli.surveys.models import Form
from linli.surveys.words import tell

MOST_SHOWN = 500
forms = typer.Typer(help="Forms and their versions.", no_args_is_help=True)


def mount(app: typer.Typer) -> None:
    app.add_typer(forms, name="form")


@forms.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workbook in the notation XLSForm.")],
    *,
    place: Annotated[str, typer.Option(metavar="CODE", help="Code of the place that keeps the form.")],
    attach: Annotated[list[Path] | None, typer.Option(help="A file that the form shows; may be given again.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Don't publish it yet.")] = False,
) -> None:
    """Bring a form in and publish it. Where something is wrong with it: all of it, and exit code 1."""
    try:
        found = get_place(actor=SYSTEM, code=place)
    except Missing:
        raise Problem(_("There is no place with the code %(code)s.") % {"code": place}, code="not-found") from None
    try:
        version = actions.take_workbook(actor=SYSTEM, place=found, data=file.read_bytes(), filename=file.name)
    except Refused as refused:
        rows = tell(refused.findings)
        console.result(rows, "\n".join(f"{_where(one)}{one['message']}" for one in rows))
        raise typer.Exit(1) from None
    for one in attach or ():
        actions.attach_file(actor=SYSTEM, version=version, name=one.name, data=one.read_bytes())
    if not draft:
        version = actions.publish_version(actor=SYSTEM, version=version)
    warnings = tell(queries.list_warnings(version=version))
    told = {
        **_entry(version.form),
        "number": version.number,
        "version": version.version,
        "state": version.state,
        "md5": version.md5,
        "warnings": warnings,
    }
    lines = [
        f"{version.form.form_id} {version.version}: {version.state}",
        *(_where(w) + w["message"] for w in warnings),
    ]
    console.result(told, "\n".join(lines))


@forms.command("list")
def list_(text: Annotated[str, typer.Option("--search", help="Part of the title or the id.")] = "") -> None:
    """All forms, the last changed first."""
    rows = [_entry(one) for one in queries.list_forms(actor=SYSTEM, text=text)[:MOST_SHOWN]]
    lines = [f"{one['form_id']}: {one['title']} ({one['place']}, {one['state']})" for one in rows]
    console.result(rows, "\n".join(lines) or _("There is no form yet. See: linli form publish --help"))


@forms.command("show")
def show(name: Annotated[str, typer.Argument(metavar="FORM_ID", help="The form's id, as its author gave it.")]) -> None:
    """One form: its versions, what the latest asks, and the files that lack."""
    try:
        form = queries.find_form_called(actor=SYSTEM, name=name)
    except Missing:
        raise Problem(_("There is no form with the id %(name)s.") % {"name": name}, code="not-found") from None
    version = queries.get_version(actor=SYSTEM, form=form)
    versions = [
        {"number": one.number, "version": one.version, "state": one.state, "md5": one.md5}
        for one in queries.list_versions(actor=SYSTEM, form=form)
    ]
    rows = queries.outline(version=version)
    told = {**_entry(form), "versions": versions, "questions": rows, "missing": queries.list_missing(version=version)}
    lines = [f"{form.form_id}: {form.title} ({form.state})"]
    lines += [
        f"{'  ' * one['depth']}{one['name']}: {next(iter(one['label'].values()), '')} [{one['type']}]" for one in rows
    ]
    console.result(told, "\n".join(lines))


def _entry(form: Form) -> dict[str, Any]:
    return {
        "id": form.pk,
        "form_id": form.form_id,
        "title": form.title,
        "place": form.place.code,
        "state": form.state,
        "changed_at": form.changed_at,
    }


def _where(one: dict[str, Any]) -> str:
    parts = [one["sheet"], str(one["row"] or ""), one["column"]]
    where = " ".join(part for part in parts if part)
    return f"{where}: " if where else ""
