"""Tanglaw, an invented Philippine municipality: other levels, other posts, no cells, no identity numbers of China, another
time zone. The same job is played by configuration and data alone."""

import csv
from random import Random
from typing import Any

from linli.demo.families import Door, Families
from linli.demo.people import FILIPINO, Numbers
from linli.demo.world import DATA, Area, Empty, Exercise, Holding, Home, Leave, Member, Notice, Split, Worker, World

TOP = "TNG"
PAPER = "Executive Order 2026-01"
MARKS = frozenset({"elderly_alone", "infant", "pregnant", "disabled"})
LEAVES_EARLY, UNREACHABLE = "jun.villanueva", "joy.aquino"
CAST = (
    Member("reyes", "risk_officer"),
    Member("bautista", "captain"),
    Member("marites.santos", "leader"),
    Member("ocampo", "vacancy"),
    Member("cruz", "outsider"),
)
NOTICE = Notice(
    texts={
        "en": {
            "headline": "Typhoon signal no. 3: stay indoors from noon",
            "body": "Strong winds and flooding along the river are expected from 12:00. Tie down roofs, keep water ready, "
            "tell your purok leader if you can't leave on your own. Please confirm that you have read this.",
        },
        "zh-hans": {
            "headline": "台风三号信号：中午起请留在室内",
            "body": "12时起有大风，河边可能被淹。请加固屋顶、备好饮水。收到请确认。",
        },
    },
    urgency="immediate",
    place=TOP,
    issuer="reyes",
)
DRILL_TEXTS = {
    "en": {
        "headline": "Does the line reach everybody?",
        "body": "Please open this and confirm, then go on with your work.",
    },
    "zh-hans": {"headline": "检验传达是否畅通", "body": "请打开并点“确认”，然后照常工作。"},
}
DRILL = Exercise("TNG01", "bautista", DRILL_TEXTS)
NEXT_DRILL = Exercise(TOP, "reyes", DRILL_TEXTS)
SPLIT = Split("TNG01-1", "bautista", "Purok 7 Dahlia", "Barangay Ordinance 2026-04", "Drawn on the wrong street")
LEAVE = Leave("luzviminda.garcia", "marites.santos")
QUESTION = "My mother can't walk and the water is rising. Can somebody help us to leave?"


def build(seed: int) -> World:
    """The whole municipality for a seed."""
    places = _rows("places.csv")
    kinds = list(dict.fromkeys(row["kind"] for row in places))
    world = World(
        notice=NOTICE,
        drill=DRILL,
        next_drill=NEXT_DRILL,
        split=SPLIT,
        leave=LEAVE,
        question=QUESTION,
        levels=[[Area(**row) for row in places if row["kind"] == kind] for kind in kinds],
        cast=CAST,
        leaves_early=(LEAVES_EARLY, 28),
        examples=(("TNG01-1", "own"), ("TNG01-2", "relative"), ("TNG02-1", "waits")),
        shared="TNG01-1",
    )
    _staff(world, Random(f"{seed}:staff"))
    numbers = Numbers()
    for barangay in world.levels[1]:
        families = Families(Random(f"{seed}:{barangay.code}"), FILIPINO, MARKS, numbers)
        _settle(world, barangay, [area for area in world.levels[2] if area.parent == barangay.code], families)
    return world


def _rows(name: str) -> list[dict[str, Any]]:
    with (DATA / "barangay" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _staff(world: World, rng: Random) -> None:
    known = set()
    for row in _rows("holders.csv"):
        username = row["username"]
        if username not in known:
            known.add(username)
            world.workers.append(Worker(username, row["name"], FILIPINO.phone(rng), reachable=username != UNREACHABLE))
        world.holdings.append(Holding(username, row["post"], row["place"], PAPER))


def _settle(world: World, barangay: Area, puroks: list[Area], families: Families) -> None:
    """Houses along the road, now and then one where nobody lives; a school, a shop, a fishers' bunkhouse."""
    rng = families.rng
    homes, empty = [], []
    for purok in puroks:
        for number in range(1, rng.randint(13, 19)):
            door = Door(purok.code, f"{purok.name.split()[-1]} St. {number}", "Main house", floor=1)
            if rng.random() < 0.05:
                empty.append(Empty(door.leaf, "", door.building, "", 1, door.room))
            else:
                homes.append(Home(door.leaf, families.family(door, families.size())))
        shop = Door(purok.code, f"{purok.name.split()[-1]} sari-sari store", "Counter")
        homes.append(Home(shop.leaf, families.premises(shop, shop.building, "shop")))
    door = Door(puroks[0].code, f"{barangay.name} Elementary School", "Office")
    homes.append(Home(door.leaf, families.premises(door, door.building, "school")))
    bunks = Door(puroks[-1].code, f"{barangay.name} fishers' bunkhouse", "1")
    homes.append(Home(bunks.leaf, families.collective(bunks, bunks.building, "dormitory", rng.randint(8, 16))))
    world.homes[barangay.code], world.empty[barangay.code] = homes, empty
