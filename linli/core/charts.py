"""Numbers into the points of a drawing. Pure; templates write the SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

WIDTH, HEIGHT = 600, 160


@dataclass(frozen=True)
class Drawing:
    """`line` and `area` are points of a polyline and a polygon; `whole_y` is the height of the line to reach."""

    line: str
    area: str
    whole_y: float | None
    top: float
    width: int = WIDTH
    height: int = HEIGHT


def draw(points: Sequence[tuple[Any, float]], whole: float | None = None) -> Drawing | None:
    """Steps through the points: a value holds until the next. Times stand where they belong, other labels evenly."""
    if not points:
        return None
    top = max([value for _at, value in points] + [whole or 0]) or 1
    across = _across([at for at, _value in points])
    steps: list[tuple[float, float]] = []
    for x, (_at, value) in zip(across, points, strict=True):
        if steps:
            steps.append((x, steps[-1][1]))
        steps.append((x, _y(value, top)))
    if len(points) == 1:
        steps.append((WIDTH, steps[0][1]))
    line = _words(steps)
    area = f"{_words([(steps[0][0], HEIGHT)])} {line} {_words([(steps[-1][0], HEIGHT)])}"
    return Drawing(line, area, _y(whole, top) if whole else None, top)


def _across(labels: Sequence[Any]) -> list[float]:
    if len(labels) < 2:
        return [0.0] * len(labels)
    if all(isinstance(label, date | datetime) for label in labels):
        span = (labels[-1] - labels[0]).total_seconds() or 1
        return [(label - labels[0]).total_seconds() / span * WIDTH for label in labels]
    return [number / (len(labels) - 1) * WIDTH for number in range(len(labels))]


def _y(value: float, top: float) -> float:
    return HEIGHT - value / top * HEIGHT


def _words(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
