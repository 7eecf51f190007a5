"""Wishes of the tests, as short as they are spoken."""

from uuid import uuid4

from linli.alerts import actions as alerts
from linli.boundaries.rules import MERGE, MOVE, RENAME, SHIFT, SPLIT, Part, Wish
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.grid.models import EntrancePlacement, Place
from linli.rounds.intake import Receipt

PAPER = "南浦办〔2026〕9号"


def wish(kind, place, **more):
    return Wish(kind=kind, place=place.code, on=clock.today(), paper=PAPER, **more)


def split(place, name="新网格", *, children=(), entrances=(), **more):
    part = Part(name=name, children=tuple(one.code for one in children), entrances=tuple(entrances))
    return wish(SPLIT, place, parts=(part,), **more)


def merge(stay, *others, **more):
    return wish(MERGE, stay, others=tuple(one.code for one in others), **more)


def move(place, into, **more):
    return wish(MOVE, place, into=into.code, **more)


def rename(place, name):
    return wish(RENAME, place, name=name)


def shift(place, into, entrances):
    return wish(SHIFT, place, into=into.code, entrances=tuple(entrances))


def standing(kind):
    return Place.objects.filter(kind=kind, until_on=None).order_by("path")


def entrances_at(place):
    rows = EntrancePlacement.objects.filter(place=place, until_on=None).order_by("entrance_id")
    return list(rows.values_list("entrance_id", flat=True))


def confirm(alert, households):
    receipts = [Receipt(uuid4(), one.pk, clock.now(), "own_tap", "link:1") for one in households]
    alerts.confirm_households(actor=SYSTEM, alert=alert, receipts=receipts)
