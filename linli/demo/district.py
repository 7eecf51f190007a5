"""Xihu District of Nanchang as the demonstration plays it: real streets and communities with their official codes; all
below a community, every person and every number is invented.

One notice goes to all ten streets. It leaves the street office of 南浦街道, whose officer Chen Shuqin sits this week at
the district's duty desk as well: her second appointment, with its own paper and its own end, is what allows her to
issue for the whole district. So there is one picture, one certificate and one account over every household.
"""

import csv
from random import Random

from linli.demo.families import Door, Families
from linli.demo.people import CHINESE, Numbers
from linli.demo.world import (
    DATA,
    Area,
    Body,
    Empty,
    Exercise,
    Holding,
    Home,
    Leave,
    Member,
    Notice,
    Split,
    Worker,
    World,
)
from linli.residents.rules import HouseholdRow

DISTRICT, STREET, COMPLETE, BESIDE = "360103", "360103001", "360103001001", "360103001002"
PAPER = "南浦办〔2026〕1号"
RESIDENTS = 12_000
GRIDS, CELLS = 20, 7
MARKS = frozenset(
    {"elderly_alone", "elderly", "infant", "pregnant", "disabled", "chronic_illness", "student", "foreigner"}
)
DIGITS = "零一二三四五六七八九十"
FIXED = [  # username, name, post, place: the cast of the tests and the documentation
    ("chen", "陈书琴", "street_officer", STREET),
    ("wang", "王建国", "community_secretary", COMPLETE),
    ("li", "李梅", "grid_administrator", f"{COMPLETE}-1"),
    ("zhao", "赵敏", "grid_administrator", f"{COMPLETE}-2"),
    ("zhou", "周大勇", "cell_leader", f"{COMPLETE}-1-1"),
    ("wu", "吴桂芳", "cell_leader", f"{COMPLETE}-1-2"),
    ("zheng", "郑海", "cell_leader", f"{COMPLETE}-2-1"),
    ("sun", "孙立", "community_secretary", BESIDE),
    ("qian", "钱芬", "grid_administrator", f"{BESIDE}-1"),
    ("he", "何志远", "district_officer", DISTRICT),
]
VACANT = {f"{COMPLETE}-2-2", f"{COMPLETE}-9", "360103004006-1"}  # more cells follow by chance
UNREACHABLE = f"{COMPLETE}-3-4"
LEAVES_EARLY = f"{COMPLETE}-5-3"
PINNED = {UNREACHABLE, LEAVES_EARLY}
CAST = (
    Member("chen", "street_officer"),
    Member("wang", "secretary"),
    Member("li", "administrator"),
    Member("zhou", "leader"),
    Member("zhao", "vacancy"),
    Member("sun", "outsider"),
    Member("he", "district"),
)
NOTICE = Notice(
    texts={
        "zh-hans": {
            "headline": "暴雨红色预警：今天中午前请留在家中",
            "body": "10时至13时有特大暴雨。请关好门窗，不要进入地下室和地下车库，需要帮助请告诉网格员。收到请确认。",
        },
        "en": {
            "headline": "Red rainstorm warning: stay at home until noon",
            "body": "Very heavy rain from 10 to 13. Close the windows, stay out of basements and underground car parks, "
            "tell your grid worker if you need help. Please confirm that you have read this.",
        },
    },
    urgency="immediate",
    place=DISTRICT,
    issuer="chen",
    approver="he",
)
DRILL_TEXTS = {
    "zh-hans": {"headline": "检验传达是否畅通", "body": "请打开并点“确认”，然后照常工作。"},
    "en": {
        "headline": "Does the line reach everybody?",
        "body": "Please open this and confirm, then go on with your work.",
    },
}
DRILL = Exercise(COMPLETE, "wang", DRILL_TEXTS)
NEXT_DRILL = Exercise(STREET, "chen", DRILL_TEXTS)
SPLIT = Split(f"{COMPLETE}-1", "wang", "第二十一网格", "南浦办〔2026〕9号", "划错了，先恢复原样")
LEAVE = Leave("wu", "zhou")
QUESTION = "家里老人行动不便，地下室有积水，能不能派人来看看？"
BODIES = ("南浦街道社区卫生服务中心", "health_centre"), ("南浦派出所", "police"), ("西湖区住房保障中心", "housing")
WIDTHS = {  # how many grids one person serves
    "first_director": 10,
    "information_officer": 5,
    "police_officer": 10,
    "grid_supervisor": 4,
    "property_supervisor": 10,
}
SHOPS = ("便利店", "早点铺", "理发店", "药房", "水果店", "五金店", "面馆", "洗衣店", "文具店", "小超市")


