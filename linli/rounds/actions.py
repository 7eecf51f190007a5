"""Every write of a round. Callers above have decided who may; a round itself knows members, not posts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock
from linli.core.actors import Actor, outermost
from linli.core.errors import Conflict, Missing
from linli.core.locks import lock
from linli.core.paths import common, within
from linli.grid.models import HeadcountChange, Place
from linli.grid.queries import last_change, list_moves
from linli.grid.rules import Done
from linli.residents.queries import member_paths
from linli.rounds.intake import Receipt, add_to_tallies, count_answers, credit, insert_attempts
from linli.rounds.models import Answer, Attempt, Round, RoundPlace, TallyDelta
from linli.rounds.rules import HOUSEHOLD, SPOKEN_TO, Moved

BATCH = 2_000  # ids a query
REDRAWING = "redrawing"


@dataclass(frozen=True)
class Intake:
    """What became of a batch: member → path credited; those that had answered before; those who are no members."""

    credited: dict[int, str] = field(default_factory=dict)
    already: frozenset[int] = frozenset()
    strangers: frozenset[int] = frozenset()


def open_round(
    *,
    actor: Actor,
    round_id: UUID,
    source: tuple[str, str],
    unit: str,
    places: Iterable[Place],
    deadline_at: datetime,
    groups: Sequence[str] = (),
) -> Round:
    """A promise over everyone below `places`. The same few rows whatever their number."""
    with transaction.atomic():
        lock("headcounts")  # the record mark must not fall between a change and its commit
        mark = last_change()
        made = Round.objects.create(
            id=round_id,
            source_room=source[0],
            source_id=source[1],
            unit=unit,
            groups=list(groups),
            record_at=clock.now(),
            record_mark=mark,
            moves_mark=mark,
            deadline_at=deadline_at,
        )
        by_path = {place.path: place for place in places}
        RoundPlace.objects.bulk_create(
            RoundPlace(round=made, place=by_path[path], path=path) for path in outermost(by_path)
        )
        audit.record(actor, "open_round", made, fields=["unit", "places", "groups", "deadline_at"])
        return made


def close_round(*, actor: Actor, found: Round) -> None:
    """From now on its figures never change. Closing twice is closing once."""
    with transaction.atomic():
        lock("headcounts")
        fresh = Round.objects.select_for_update().get(pk=found.pk)
        if fresh.closed_at is not None:
            return
        carry_moves(actor=actor, found=fresh)
        fresh.closed_at, fresh.close_mark = clock.now(), last_change()
        fresh.save(update_fields=["closed_at", "close_mark"])
        audit.record(actor, "close_round", fresh)


def record_receipts(*, actor: Actor, found: Round, receipts: Sequence[Receipt], within: Sequence[str] = ()) -> Intake:
    """Credit a batch of answers; a second answer of a member counts nothing. `within` narrows to subtrees."""
    with transaction.atomic():
        lock(REDRAWING, shared=True)  # places are not redrawn between reading where a member stands and counting there
        fresh = Round.objects.filter(pk=found.pk).values_list("closed_at", flat=True).get()
        if fresh is not None:
            raise Conflict(_("This round is closed: nothing more can be recorded in it."), code="round-closed")
        roots = _narrow(list(found.roots.values_list("path", flat=True)), within)
        new = credit(found, receipts, roots).paths
        rest = {one.member for one in receipts} - set(new)
        already = _answered_before(found, sorted(rest))
        if new:
            audit.record(actor, "record_receipts", found, fields=[f"receipts:{len(new)}"], path=common(new.values()))
        return Intake(new, already, frozenset(rest) - already)


def record_receipt(*, actor: Actor, found: Round, receipt: Receipt, within: Sequence[str] = ()) -> bool:
    """One answer. True where it is new, False where the member had answered. Raises Missing where it is no member."""
    done = record_receipts(actor=actor, found=found, receipts=[receipt], within=within)
    if done.strangers:
        raise Missing()
    return bool(done.credited)


def withdraw_receipt(*, actor: Actor, found: Round, member: int, reason: str = "") -> bool:
    """Take an answer back; the member is missing again. False where there was none."""
    with transaction.atomic():
        answer = Answer.objects.select_for_update().filter(round=found, member=member, withdrawn_at=None).first()
        if answer is None:
            return False
        _refuse_closed(found)
        Answer.objects.filter(pk=answer.pk).update(withdrawn_at=clock.now())
        path = Place.objects.values_list("path", flat=True).get(pk=answer.leaf_id)
        if answer.credited:
            count_answers(found, {path: -1})
        audit.record(actor, "withdraw_receipt", answer, reason=reason, path=path)
        return True


def record_attempt(
    *, actor: Actor, found: Round, attempt_id: UUID, member: int, outcome: str, at: datetime, path: str, note: str = ""
) -> Attempt:
    """What a knock came to. Sent twice it stands once; the same id with other content is a conflict."""
    with transaction.atomic():
        _refuse_closed(found)
        row = Attempt(id=attempt_id, round=found, member=member, outcome=outcome, at=at, by=actor.ref, note=note)
        Attempt.objects.bulk_create([row], ignore_conflicts=True)
        stored = Attempt.objects.get(pk=attempt_id)
        if (stored.round_id, stored.member, stored.outcome) != (found.pk, member, outcome):
            raise Conflict(_("This id was already used for something else."), code="write-id-reused")
        audit.record(actor, "record_attempt", stored, fields=["outcome", "note"] if note else ["outcome"], path=path)
        return stored


def record_attempts(*, actor: Actor, found: Round, rows: Sequence[Attempt], paths: Iterable[str]) -> set[UUID]:
    """Many knocks of one round, each `by` whoever made it, in a constant number of statements. Returns the ids that were
    new; whoever calls has compared the others with what stands there. `paths` are those of their households."""
    with transaction.atomic():
        _refuse_closed(found)
        new = insert_attempts(rows)
        if new:
            audit.record(actor, "record_attempts", found, fields=[f"attempts:{len(new)}"], path=common(paths))
        return new


def withdraw_attempt(*, actor: Actor, attempt: Attempt, path: str) -> None:
    """Undo a knock recorded by mistake, and its receipt where it made one."""
    with transaction.atomic():
        if not Attempt.objects.filter(pk=attempt.pk, withdrawn_at=None).update(withdrawn_at=clock.now()):
            return
        if attempt.outcome == SPOKEN_TO:
            mine = Answer.objects.filter(
                round=attempt.round_id, member=attempt.member, withdrawn_at=None, by=attempt.by
            )
            if mine.exists():
                withdraw_receipt(actor=actor, found=attempt.round, member=attempt.member)
        audit.record(actor, "withdraw_attempt", attempt, path=path)


def forget_notes(*, actor: Actor, members: Sequence[int]) -> None:
    """What was written about households whose records were erased; that it was tried stays."""
    with transaction.atomic():
        noted = Attempt.objects.filter(member__in=members, round__unit=HOUSEHOLD).exclude(note="")
        keys = list(noted.values_list("pk", flat=True))
        Attempt.objects.filter(pk__in=keys).update(note="")
        audit.record_many(actor, "forget_notes", [("rounds.attempt", key) for key in keys], fields=["note"])


def carry_moves(*, actor: Actor, found: Round) -> int:  # noqa: ARG001
    """Move the credit of answered members along with the households that moved since the last time."""
    if found.unit != HOUSEHOLD:
        return 0
    with transaction.atomic():
        fresh = Round.objects.select_for_update().get(pk=found.pk)
        if fresh.closed_at is not None:
            return 0
        moves = list_moves(since=fresh.moves_mark, unit=HOUSEHOLD)
        if not moves:
            return 0
        for start in range(0, len(moves), BATCH):
            _carry(fresh, moves[start : start + BATCH])
        fresh.moves_mark = found.moves_mark = moves[-1].pk
        fresh.save(update_fields=["moves_mark"])
        return len(moves)


def _carry(found: Round, moves: Sequence[HeadcountChange]) -> None:
    roots = list(found.roots.values_list("path", flat=True))
    answers = {
        one.member: one
        for one in Answer.objects.filter(round=found, member__in={m.member for m in moves}, withdrawn_at=None)
    }
    places = dict(Place.objects.filter(path__in={m.to_path for m in moves}).values_list("path", "pk"))
    sums: Counter[str] = Counter()
    for move in moves:
        answer = answers.get(move.member or 0)
        if answer is None or answer.mark >= move.pk:
            continue
        inside = any(move.to_path.startswith(root) for root in roots)
        if answer.credited:
            sums[move.from_path] -= 1
        answer.credited = inside
        if inside:
            sums[move.to_path] += 1
            answer.leaf_id = places[move.to_path]
    Answer.objects.bulk_update(answers.values(), ["leaf", "credited"])
    count_answers(found, sums)


def fold_tallies(*, actor: Actor) -> int:  # noqa: ARG001
    """Bring the deltas of single answers into the counters of every ancestor."""
    with transaction.atomic():
        lock("tallies")
        last = TallyDelta.objects.order_by("-id").values_list("id", flat=True).first()
        if last is None:
            return 0
        rows = TallyDelta.objects.select_for_update().filter(id__lte=last)
        keys = list(rows.values_list("id", flat=True))
        sums = TallyDelta.objects.filter(id__in=keys) if len(keys) < 500 else rows
        by_round: dict[UUID, dict[str, int]] = {}
        for row in sums.values("round_id", "path").annotate(n=Sum("n")):
            by_round.setdefault(row["round_id"], {})[row["path"]] = row["n"]
        for round_id, by_path in sorted(by_round.items()):
            add_to_tallies(round_id, by_path)
        sums.delete()
        return len(keys)


def _answered_before(found: Round, rest: Sequence[int]) -> frozenset[int]:
    answered: set[int] = set()
    for start in range(0, len(rest), BATCH):
        rows = Answer.objects.filter(round=found, member__in=rest[start : start + BATCH], withdrawn_at=None)
        answered.update(rows.values_list("member", flat=True))
    return frozenset(answered)


def _refuse_closed(found: Round) -> None:
    if Round.objects.filter(pk=found.pk, closed_at__isnull=False).exists():
        raise Conflict(_("This round is closed: nothing more can be recorded in it."), code="round-closed")


def _narrow(roots: Sequence[str], within: Sequence[str]) -> list[str]:
    """The parts of `roots` that lie in one of `within` (empty: all)."""
    if not within:
        return list(roots)
    inner = [one for one in within if any(one.startswith(root) for root in roots)]
    return outermost([*inner, *(root for root in roots if any(root.startswith(one) for one in within))])


# Places redrawn ------------------------------------------------------------------------------------------------------


def hold_receipts(*, actor: Actor) -> None:
    """Nothing is credited from here to the end of the transaction. What members did until now is carried along first, by
    the places as they still are."""
    lock(REDRAWING)
    carry_all(actor=actor)


def carry_all(*, actor: Actor) -> None:
    for found in Round.objects.filter(closed_at=None).order_by("id"):
        carry_moves(actor=actor, found=found)


def follow_redrawing(
    *, actor: Actor, moved: Sequence[Moved], ended: Mapping[int, str], same: Mapping[int, int]
) -> list[Done]:
    """Open rounds keep everybody they promised to account for: where something leaves their places, the place that it
    went to becomes one of them. Answers of posts go on with their posts; those of posts that are no more count nothing.
    `ended`: place → path; `same`: a new place → the one whose holder holds it too, and who is not asked again."""
    done: list[Done] = []
    for found in Round.objects.filter(closed_at=None).order_by("id"):
        changed = _follow_roots(found, moved, ended)
        if found.unit != HOUSEHOLD:
            changed += _follow_posts(found, moved, ended, same)
        if changed:
            audit.record(actor, "redraw_round", found, fields=sorted({one.kind for one in changed}))
        done += changed
    carry_all(actor=actor)
    _count_at_home({UUID(one.subject) for one in done if one.kind == "root_added"})
    return done


def _count_at_home(rounds: Iterable[UUID]) -> None:
    """A place that becomes one of a round's may hold a household that answered and had left for it. It didn't move now,
    so nothing carries its answer: it counts again where it lives."""
    for found in Round.objects.filter(pk__in=rounds, unit=HOUSEHOLD).order_by("id"):
        roots = list(found.roots.values_list("path", flat=True))
        left = list(Answer.objects.filter(round=found, withdrawn_at=None, credited=False))
        homes = member_paths([one.member for one in left])
        back, sums = list[Answer](), Counter[str]()
        for one in left:
            leaf, path = homes.get(one.member, (0, ""))
            if path and _covers(roots, path):
                one.credited, one.leaf_id = True, leaf
                sums[path] += 1
                back.append(one)
        Answer.objects.bulk_update(back, ["leaf", "credited"], batch_size=500)
        count_answers(found, sums)


def _count_no_more(added: Mapping[UUID, set[int]]) -> None:
    """The other way round, by an undo: what counts at a place that is none of the round's any more counts nothing."""
    for found in Round.objects.filter(pk__in=added, unit=HOUSEHOLD, closed_at=None).order_by("id"):
        roots = list(found.roots.values_list("path", flat=True))
        gone = Place.objects.filter(pk__in=added[found.pk]).values_list("path", flat=True)
        rows = Answer.objects.filter(
            round=found, withdrawn_at=None, credited=True, leaf__in=Place.objects.filter(within("path", gone))
        )
        out, sums = list[Answer](), Counter[str]()
        for one in rows.select_related("leaf"):
            if not _covers(roots, one.leaf.path):
                one.credited = False
                sums[one.leaf.path] -= 1
                out.append(one)
        Answer.objects.bulk_update(out, ["credited"], batch_size=500)
        count_answers(found, sums)


