"""Reads of rounds: coverage from counters, the missing by anti-join, and the recount that proves the one by the other."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMinute

from linli.core.actors import Actor, outermost
from linli.core.paths import ancestors, hull, narrow, within
from linli.grid.models import Place
from linli.grid.profile import line_place_kinds, place_kinds, register_kind
from linli.grid.queries import count_line_places, list_moves, may_hold, read_headcounts
from linli.residents.models import GroupMark, Household
from linli.residents.queries import member_paths
from linli.rounds.models import Answer, Attempt, Round, Tally, TallyDelta
from linli.rounds.rules import HOUSEHOLD, Coverage, total

LEAF = "residences__dwelling__entrance__placements__place"


def roots_of(found: Round) -> list[tuple[int, str]]:
    return list(found.roots.order_by("path").values_list("place_id", "path"))


def read_coverage(*, found: Round, places: Iterable[tuple[int, str]]) -> dict[int, Coverage]:
    """Place id → coverage, for pairs of id and path. A place above the round's own places is the sum of those below it;
    one beside them is empty. The number of queries does not depend on the size of anything."""
    wanted = dict(places)
    roots = roots_of(found)
    parts = {key: _parts(key, path, roots) for key, path in wanted.items()}
    read = dict(one for part in parts.values() for one in part)
    if not read:
        return {key: Coverage() for key in wanted}
    rows = _filtered(found, read) if found.groups and found.unit == HOUSEHOLD else _counted(found, read)
    return {key: total(rows[one] for one, _path in part) for key, part in parts.items()}


def _parts(key: int, path: str, roots: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    if any(path.startswith(root) for _id, root in roots):
        return [(key, path)]
    return [(one, root) for one, root in roots if root.startswith(path)]


def _counted(found: Round, read: dict[int, str]) -> dict[int, Coverage]:
    answered = _answered(found, read)
    if found.unit != HOUSEHOLD:
        posts = count_line_places(places=read.items(), upto=found.close_mark)
        return {key: Coverage(expected=posts[key], answered=answered[key]) for key in read}
    before = read_headcounts(places=read.items(), unit=HOUSEHOLD, upto=found.record_mark)
    after = read_headcounts(places=read.items(), unit=HOUSEHOLD, upto=found.close_mark)
    return {
        key: Coverage(
            expected=before[key].count + after[key].redrawn - before[key].redrawn,
            arrived=after[key].joined - before[key].joined,
            left=after[key].left - before[key].left,
            answered=answered[key],
        )
        for key in read
    }


def _answered(found: Round, read: dict[int, str]) -> Counter[int]:
    """Folded plus unfolded, plus the moves of answered members that no counter holds yet."""
    sums: Counter[int] = Counter(
        dict(Tally.objects.filter(round=found, place_id__in=read).values_list("place_id", "answered"))
    )
    deltas = TallyDelta.objects.filter(within("path", hull(outermost(read.values()), most=16)), round=found)
    loose = [(row["path"], row["total"]) for row in deltas.values("path").annotate(total=Sum("n"))]
    by_path = {path: key for key, path in read.items()}
    for path, n in [*loose, *_loose_moves(found)]:
        for one in ancestors(path):
            if one in by_path:
                sums[by_path[one]] += n
    return sums


def _loose_moves(found: Round) -> list[tuple[str, int]]:
    if found.unit != HOUSEHOLD or found.closed_at is not None:
        return []
    moves = list_moves(since=found.moves_mark, unit=HOUSEHOLD)
    if not moves:
        return []
    members = {move.member for move in moves if move.member}
    answers = {
        row[0]: [row[1], row[2]]
        for row in Answer.objects.filter(round=found, member__in=members, withdrawn_at=None).values_list(
            "member", "mark", "credited"
        )
    }
    roots = [path for _id, path in roots_of(found)]
    found_moves = []
    for move in moves:
        state = answers.get(move.member or 0)
        if state is None or state[0] >= move.pk:
            continue
        if state[1]:
            found_moves.append((move.from_path, -1))
        state[1] = any(move.to_path.startswith(root) for root in roots)
        if state[1]:
            found_moves.append((move.to_path, 1))
    return found_moves


def _filtered(found: Round, read: dict[int, str]) -> dict[int, Coverage]:
    """A round over a group has no ready counts: its members are few and marked, so they are counted from the marks."""
    rows = (
        members(found, hull(outermost(read.values())))
        .values(path=F(f"{LEAF}__path"))
        .annotate(members=Count("pk"), answered=Count("pk", filter=Exists(_answers(found))))
    )
    sums = {key: [0, 0] for key in read}
    for row in rows:
        for key, path in read.items():
            if row["path"].startswith(path):
                sums[key][0] += row["members"]
                sums[key][1] += row["answered"]
    return {key: Coverage(expected=count, answered=answered) for key, (count, answered) in sums.items()}


def _answers(found: Round) -> QuerySet[Answer]:
    return Answer.objects.filter(round=found, member=OuterRef("pk"), withdrawn_at=None)


def members(found: Round, paths: Sequence[str]) -> QuerySet[Household]:
    """Households below `paths` that the round is about. The caller has narrowed `paths` to what may be seen."""
    inside = _inside(found, paths)
    rows = Household.objects.below(inside)
    if found.groups:
        marks = GroupMark.objects.filter(
            group__in=found.groups,
            until_on=None,
            person__memberships__household=OuterRef("pk"),
            person__memberships__until_on=None,
        )
        rows = rows.filter(Exists(marks))
    return rows


def _inside(found: Round, paths: Sequence[str]) -> list[str]:
    roots = [path for _id, path in roots_of(found)]
    inner = [path for path in paths if any(path.startswith(root) for root in roots)]
    return outermost([*inner, *(root for root in roots if any(root.startswith(path) for path in paths))])


def is_member(*, found: Round, household: int, path: str) -> bool:
    """Is the round about this household, which lives at `path`?"""
    return members(found, [path]).filter(pk=household).exists()


def missing(found: Round, paths: Sequence[str]) -> QuerySet[Household]:
    """The anti-join: members below `paths` without an answer."""
    return members(found, paths).filter(~Exists(_answers(found)))


WALKING_ORDER = (
    f"{LEAF}__path",
    "residences__dwelling__entrance__building__sort",
    "residences__dwelling__entrance__building_id",
    "residences__dwelling__entrance__sort",
    "residences__dwelling__floor",
    "residences__dwelling__sort",
    "id",
)


def list_missing(
    *, actor: Actor, found: Round, path: str, permission: str = "alerts.answer", limit: int = 200, offset: int = 0
) -> list[int]:
    """Ids of the households without an answer below `path`, in walking order, as far as the actor may see them."""
    paths = narrow(actor.paths(permission), path)
    return list(missing(found, paths).order_by(*WALKING_ORDER).values_list("pk", flat=True)[offset : offset + limit])


def list_silent_posts(*, found: Round, paths: Sequence[str]) -> list[tuple[int, str, str]]:
    """(place id, path, kind) of the line places below `paths` that have not confirmed, in path order."""
    rows = Place.objects.filter(
        within("path", _inside(found, paths)), ~Exists(_answers(found)), kind__in=line_place_kinds(), until_on=None
    )
    return list(rows.order_by("path").values_list("pk", "path", "kind"))


def page_silent_posts(*, found: Round, after: str, limit: int) -> list[str]:
    """Paths of up to `limit` line places of the round that have not confirmed, in path order behind `after`."""
    rows = Place.objects.filter(
        within("path", [path for _id, path in roots_of(found)]),
        ~Exists(_answers(found)),
        kind__in=line_place_kinds(),
        until_on=None,
        path__gt=after,
    )
    return list(rows.order_by("path").values_list("path", flat=True)[:limit])


def page_places_with_members(*, found: Round, after: str, limit: int, most: int) -> tuple[list[str], str]:
    """Paths of the next places behind `after`, in path order, that together hold up to `most` members (one place may hold
    more), and behind which path to go on ('' at the end). They are those that keep a register, and roots that lie
    deeper; up to `limit` are looked at, and those that nobody lives in are passed over. Six queries."""
    roots = [path for _id, path in roots_of(found)]
    held = Q(within("path", roots), may_hold(HOUSEHOLD))
    rows = Place.objects.filter(held, kind=register_kind(), until_on=None, path__gt=after)
    above = dict(rows.order_by("path").values_list("path", "pk")[:limit])
    deep = Place.objects.filter(path__in=roots, path__gt=after).exclude(kind__in=_down_to_register())
    places = sorted((above | dict(deep.values_list("path", "pk"))).items())[:limit]
    counts = read_headcounts(places=[(key, path) for path, key in places], unit=HOUSEHOLD)
    taken: list[str] = []
    total, before = 0, after
    for path, key in places:
        count = counts[key].count
        if taken and total + count > most:
            return taken, before
        if count:
            taken.append(path)
            total += count
        before = path
    return taken, before if len(places) == limit else ""


def _down_to_register() -> list[str]:
    kinds = place_kinds()
    return [code for code, kind in kinds.items() if kind.depth <= kinds[register_kind()].depth]


def list_silent_homes(*, found: Round, paths: Sequence[str]) -> list[tuple[int, str]]:
    """(household, path where it lives) of the members below `paths` without an answer, by id."""
    return list(missing(found, paths).order_by("pk").values_list("pk", f"{LEAF}__path"))


def list_answered(*, found: Round, members: Sequence[int]) -> dict[int, tuple[datetime, str, str]]:
    """Member → (when, how, by) of those who have answered."""
    rows = Answer.objects.filter(round=found, member__in=members, withdrawn_at=None)
    return {row[0]: row[1:] for row in rows.values_list("member", "at", "how", "by")}


def last_attempts(*, found: Round, members: Sequence[int] | None = None) -> dict[int, Attempt]:
    """Member → its last attempt that was not withdrawn."""
    rows = Attempt.objects.filter(round=found, withdrawn_at=None)
    if members is not None:
        rows = rows.filter(member__in=members)
    return {one.member: one for one in rows.order_by("at", "id")}


def list_answers_of(
    *, members: Iterable[int], rounds: Iterable[UUID]
) -> dict[tuple[UUID, int], tuple[datetime, str, str]]:
    """(round, member) → (when, how, by), for some members in several rounds at once."""
    rows = Answer.objects.filter(round__in=list(rounds), member__in=list(members), withdrawn_at=None)
    return {row[:2]: row[2:] for row in rows.values_list("round_id", "member", "at", "how", "by")}


def list_attempts_of(*, members: Iterable[int], rounds: Iterable[UUID]) -> list[Attempt]:
    """Attempts that were not withdrawn on some members in several rounds, the newest first."""
    rows = Attempt.objects.filter(round__in=list(rounds), member__in=list(members), withdrawn_at=None)
    return list(rows.order_by("-at", "-id"))


def list_attempts_by(*, by: str, since: datetime, rounds: Iterable[UUID]) -> list[Attempt]:
    """What one person recorded since a moment, the newest first: what may still be undone."""
    rows = Attempt.objects.filter(round__in=list(rounds), by=by, at__gte=since, withdrawn_at=None)
    return list(rows.order_by("-at", "-id"))


def list_attempts(*, ids: Iterable[UUID]) -> list[Attempt]:
    """Attempts by id that were not withdrawn, with their rounds. The caller checks whose they are."""
    return list(Attempt.objects.filter(pk__in=list(ids), withdrawn_at=None).select_related("round"))


def count_by_how(*, found: Round, paths: Sequence[str]) -> dict[str, int]:
    """How the receipts below `paths` came."""
    rows = Answer.objects.filter(within("leaf__path", _inside(found, paths)), round=found, withdrawn_at=None)
    return dict(rows.values_list("how").annotate(n=Count("id")))


MOST_MOMENTS = 50_000


def count_moments(*, found: Round, paths: Sequence[str]) -> list[tuple[datetime, int]]:
    """(moment, receipts below `paths` that came then), in order, for the curve: each moment by itself, or from 50,000
    receipts on each minute."""
    rows = Answer.objects.filter(within("leaf__path", _inside(found, paths)), round=found, withdrawn_at=None)
    moments = list(rows.order_by("at").values_list("at", flat=True)[: MOST_MOMENTS + 1])
    if len(moments) <= MOST_MOMENTS:
        return [(at, 1) for at in moments]
    minutes = rows.order_by().annotate(minute=TruncMinute("at")).values("minute").annotate(n=Count("id"))
    return [(row["minute"], row["n"]) for row in minutes.order_by("minute")]


def recount(*, found: Round, paths: Sequence[str]) -> Coverage:
    """Members and answers counted from the rows themselves, without any counter (present members only)."""
    if found.unit != HOUSEHOLD:
        rows: QuerySet[Any] = Place.objects.filter(
            within("path", _inside(found, paths)), kind__in=line_place_kinds(), until_on=None
        )
    else:
        rows = members(found, paths)
    counted = rows.aggregate(members=Count("pk"), answered=Count("pk", filter=Exists(_answers(found))))
    return Coverage(expected=counted["members"], answered=counted["answered"])


def recount_by_leaf(*, found: Round, paths: Sequence[str]) -> dict[str, Coverage]:
    """The same for households at each lowest place that holds some: path → coverage. One query."""
    rows = members(found, paths).values(path=F(f"{LEAF}__path"))
    counted = rows.annotate(members=Count("pk"), answered=Count("pk", filter=Exists(_answers(found))))
    return {row["path"]: Coverage(expected=row["members"], answered=row["answered"]) for row in counted.order_by()}


def list_open_rounds(*, source_room: str | None = None) -> list[Round]:
    rows = Round.objects.filter(closed_at=None)
    return list(rows.filter(Q(source_room=source_room) if source_room else Q()))


def hold_in_open_rounds(households: Collection[int]) -> dict[int, str]:
    """Of these households, those that an open round counts, or that have an answer or attempt in one: household →
    'open_round'. For core.holds; four queries."""
    rounds = Round.objects.filter(closed_at=None, unit=HOUSEHOLD)
    ids = list(households)
    kept = set(Answer.objects.filter(round__in=rounds, member__in=ids).values_list("member", flat=True))
    kept |= set(Attempt.objects.filter(round__in=rounds, member__in=ids).values_list("member", flat=True))
    roots = set(rounds.values_list("roots__path", flat=True)) - {None}
    paths = member_paths(ids)
    kept |= {key for key, (_leaf, path) in paths.items() if any(path.startswith(root) for root in roots)}
    return dict.fromkeys(kept, "open_round")