def in_chinese(number: int) -> str:
    """1 to 99 as written in names: 第二十一网格."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return head + (DIGITS[ones] if ones else "")


def build(seed: int) -> World:
    """The whole district for a seed."""
    world = World(
        notice=NOTICE,
        drill=DRILL,
        next_drill=NEXT_DRILL,
        split=SPLIT,
        leave=LEAVE,
        question=QUESTION,
        tables=DATA / "xihu",
        outline=DATA / "xihu" / "boundary.geojson",
        cast=CAST,
        leaves_early=(f"{LEAVES_EARLY}-holder", 28),
        examples=((f"{COMPLETE}-1-1", "own"), (f"{COMPLETE}-1-2", "relative"), (f"{COMPLETE}-2-1", "waits")),
        shared=f"{COMPLETE}-1",
    )
    streets, communities = _rows("streets.csv"), _rows("villages.csv")
    cells = _tree(world, [code for code, _name in communities], Random(f"{seed}:tree"))
    _staff(world, streets, communities, cells, Random(f"{seed}:staff"))
    numbers = Numbers()
    _complete(world, cells, Families(Random(f"{seed}:{COMPLETE}"), CHINESE, MARKS | {"public_housing"}, numbers))
    for code, name in communities:
        if code != COMPLETE:
            _sketch(world, code, name, cells[code], Families(Random(f"{seed}:{code}"), CHINESE, MARKS, numbers))
    return world


def _rows(name: str) -> list[tuple[str, str]]:
    with (DATA / "xihu" / name).open(encoding="utf-8") as file:
        return [(row["code"], row["name"]) for row in csv.DictReader(file)]


def _tree(world: World, communities: list[str], rng: Random) -> dict[str, list[str]]:
    """Community → codes of its cells. At least as fine as the source: 143 grids and 880 cells in 137 communities."""
    grids, cells = [], []
    below: dict[str, list[str]] = {}
    for number, code in enumerate(communities):
        below[code] = []
        for grid in range(1, _count_grids(code, number) + 1):
            above = f"{code}-{grid}"
            grids.append(Area(above, f"第{in_chinese(grid)}网格", "grid", code))
            for cell in range(1, (CELLS if code == COMPLETE else rng.randint(5, 6)) + 1):
                cells.append(Area(f"{above}-{cell}", f"{cell}号微网格", "cell", above))
                below[code].append(f"{above}-{cell}")
    world.levels = [grids, cells]
    return below


def _count_grids(code: str, number: int) -> int:
    return GRIDS if code == COMPLETE else 2 if number % 8 == 3 else 1


def _staff(
    world: World,
    streets: list[tuple[str, str]],
    communities: list[tuple[str, str]],
    cells: dict[str, list[str]],
    rng: Random,
) -> None:
    """Who holds which post of the line, and the other posts of a grid in the complete community."""
    for username, name, post, place in FIXED:
        world.workers.append(Worker(username, name, CHINESE.phone(rng)))
        world.holdings.append(Holding(username, post, place, PAPER))
    world.holdings.append(Holding("chen", "district_officer", DISTRICT, "西湖区应急值班表（3月2日至8日）", days=4))
    world.holdings.append(Holding("wang", "community_director", COMPLETE, PAPER))
    taken = {(post, place) for _username, _name, post, place in FIXED}
    for code, _name in streets:
        _appoint(world, rng, "street_officer", code, taken)
    for code, _name in communities:
        _appoint(world, rng, "community_secretary", code, taken)
    for area in world.levels[0]:
        _appoint(world, rng, "grid_administrator", area.code, taken)
    _cell_leaders(world, cells, rng, taken)
    _other_posts(world, rng)


def _appoint(world: World, rng: Random, post: str, place: str, taken: set[tuple[str, str]]) -> None:
    if (post, place) in taken or place in VACANT:
        return
    username = f"{place}-holder"
    name = CHINESE.name(rng, CHINESE.surname(rng), rng.choice("ffm"))
    world.workers.append(Worker(username, name, CHINESE.phone(rng), reachable=place != UNREACHABLE))
    world.holdings.append(Holding(username, post, place, f"网格〔2026〕{len(world.holdings)}号"))


def _cell_leaders(world: World, cells: dict[str, list[str]], rng: Random, taken: set[tuple[str, str]]) -> None:
    """About two in a hundred are vacant; here and there a neighbour leads two cells, or the grid administrator one."""
    for codes in cells.values():
        before = ""
        for place in codes:
            chance = rng.random()
            grid = place.rpartition("-")[0]
            if chance < 0.02 and place not in PINNED:
                continue
            if before and chance < 0.05 and ("cell_leader", place) not in taken and place not in VACANT | PINNED:
                world.holdings.append(Holding(before, "cell_leader", place, "居民小组推选记录"))
                before = ""
            elif (
                chance > 0.99
                and ("cell_leader", place) not in taken
                and place not in PINNED
                and _has_administrator(grid, taken)
            ):
                world.holdings.append(Holding(f"{grid}-holder", "cell_leader", place, "居民小组推选记录"))
            else:
                _appoint(world, rng, "cell_leader", place, taken)
                same = world.holdings[-1].place == place and place not in PINNED
                before = world.holdings[-1].username if same else ""


def _has_administrator(grid: str, taken: set[tuple[str, str]]) -> bool:
    return grid not in VACANT and ("grid_administrator", grid) not in taken


def _other_posts(world: World, rng: Random) -> None:
    """ "Two directors and five staffs": the posts beside the administrator, in every grid of the complete community. One
    police post is vacant, and one supervisor holds two posts that don't go together."""
    for name, kind in BODIES:
        world.bodies.append(Body(STREET, name, kind))
    lent = {"information_officer": BODIES[0][0], "police_officer": BODIES[1][0], "property_supervisor": BODIES[2][0]}
    grids = [f"{COMPLETE}-{number}" for number in range(1, GRIDS + 1)]
    several = {
        "first_director": 10,
        "information_officer": 5,
        "police_officer": 10,
        "grid_supervisor": 4,
        "property_supervisor": 10,
    }
    for post, width in several.items():
        for at, grid in enumerate(grids):
            username = f"{post}-{at // width + 1}"
            if at % width == 0:
                name = CHINESE.name(rng, CHINESE.surname(rng), rng.choice("fm"))
                world.workers.append(Worker(username, name, CHINESE.phone(rng)))
            if post == "police_officer" and grid == f"{COMPLETE}-7":
                continue
            world.holdings.append(Holding(username, post, grid, "网格〔2026〕0号", body=lent.get(post, "")))
    world.holdings.append(Holding("information_officer-1", "grid_supervisor", f"{COMPLETE}-1", "网格〔2026〕0号"))
    for grid in grids:
        world.holdings.append(Holding("wang", "grid_director", grid, PAPER))


