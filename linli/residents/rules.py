"""The register's vocabulary and pure rules: kinds, roles, masks, who may be shown what, rows of a roster."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

KINDS = ("family", "collective", "premises")
SUBKINDS: dict[str, tuple[str, ...]] = {
    "family": (),
    "collective": ("dormitory", "care_home", "building_site", "hotel", "other"),
    "premises": ("shop", "restaurant", "school", "clinic", "office", "factory", "other"),
}
STATUSES = ("registered", "unregistered", "departed")
SEXES = ("f", "m")
ROLES = (
    "head",
    "spouse",
    "child",
    "parent",
    "grandchild",
    "grandparent",
    "sibling",
    "relative",
    "tenant",
    "resident",
    "staff",
    "contact",
    "other",
)
CHANNELS = ("sms", "voice", "wechat", "chat_group", "email", "door")
NEEDS_PHONE = frozenset({"sms", "voice"})  # these say how a phone is used, and are nothing without one
NOT_A_MEANS = frozenset({"door"})  # a knock needs no contact
MEANS = ("phone", "answerer", *(code for code in CHANNELS if code not in NEEDS_PHONE | NOT_A_MEANS))

# Why a number is shown in full. A closed list, so that the audit trail can be counted.
PURPOSES = ("emergency", "visit", "call_back", "check_record", "health_follow_up", "other")
REVEALABLE = ("phone", "id_number")
REVEALS_AN_HOUR = 20
GRANT_ACTS = ("reveal", "export")
GRANT_LASTS = timedelta(hours=2)
GRANT_WAITS = timedelta(hours=24)  # a request that nobody decided lapses
UPLOAD_KEPT = timedelta(hours=24)

# How the register is kept true.
MERGED = "merged"  # a person's status once another record stands for them
REGROUPINGS = ("move", "merge", "split")
UNDONE_WITHIN = timedelta(days=7)  # after that a mistake is mended by the opposite act
TRANSFER_DUE = timedelta(days=3)
TRANSFER_LAPSES = timedelta(days=30)
CORRECTION_DUE = timedelta(days=7)
CORRECTION_LAPSES = timedelta(days=60)
CORRECTABLE = (
    "name",
    "phone",
    "id_number",
    "born_on",
    "sex",
    "language",
    "registered_place",
    "who_lives_here",
    "address",
    "other",
    "erase",
)
OF_A_HOUSEHOLD = frozenset({"who_lives_here", "address", "other"})
LONGEST_REQUEST = 500
WRITTEN_BY_HAND = frozenset({"who_lives_here", "address", "other"})  # approving says: it has been put right
NEAR_FROM = 3  # names of two signs that differ in one are two names
CHECKED_HOW = ("import", "edit", "answered", "ticked", "self")
GROUNDS = ("law", "contract", "consent", "emergency")
ERASE_GROUNDS = ("kept_long_enough", "asked", "mistake", "order")
ERASE_BATCH = 500

LONGEST = {
    "name": 100,
    "household": 100,
    "estate": 100,
    "building": 100,
    "entrance": 60,
    "room": 60,
    "registered_place": 100,
    "language": 10,
    "relation": 40,
    "id_number": 40,
    "phone": 40,
}


def plain(text: str) -> str:
    """Full-width digits and letters made plain, invisible characters gone, one space between words."""
    folded = unicodedata.normalize("NFKC", text)
    seen = "".join(one for one in folded if unicodedata.category(one) not in {"Cc", "Cf"} or one in "\t\n")
    return " ".join(seen.split())


def name_of(text: str) -> str:
    """A name as it is written: rare and variant characters stay what they are, only stray space and controls go."""
    seen = "".join(one for one in text if unicodedata.category(one) not in {"Cc", "Cf"} or one in "\t\n")
    return " ".join(seen.split())


def mask_phone(phone: str) -> str:
    """'+8613800131234' is shown as '138****1234'; others keep their country and the last four. Short ones keep two."""
    if not phone:
        return ""
    digits = re.sub(r"\D", "", phone)
    if len(digits) < 9:
        return f"****{digits[-2:]}"
    if phone.startswith("+86"):
        digits = digits[2:]
    elif phone.startswith("+"):
        return f"+{digits[:3]}****{digits[-4:]}"
    return f"{digits[:3]}****{digits[-4:]}"


def mask_id(number: str) -> str:
    """The first four (province and city) and the last two of an identity number: '3601************4X'. The day of birth
    and the serial number stay hidden. Short numbers keep their last two only."""
    if not number:
        return ""
    if len(number) < 10:
        return "*" * max(len(number) - 2, 1) + number[-2:]
    return number[:4] + "*" * (len(number) - 6) + number[-2:]


def mask_room(room: str) -> str:
    """A room without its last two characters: '1502' is shown as '15**'. The floor stays, so a list can be walked."""
    return room[:-2] + "**" if room else ""


def mask_address(building: str, entrance: str, room: str) -> str:
    return address_of(building, entrance, mask_room(room))


def address_of(building: str, entrance: str, room: str) -> str:
    return " ".join(part for part in (building, entrance, room) if part)


def is_elderly(born_on: date | None, today: date, *, years: int = 60) -> bool:
    return born_on is not None and age(born_on, today) >= years


def age(born_on: date, today: date) -> int:
    """Whole years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def means_of(*, has_phone: bool, channels: Iterable[str], has_answerer: bool) -> set[str]:
    """By which means a household is reached. SMS and voice are ways to use a phone; a knock is always possible and so
    no means of contact."""
    found = {code for code in channels if code in CHANNELS and code not in NEEDS_PHONE | NOT_A_MEANS}
    if has_phone:
        found |= {"phone"}
    if has_answerer:
        found |= {"answerer"}
    return found


