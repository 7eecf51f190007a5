"""Records that may be of one person. Set-based: two queries read a register, pairs are looked for only inside small blocks
(same phone, same day of birth, same door, same sounds), and only what speaks for it counts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations

from django.db.models import F

from linli.core.actors import Actor
from linli.core.paths import narrow, within
from linli.grid.models import Place
from linli.residents import rules
from linli.residents.models import Membership, MergedPerson, NoDuplicate
from linli.residents.names import syllables
from linli.residents.queries.reach import Door, describe_households

EDIT = "register.edit"
LARGEST_BLOCK = 40  # a block larger than this is no sign: a dormitory's one phone, a name that half a village has
ENOUGH = 5
WHERE = "household__residences__dwelling__entrance__placements"


@dataclass(frozen=True, slots=True)
class Record:
    """What is compared of a person who lives here; numbers by their keyed hash only."""

    id: int
    household: int
    name: str
    initials: str
    sex: str
    born_on: date | None
    id_index: str
    phone_index: str
    dwelling: int
    path: str


@dataclass(frozen=True)
class Pair:
    """Two records and what speaks for one person: codes of words.SIGNS, the strongest first."""

    one: Record
    other: Record
    signs: tuple[str, ...]
    weight: int
    door: Door | None = None
    other_door: Door | None = None


SIGNS = {"same_name": 3, "near_name": 2, "same_birth": 3, "same_phone": 3, "same_door": 2}


def list_duplicates(*, actor: Actor, place: Place, most: int = 50) -> tuple[list[Pair], int]:
    """The likeliest pairs below the place, as far as the actor may edit there, and how many there are. Those whom somebody
    has looked at and told apart are left out."""
    found = find_pairs(_records(narrow(actor.paths(EDIT), place.path)), _told_apart())
    shown = found[:most]
    doors = describe_households(actor=actor, ids=[one.household for pair in shown for one in (pair.one, pair.other)])
    lines = [
        Pair(
            pair.one,
            pair.other,
            pair.signs,
            pair.weight,
            doors.get(pair.one.household),
            doors.get(pair.other.household),
        )
        for pair in shown
    ]
    return lines, len(found)


def _told_apart() -> set[tuple[int, int]]:
    return set(NoDuplicate.objects.values_list("one_id", "other_id"))


def _records(paths: Sequence[str]) -> list[Record]:
    rows = Membership.objects.filter(
        within(f"{WHERE}__place__path", paths),
        until_on=None,
        person__erased_at=None,
        household__residences__until_on=None,
        **{f"{WHERE}__until_on": None},
    )
    values = rows.order_by("person_id").values_list(
        "person_id", "household_id", "person__name", "person__initials", "person__sex", "person__born_on",
        "person__id_index", "person__phone_index", "household__residences__dwelling_id", F(f"{WHERE}__place__path"),
    )  # fmt: skip
    return [Record(*row) for row in values]


def find_pairs(records: Sequence[Record], told_apart: Iterable[tuple[int, int]] = ()) -> list[Pair]:
    """Pure: the pairs among these records that are likely one person, the likeliest first."""
    apart = set(told_apart)
    seen: set[tuple[int, int]] = set()
    found = []
    for one, other in _candidates(records):
        key = (one.id, other.id) if one.id < other.id else (other.id, one.id)
        if key in seen or key in apart:
            continue
        seen.add(key)
        signs = compare(one, other)
        weight = sum(SIGNS[sign] for sign in signs)
        if weight >= ENOUGH:
            found.append(Pair(one, other, signs, weight))
    return sorted(found, key=lambda pair: (-pair.weight, pair.one.name, pair.one.id, pair.other.id))


def _candidates(records: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    blocks: dict[tuple[str, object], list[Record]] = defaultdict(list)
    for one in records:
        if one.phone_index:
            blocks["phone", one.phone_index].append(one)
        if one.born_on:
            blocks["born", (one.born_on, one.initials[:1])].append(one)
            blocks["name", (one.name, one.born_on)].append(one)
        blocks["door", one.dwelling].append(one)
        blocks["sound", (one.name, one.initials)].append(one)
    for (kind, _key), block in blocks.items():
        if 1 < len(block) <= LARGEST_BLOCK:
            yield from combinations(block, 2)
        elif kind == "door":  # a dormitory: only those of one name
            yield from _of_one_name(block)


def _of_one_name(block: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    names: dict[str, list[Record]] = defaultdict(list)
    for one in block:
        names[one.name].append(one)
    for same in names.values():
        if 1 < len(same) <= LARGEST_BLOCK:
            yield from combinations(same, 2)


def compare(one: Record, other: Record) -> tuple[str, ...]:
    """What speaks for one person; nothing where something speaks against it: two identity numbers, two days of birth that
    differ in more than a slip, man and woman."""
    if one.id_index and other.id_index and one.id_index != other.id_index:
        return ()
    if one.sex and other.sex and one.sex != other.sex:
        return ()
    same_birth = bool(one.born_on and one.born_on == other.born_on)
    if one.born_on and other.born_on and not same_birth and not _slipped(one.born_on, other.born_on):
        return ()
    likeness = like_name(one.name, other.name)
    if not likeness:
        return ()
    signs = [likeness]
    if same_birth:
        signs.append("same_birth")
    if one.phone_index and one.phone_index == other.phone_index:
        signs.append("same_phone")
    if one.dwelling == other.dwelling:
        signs.append("same_door")
    return tuple(sorted(signs, key=lambda sign: -SIGNS[sign]))


def _slipped(one: date, other: date) -> bool:
    """One digit mistyped, or day and month changed places."""
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    return sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True)) == 1


@lru_cache(maxsize=50_000)
def like_name(one: str, other: str) -> str:
    """'same_name', 'near_name' (same sounds, or one sign mistyped), or ''."""
    if one == other:
        return "same_name"
    if not one or not other or abs(len(one) - len(other)) > 1:
        return ""
    if _sounds(one) == _sounds(other):
        return "near_name"
    return "near_name" if min(len(one), len(other)) >= rules.NEAR_FROM and _is_one_off(one, other) else ""


@lru_cache(maxsize=50_000)
def _sounds(name: str) -> tuple[str, ...]:
    return syllables(name)


def _is_one_off(one: str, other: str) -> bool:
    """Edit distance one: a sign changed, added or left out, or two neighbours that changed places."""
    if len(one) == len(other):
        differ = [at for at in range(len(one)) if one[at] != other[at]]
        if len(differ) == 1:
            return True
        return len(differ) == 2 and differ[1] == differ[0] + 1 and one[differ[0]] == other[differ[1]] and (
            one[differ[1]] == other[differ[0]]
        )  # fmt: skip
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def find_kept(*, person_id: int) -> int | None:
    """The record that stands for one that was merged away, at the end of the way. The caller's page checks its sight."""
    kept, at = None, person_id
    while found := MergedPerson.objects.filter(gone=at, undone_at=None).values_list("kept_id", flat=True).first():
        kept = at = found
    return kept


@dataclass(frozen=True)
class MergeLine:
    """A merge that may still be taken back."""

    merged: MergedPerson
    name: str


def list_merges(*, actor: Actor, place: Place, most: int = 50) -> list[MergeLine]:
    """Merges whose kept record lives below the place in the actor's sight, newest first."""
    paths = narrow(actor.paths(EDIT), place.path)
    where = f"kept__memberships__{WHERE}"
    rows = MergedPerson.objects.filter(
        within(f"{where}__place__path", paths),
        undone_at=None,
        kept__erased_at=None,
        kept__memberships__until_on=None,
        kept__memberships__household__residences__until_on=None,
        **{f"{where}__until_on": None},
    )
    found = rows.exclude(kept__status=rules.MERGED).select_related("kept").order_by("-at")[:most]
    return [MergeLine(one, one.kept.name) for one in found]