def _complete(world: World, cells: dict[str, list[str]], families: Families) -> None:
    """二郎庙社区 with every door: 12,000 residents, families and collective households, and premises besides."""
    rng = families.rng
    doors = [door for code in cells[COMPLETE] for door in _doors(code)]
    special = _special(families, rng)
    lived_in = [door for door in doors if rng.random() < 0.825]
    sizes = _sizes(
        families, len(lived_in), RESIDENTS - sum(len(home.row.people) for home in special if _lives(home.row))
    )
    homes = [Home(door.leaf, families.family(door, size)) for door, size in zip(lived_in, sizes, strict=True)]
    world.homes[COMPLETE] = homes + special
    used = set(map(id, lived_in))
    world.empty[COMPLETE] = [
        Empty(door.leaf, door.estate, door.building, door.entrance, door.floor, door.room, checked=rng.random() < 0.9)
        for door in doors
        if id(door) not in used
    ]


def _lives(row: HouseholdRow) -> bool:
    return row.kind != "premises"


def _sizes(families: Families, count: int, residents: int) -> list[int]:
    """So many families that hold exactly so many residents."""
    rng = families.rng
    sizes = [families.size() for _number in range(count)]
    off = residents - sum(sizes)
    while off:
        at = rng.randrange(count)
        step = 1 if off > 0 else -1
        if 1 <= sizes[at] + step <= 6:
            sizes[at] += step
            off -= step
    return sizes


