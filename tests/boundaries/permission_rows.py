"""Who gets which answer from the pages of boundaries."""

from linli.boundaries.actions import redraw
from linli.boundaries.rules import RENAME, SPLIT
from linli.core.actors import SYSTEM
from tests.boundaries.wishes import PAPER, rename
from tests.matrix import Row

DAY = "2026-11-01"


def made(cast):
    return {"redrawing_id": redraw(actor=SYSTEM, wish=rename(cast.place("001-1"), "东网格")).pk}


def asked(kind, code):
    return lambda cast: {"kind": kind, "code": cast.place(code).code}


ROWS = [
    Row("boundaries", permission="places.see", expect={"outsider": 200, "lacking": 200}),
    Row("place-on-day", permission="places.see", expect={"outsider": 200, "lacking": 200}),
    Row("boundary-problems", permission="places.see", expect={"outsider": 200, "lacking": 200}),
    Row("redrawing", permission="places.see", kwargs=made),
    Row(
        "redrawing-undo", "POST", permission="places.redraw", kwargs=made, data=lambda _cast: {"reason": "错了"}, lacking="li",
        expect={"lacking": 403},
    ),
    Row("redraw", permission="places.redraw", kwargs=asked(SPLIT, "001-1"), lacking="li", expect={"lacking": 403}),
    Row(
        "redraw", "POST", permission="places.redraw", kwargs=asked(RENAME, "001-1"), lacking="li", expect={"lacking": 403},
        data=lambda _cast: {"name": "东网格", "on": DAY, "paper": PAPER},
    ),
]  # fmt: skip
