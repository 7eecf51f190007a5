"""What keeps a record for now: a room above knows that a household still stands in something open, the register below
does not know the room. Which room speaks here is listed in `config/wiring.py`."""

from collections.abc import Callable, Collection

Hold = Callable[[Collection[int]], dict[int, str]]

_holds: list[Hold] = []


def listen_to(hold: Hold) -> None:
    """`hold` takes ids of households and gives, for those that must stay, the code of why."""
    if hold not in _holds:
        _holds.append(hold)


def find_holds(households: Collection[int]) -> dict[int, str]:
    """Household → why its record must stay for now; the first reason counts."""
    found: dict[int, str] = {}
    for hold in _holds:
        found = {**hold(households), **found}
    return found