def _doors(cell: str) -> list[Door]:
    """The dwellings of a cell of the complete community, by what is built there."""
    grid, number = (int(part) for part in cell.removeprefix(f"{COMPLETE}-").split("-"))
    at = (grid - 1) * CELLS + number
    if grid <= 7:
        return _flats(cell, "二郎庙小区", f"{at}栋", entrances=("1单元", "2单元", "3单元"), floors=7, rooms=2)
    if grid <= 13:  # two cells share a tower: each holds one entrance
        tower = (at - 7 * CELLS + 1) // 2
        return _flats(cell, "南浦花园", f"{tower}号楼", entrances=(f"{2 - at % 2}单元",), floors=18, rooms=2)
    if grid <= 17:
        return _flats(cell, "船山公寓", f"{at - 13 * CELLS}栋", entrances=("1单元", "2单元"), floors=11, rooms=2)
    lane = "二郎庙巷" if grid == 18 else "船山路后街" if grid == 19 else "护城巷"
    return [
        Door(cell, f"{lane}{(number - 1) * 22 + 2 * house + 1}号", f"{room}", floor=room // 100)
        for house in range(11)
        for room in (101, 201, 301)
    ]


def _flats(cell: str, estate: str, building: str, *, entrances: tuple[str, ...], floors: int, rooms: int) -> list[Door]:
    return [
        Door(cell, building, f"{floor}{room:02d}", estate=estate, entrance=entrance, floor=floor)
        for entrance in entrances
        for floor in range(1, floors + 1)
        for room in range(1, rooms + 1)
    ]


def _special(families: Families, rng: Random) -> list[Home]:
    """Collective households and premises."""
    found = []
    for number, (grid, name, subkind, size) in enumerate(
        (
            (4, "南浦颐养院", "care_home", 64),
            (10, "轨道交通工地宿舍", "building_site", 92),
            (16, "市二医院护士宿舍", "dormitory", 118),
            (19, "船山路快捷酒店", "hotel", 26),
        ),
        start=1,
    ):
        door = Door(f"{COMPLETE}-{grid}-{number}", name, "1")
        found.append(Home(door.leaf, families.collective(door, name, subkind, size)))
    for grid in range(1, GRIDS + 1):
        for number in range(1, rng.randint(3, 5)):
            name = f"{families.tongue.surname(rng)}记{rng.choice(SHOPS)}"
            door = Door(f"{COMPLETE}-{grid}-{number}", f"{in_chinese(grid)}片沿街店面", f"{number}号铺", floor=1)
            door = Door(door.leaf, f"{door.building}{number}", door.room, floor=1)
            found.append(Home(door.leaf, families.premises(door, name, "restaurant" if name[-1] in "馆铺" else "shop")))
    school = Door(f"{COMPLETE}-8-1", "船山路小学", "门卫室")
    clinic = Door(f"{COMPLETE}-12-2", "南浦社区卫生服务站", "1楼")
    found.append(Home(school.leaf, families.premises(school, "船山路小学", "school")))
    found.append(Home(clinic.leaf, families.premises(clinic, "南浦社区卫生服务站", "clinic")))
    return found


def _sketch(world: World, code: str, name: str, cells: list[str], families: Families) -> None:
    """Every other community: at least thirty households, spread over its cells, one to three people of each on record."""
    village = name.endswith("村委会")
    homes = []
    for number in range(max(families.rng.randint(30, 34), 4 * len(cells))):
        at, order = number // len(cells), number % len(cells)
        door = (
            Door(cells[order], f"{order + 1}组{at + 1}号", "1")
            if village
            else Door(
                cells[order], f"{order + 1}栋", f"{at // 2 + 1}{at % 2 + 1:02d}", entrance="1单元", floor=at // 2 + 1
            )
        )
        homes.append(Home(door.leaf, families.family(door, min(families.size(), 3))))
    world.homes[code] = homes
