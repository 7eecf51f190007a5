"""Commands on the audit trail: does the chain hold, and what is its newest link?"""

from typing import Annotated

import typer

from linli.core import chain, console
from linli.core.errors import SetupError

Noted = Annotated[
    list[str] | None,
    typer.Option("--head", metavar="SEAL:DIGEST", help="A link noted earlier by 'audit head'; repeat it for several."),
]


def mount(app: typer.Typer) -> None:
    trail = typer.Typer(help="The audit trail.", no_args_is_help=True)
    trail.command("verify")(verify)
    trail.command("head")(show_head)
    app.add_typer(trail, name="audit")


def verify(
    head: Noted = None,
    start: Annotated[int, typer.Option("--from", min=0, help="Begin at this seal and trust those before it.")] = 0,
) -> None:
    """Check that no sealed entry of the audit trail was changed, added or taken away. Exit code 1 where one was."""
    try:
        heads = tuple(chain.Head.parse(text) for text in head or ())
    except ValueError as error:
        raise SetupError(f"{error} is no head of a chain: 'linli audit head' prints one like 12:3f9a…") from None
    broken = chain.find_break(start=start, heads=heads)
    if broken is not None:
        if console.wants_json():
            console.result({"ok": False, "seal": broken.seal, "entry": broken.entry, "what": broken.what})
        raise SetupError(broken.words())
    counts = chain.count_sealed()
    console.result(
        {"ok": True, **counts},
        f"The audit trail holds: {counts['sealed']} entries in {counts['seals']} seals,"
        f" {counts['unsealed']} not sealed yet. Head: {counts['head'] or 'none'}",
    )


def show_head() -> None:
    """Print the newest link. Noted on paper or on another machine, it proves later that no end was cut off:
    `linli audit verify --head SEAL:DIGEST`."""
    chain.seal_new_entries()
    found = chain.head()
    if found is None:
        raise SetupError("the audit trail has no entry yet")
    console.result({"seal": found.seal, "digest": found.digest, "head": str(found)}, str(found))
