"""Commands of alerts."""

import typer

from linli.alerts.queries import get_alert, read_figures
from linli.core import console
from linli.core.actors import SYSTEM
from linli.core.errors import Missing, SetupError
from linli.grid.queries import get_place


def mount(app: typer.Typer) -> None:
    app.command()(coverage)


def coverage(
    alert: str = typer.Option(..., "--alert", help="Id of the notice."),
    place: str = typer.Option("", "--place", help="Code of a place of the notice; without it the whole notice."),
) -> None:
    """Count anew who was reached by a notice, who was not and why, and who answers for them.

    Everything is counted from the rows themselves; the counters of the live picture stand beside it under "counters".
    The exit code is 0 whenever it could be counted: the figures say the rest.
    """
    try:
        found = get_alert(actor=SYSTEM, alert_id=alert)
        where = get_place(actor=SYSTEM, code=place) if place else None
        figures = read_figures(actor=SYSTEM, alert=found, place=where)
    except Missing:
        raise SetupError("there is no such notice that was issued, or it does not concern this place") from None
    account, counters = figures.account, figures.households_counter
    agree = "as counted" if figures.agree else "NOT as counted"
    lines = [
        f"{account.reached} of {account.households} households reached, {account.unaccounted} unaccounted",
        f"{len(account.not_reached)} not reached, with a reason and who answers for them (--json names them)",
        f"{figures.posts.answered} of {figures.posts.members} posts confirmed, {figures.vacant_posts} vacant",
        f"counters: {counters.answered} of {counters.members}, {agree}",
    ]
    console.result({"alert": str(found.pk), "place": place, **figures.plain()}, "\n".join(lines))
