"""Who gets which answer from the pages of boundaries."""

from linli.boundaries.actions import redraw, take_edition
from linli.boundaries.rules import RENAME, SPLIT
from linli.core.actors import SYSTEM
from linli.grid.actions import PlaceBatch
from tests.boundaries.wishes import PAPER, rename
from tests.matrix import Row

DAY = "2026-11-01"


def made(cast):
    return {"redrawing_id": redraw(actor=SYSTEM, wish=rename(cast.place("001-1"), "东网格")).pk}


def asked(kind, code):
    return lambda cast: {"kind": kind, "code": cast.place(code).code}


def edition(cast):
    standing = cast.place("002")
    rows = [("360103001001", "甲社区居委会", "360103001"), (standing.code, standing.name, "360103001")]
    batches = [PlaceBatch("community", rows)]
    found = take_edition(actor=SYSTEM, name="2027年版", batches=batches, under="360103001")
    return {"edition_id": found.pk}


def orphan(cast):
    batches = [PlaceBatch("community", [("360103001002", "象山社区居委会", "360103001")])]
    take_edition(actor=SYSTEM, name="2027年版", batches=batches, under="360103001")
    return {"code": "360103001001"}


ROWS = [
    Row("editions", permission="places.see", expect={"outsider": 200}),
    Row("edition-add", permission="places.redraw", lacking="li", expect={"lacking": 403, "outsider": 200}),
    Row(
        "edition-add", "POST", permission="places.redraw", lacking="li", data=lambda _cast: {"name": "2027年版"},
        expect={"holder": 422, "lacking": 403, "outsider": 422},
    ),
    Row("edition", permission="places.see", kwargs=edition),
    Row("edition-take", permission="places.redraw", kwargs=edition, holder="chen", lacking="li"),
    Row(
        "edition-take", "POST", permission="places.redraw", kwargs=edition, holder="chen", lacking="li",
        data=lambda _cast: {"on": DAY, "paper": PAPER},
    ),
    Row("boundary-orphan", permission="places.see", kwargs=orphan),
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
