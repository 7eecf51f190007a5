"""What a demonstration is made of, before any of it is written: places, holders, doors and who lives behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from linli.residents.rules import HouseholdRow

DATA = Path(__file__).resolve().parent.parent / "data"
DAY = date(2026, 3, 5)  # the demonstration's own day: the same figures whenever it is played
HOUR = 9  # local time at which the notice goes out


@dataclass(frozen=True)
class Area:
    """A place below those that the tables bring."""

    code: str
    name: str
    kind: str
    parent: str


@dataclass(frozen=True)
class Body:
    """An organisation that lends holders."""

    place: str
    name: str
    kind: str


@dataclass(frozen=True)
class Holding:
    """Somebody holds a post at a place; lent by a body where it is named."""

    username: str
    post: str
    place: str
    paper: str
    body: str = ""
    days: int | None = None  # how long from the demonstration's day; None: without an end


@dataclass(frozen=True)
class Worker:
    """Somebody with an account. Who is not reachable can't sign in, so that the level above holds their part."""

    username: str
    name: str
    phone: str = ""
    reachable: bool = True


@dataclass(frozen=True)
class Home:
    """A household behind a door of a lowest place."""

    leaf: str
    row: HouseholdRow


@dataclass(frozen=True)
class Empty:
    """A dwelling where nobody lives; `checked`: somebody looked."""

    leaf: str
    estate: str
    building: str
    entrance: str
    floor: int | None
    room: str
    checked: bool = True


@dataclass(frozen=True)
class Member:
    """One of the fixed cast, with what to look at when signed in as them."""

    username: str
    look: str  # a key of the texts in `views`


@dataclass(frozen=True)
class Notice:
    """The notice of the hour: language → headline and body."""

    texts: dict[str, dict[str, str]]
    urgency: str
    place: str
    issuer: str
    approver: str = ""  # the second person, where a rule asks for one


@dataclass(frozen=True)
class Exercise:
    """A drill of the line: where, by whom, and what is said."""

    place: str
    planner: str
    texts: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Split:
    """A place that is split in the middle of the hour, and put together again."""

    place: str
    by: str
    name: str
    paper: str
    why_undone: str


@dataclass(frozen=True)
class Leave:
    """Somebody is away on the day, and who stands in."""

    username: str
    deputy: str
    days: int = 3


@dataclass
class World:
    """Everything there is at the beginning of the hour."""

    notice: Notice
    drill: Exercise  # held and scored at once
    next_drill: Exercise  # begins within the hour that is shown in a browser
    split: Split
    leave: Leave
    question: str  # what the household of the first example asks
    tables: Path | None = None
    levels: list[list[Area]] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    homes: dict[str, list[Home]] = field(default_factory=dict)  # place with a register → households
    empty: dict[str, list[Empty]] = field(default_factory=dict)
    cast: Sequence[Member] = ()
    leaves_early: tuple[str, int] = ("", 0)  # whose appointment ends within the hour, and at which minute
    examples: Sequence[tuple[str, str]] = ()  # place of an example's household, key of the text that explains it
    outline: Path | None = None  # of the notice's place; what lies below it is cut out of it
    shared: str = ""  # the place whose chat group gets an example of a shared link

    @property
    def households(self) -> int:
        return sum(len(homes) for homes in self.homes.values())


def start(zone: str) -> datetime:
    """The moment of the notice, in the time zone of the deployment."""
    from zoneinfo import ZoneInfo

    return datetime(DAY.year, DAY.month, DAY.day, HOUR, tzinfo=ZoneInfo(zone))