_SUFFIXES = {
    "building": ("", "栋", "幢", "号楼", "楼", "座", "号"),
    "entrance": ("", "单元", "门", "梯"),
    "room": ("", "室", "号", "房"),
}


def name_variants(part: str, text: str) -> list[str]:
    """The ways a person may write a building ('3', '3栋', '3号楼'), an entrance or a room: always the same number of
    them, so that a wrong answer takes as long as a right one."""
    bare = plain(text).replace(" ", "")[:60]
    for suffix in sorted(_SUFFIXES[part], key=len, reverse=True):
        if suffix and bare.endswith(suffix):
            bare = bare.removesuffix(suffix)
            break
    return [bare + suffix for suffix in _SUFFIXES[part]] + [plain(text)[:60]]


@dataclass(frozen=True)
class PersonEntry:
    """A person as entered in a form, a sheet or the API. Numbers are checked and normalised before they are stored."""

    name: str
    sex: str = ""
    born_on: date | None = None
    id_number: str = ""
    phone: str = ""
    role: str = ""
    status: str = "registered"
    registered_here: bool | None = None
    registered_place: str = ""
    language: str = ""
    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    row: int = 0  # of the sheet it came from


@dataclass(frozen=True)
class AnswererEntry:
    """Who answers for a household from outside it."""

    name: str
    phone: str = ""
    relation: str = ""


@dataclass(frozen=True)
class HouseholdRow:
    """One household of a roster with its people. `place_id` is the leaf (a cell) that its entrance stands in."""

    place_id: int
    building: str
    room: str
    name: str
    estate: str = ""
    entrance: str = ""
    floor: int | None = None
    kind: str = "family"
    subkind: str = ""
    people: tuple[PersonEntry, ...] = ()
    contact: str = ""  # the name of one of the people
    answerers: tuple[AnswererEntry, ...] = ()
    row: int = 0

    @property
    def door(self) -> tuple[str, str, str, str]:
        return (self.estate, self.building, self.entrance, self.room)


@dataclass(frozen=True)
class RowError:
    """A row that can't go in: which, in which column, and why (a code of `words.REASONS`) with what the text needs."""

    row: int
    column: str
    reason: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class ImportOutcome:
    """What an import made. `errors` name the rows that stayed out."""

    households_new: int = 0
    households_changed: int = 0
    households_unchanged: int = 0
    people_new: int = 0
    people_changed: int = 0
    people_unchanged: int = 0
    dwellings_new: int = 0
    errors: list[RowError] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        return self.households_unchanged

    def counts(self) -> dict[str, int]:
        names = ("households_new", "households_changed", "households_unchanged", "people_new", "people_changed")
        return {name: getattr(self, name) for name in (*names, "people_unchanged", "dwellings_new")}
