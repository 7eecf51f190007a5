"""Benchmarks as ratios to a peer or a limit in the same run: read ratios, not seconds. `python -m bench --help`.

A module here exposes `BENCHES`, a list of `Bench`. A bench gives `Result`s: one line of the table each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Result:
    """One figure: what was measured, against which peer or limit, and what was to be reached.

    `goal` is the most that `ratio` may be (or, where there is no peer, the most that `figure` may be).
    """

    what: str
    figure: float
    unit: str
    peer: str = ""
    peer_figure: float | None = None
    goal: float | None = None
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.figure / self.peer_figure if self.peer_figure else None

    @property
    def met(self) -> bool | None:
        """None: nothing was promised."""
        if self.goal is None:
            return None
        return (self.figure if self.ratio is None else self.ratio) <= self.goal


@dataclass(frozen=True)
class Bench:
    name: str
    run: Callable[[], list[Result]]
    large: bool = False
