"""What a command says: one JSON object for scripts, or plain lines and a progress bar for people."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")
_state = {"json": False}
_err = Console(stderr=True, highlight=False)


def use_json(*, on: bool) -> None:
    _state["json"] = on


def wants_json() -> bool:
    return _state["json"]


def result(data: dict[str, Any] | list[Any], text: str = "") -> None:
    """The outcome of a command, once: JSON on standard output with --json, else `text`."""
    if _state["json"]:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    else:
        sys.stdout.write((text or json.dumps(data, ensure_ascii=False, default=str, indent=2)) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """A line for people, on standard error, so that standard output stays for the result."""
    _err.print(text, markup=False, soft_wrap=True)


def progress(items: Iterable[T], *, total: int | None, what: str, each: Any = lambda _item: 1) -> Iterator[T]:
    """Pass `items` on and draw a bar on standard error where it is a terminal; `each` tells how much one item weighs."""
    if not _err.is_terminal:
        yield from items
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err) as bar:
        task = bar.add_task(what, total=total)
        for item in items:
            yield item
            bar.advance(task, each(item))