def _follow_roots(found: Round, moved: Sequence[Moved], ended: Mapping[int, str]) -> list[Done]:
    before = dict(found.roots.values_list("place_id", "path"))
    now, done = set(before.values()), list[Done]()
    for one in sorted(moved, key=lambda row: row.new_path):
        if (one.made or one.leaf) and _covers(before.values(), one.old_path) and not _covers(now, one.new_path):
            RoundPlace.objects.create(round=found, place_id=one.new_id, path=one.new_path)
            now.add(one.new_path)
            done.append(Done("root_added", str(found.pk), "", str(one.new_id)))
    gone = [key for key in before if key in ended]
    found.roots.filter(place__in=gone).delete()
    return done + [Done("root_gone", str(found.pk), str(key)) for key in gone]


def _covers(roots: Iterable[str], path: str) -> bool:
    return any(path.startswith(root) for root in roots)


def _follow_posts(
    found: Round, moved: Sequence[Moved], ended: Mapping[int, str], same: Mapping[int, int]
) -> list[Done]:
    like = {one.old_id: one for one in moved if one.like}
    wanted = {*like, *ended, *same.values()}
    answers = list(Answer.objects.filter(round=found, member__in=wanted, withdrawn_at=None).select_related("leaf"))
    sums: Counter[str] = Counter()
    done, changed, by_member = list[Done](), list[Answer](), {one.member: one for one in answers}
    copies = [
        Answer(id=uuid4(), round=found, member=new, leaf_id=new, at=one.at, how=one.how, by=one.by, mark=one.mark)
        for new, old in same.items()
        if (one := by_member.get(old)) is not None
    ]
    for one in answers:
        goes = like.get(one.member)
        if one.credited and (goes or one.member in ended):
            sums[one.leaf.path] -= 1
            changed.append(one)
            if goes:
                one.member = one.leaf_id = goes.new_id
                sums[goes.new_path] += 1
            else:
                one.credited = False
                done.append(Done("post_answer_gone", str(one.pk), str(one.member)))
    Answer.objects.bulk_update(changed, ["member", "leaf", "credited"], batch_size=500)
    for path in Place.objects.filter(pk__in=[one.member for one in copies]).values_list("path", flat=True):
        sums[path] += 1
    Answer.objects.bulk_create(copies, batch_size=500)
    count_answers(found, sums)
    return done + [Done("post_answer_copied", str(one.pk), "", str(one.member)) for one in copies]


def restore_rounds(*, actor: Actor, done: Sequence[Done], moved: Sequence[Moved], ended: Mapping[int, str]) -> None:
    """Undo of the same: roots as they were, answers of posts back where they came from. `moved` and `ended` tell the way
    back: what the redrawing made has ended."""
    for one in done:
        if one.kind == "root_added":
            RoundPlace.objects.filter(round=UUID(one.subject), place=int(one.after), round__closed_at=None).delete()
    gone = [one for one in done if one.kind == "root_gone"]
    places = Place.objects.in_bulk([int(one.before) for one in gone])
    RoundPlace.objects.bulk_create(
        RoundPlace(round_id=UUID(one.subject), place_id=int(one.before), path=places[int(one.before)].path)
        for one in gone
    )
    back = [one.subject for one in done if one.kind == "post_answer_gone"]
    for found in Round.objects.filter(closed_at=None).exclude(unit=HOUSEHOLD).order_by("id"):
        _follow_posts(found, moved, ended, {})
        _credit_again(found, back)
    for key in sorted({one.subject for one in done if one.kind.startswith("root")}):
        audit.record(actor, "redraw_round", ("rounds.round", key), fields=["undone"])
    carry_all(actor=actor)
    added: dict[UUID, set[int]] = {}
    for one in done:
        if one.kind == "root_added":
            added.setdefault(UUID(one.subject), set()).add(int(one.after))
    _count_no_more(added)


def _credit_again(found: Round, answers: Sequence[str]) -> None:
    rows = list(Answer.objects.filter(round=found, pk__in=answers, withdrawn_at=None, credited=False))
    paths = dict(Place.objects.filter(pk__in=[one.leaf_id for one in rows]).values_list("pk", "path"))
    Answer.objects.filter(pk__in=[one.pk for one in rows]).update(credited=True)
    count_answers(found, Counter(paths[one.leaf_id] for one in rows))
