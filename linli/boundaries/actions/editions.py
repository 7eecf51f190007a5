"""A newer edition of the official tables: brought in and compared, chosen from, taken over batch by batch.

Each batch is a redrawing of its own in its own transaction, with what became of each difference. Whoever stops in the middle
has lost nothing: what is chosen and not settled is carried on, and what stands as the tables have it already is passed over.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.boundaries.access import REDRAW
from linli.boundaries.actions.redrawings import carry_out, hold
from linli.boundaries.models import Edition, EditionChoice, EditionDifference
from linli.boundaries.queries.differences import Wanted, get_edition, list_choosable
from linli.boundaries.queries.editions import Batch, Compared, find_differences
from linli.boundaries.queries.takings import plan_batch
from linli.boundaries.rules import CHOSEN, OPEN, REFUSED, STEPS, TAKEN, TOGETHER, VANISHED
from linli.core import audit, clock
from linli.core.actors import SYSTEM, Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing, Problem
from linli.core.locks import lock
from linli.core.writes import done_before, mark_done
from linli.grid.profile import place_kinds
from linli.grid.queries import actor_by_id

BATCH = 2_000


def take_edition(
    *, actor: Actor, name: str, batches: Iterable[Batch], under: str = "", write_id: UUID | None = None
) -> Edition:
    """Compare an edition and keep what it has otherwise, to be looked at and chosen from; no place is changed. The same
    edition again, with nothing decided in between, is the one that is kept."""
    if not actor.may_somewhere(REDRAW):
        raise Forbidden() if actor.may_somewhere("places.see") else Missing()
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        text = _("Give the edition a name: who published it, and when.")
        raise Invalid(text, fields={"name": text})
    found = find_differences(actor=actor, batches=batches, under=under)
    content = [name, under, found.digest()]
    with transaction.atomic():
        before = done_before(actor, "take_edition", write_id, content)
        if before:
            return Edition.objects.get(pk=before)
        lock("editions")
        made = _find_same(actor, found) or _write(actor, name, found)
        mark_done(actor, "take_edition", write_id, content, made.pk)
        return made


def _find_same(actor: Actor, found: Compared) -> Edition | None:
    last = Edition.objects.visible_to(actor).filter(digest=found.digest()).order_by("-id").first()
    decided = last is not None and last.differences.exclude(state=OPEN).exists()
    return None if decided else last


def _write(actor: Actor, name: str, found: Compared) -> Edition:
    made = Edition.objects.create(
        name=name,
        digest=found.digest(),
        kinds=list(found.kinds),
        counts=found.counts(),
        under=found.under,
        compared_by_id=actor.id if actor.kind == "account" else None,
        compared_at=clock.now(),
    )
    depths = {code: kind.depth for code, kind in place_kinds().items()}
    EditionDifference.objects.bulk_create(
        (
            EditionDifference(
                edition=made,
                what=one.what,
                kind=one.kind,
                depth=depths[one.kind],
                code=one.row[0],
                name=one.row[1],
                parent=one.row[2],
                old_code=one.old_code,
                old_name=one.old_name,
                path=one.path,
            )
            for one in found.differences
        ),
        batch_size=BATCH,
    )
    audit.record(actor, "take_edition", made, fields=[f"differences:{len(found.differences)}"], path=found.under)
    return made


def choose_differences(
    *,
    actor: Actor,
    edition_id: int,
    wanted: Wanted,
    on: date,
    paper: str,
    number: int | None = None,
    write_id: UUID | None = None,
) -> EditionChoice:
    """Decide that differences are taken over, from a day on and by a paper; those of the actor's places only. They are
    carried out by `apply_choices`. Raises Conflict where they are no longer as many as were looked at (`number`)."""
    paper = paper.strip()
    content = [edition_id, str(wanted), on.isoformat(), paper]
    with transaction.atomic():
        before = done_before(actor, "choose_differences", write_id, content)
        if before:
            return EditionChoice.objects.get(pk=before)
        edition = get_edition(actor=actor, edition_id=edition_id)
        _check(actor, on, paper)
        lock(f"edition:{edition.pk}")
        keys = list(list_choosable(actor=actor, edition=edition, wanted=wanted).values_list("pk", flat=True))
        if not keys:
            raise Conflict(
                _("Nothing of this is to be decided any more, or it is not yours to decide."), code="nothing-left"
            )
        if number is not None and len(keys) != number:
            text = _("There are %(n)s differences now, and you looked at %(before)s. Look once more, then confirm.")
            raise Conflict(text % {"n": len(keys), "before": number}, code="changed-meanwhile")
        made = EditionChoice.objects.create(
            edition=edition, on=on, paper=paper, at=clock.now(), by_id=actor.id if actor.kind == "account" else None
        )
        for start in range(0, len(keys), BATCH):
            part = EditionDifference.objects.filter(pk__in=keys[start : start + BATCH])
            part.update(state=CHOSEN, choice=made, why="", settled_at=None)
        audit.record(
            actor, "choose_differences", edition, fields=[f"differences:{len(keys)}"], reason=paper, path=edition.under
        )
        mark_done(actor, "choose_differences", write_id, content, made.pk)
        return made


def _check(actor: Actor, on: date, paper: str) -> None:
    if not actor.may_somewhere(REDRAW):
        raise Forbidden()
    wrong = {}
    if on > clock.today():
        wrong["on"] = _("This date lies in the future.")
    if not 1 <= len(paper) <= 120:
        wrong["paper"] = _("Name the paper that says so: its number, or its date and who signed it.")
    if wrong:
        raise Invalid(fields=wrong)


def apply_choices(*, actor: Actor, edition: Edition | None = None, most: int | None = None) -> int:
    """Carry out what was chosen, each choice as the one who made it; returns how many differences were settled. May run
    twice at once: the second waits for a batch and finds it settled. `most`: stop after so many."""
    if edition is None and actor.kind != "system":
        raise Forbidden()
    settled = 0
    rows = EditionChoice.objects.filter(differences__state=CHOSEN)
    if edition is not None:
        rows = rows.filter(edition=get_edition(actor=actor, edition_id=edition.pk))
    for choice in rows.distinct().select_related("edition").order_by("id"):
        by = actor_by_id(account_id=choice.by_id) if choice.by_id else SYSTEM
        while most is None or settled < most:
            done = _apply_next(by, choice)
            if not done:
                break
            settled += done
    return settled


def _apply_next(by: Actor, choice: EditionChoice) -> int:
    with transaction.atomic():
        lock(f"edition:{choice.edition_id}")
        rows = _next_rows(choice)
        if not rows:
            return 0
        try:
            with transaction.atomic():
                _apply(by, choice, rows)
        except Problem as problem:
            if len(rows) == 1:
                _settle(rows, REFUSED, str(problem.detail)[:200])
            else:
                for row in rows:
                    _apply_alone(by, choice, row)
        return len(rows)


def _apply_alone(by: Actor, choice: EditionChoice, row: EditionDifference) -> None:
    """One of a batch that did not go through as a whole."""
    try:
        with transaction.atomic():
            _apply(by, choice, [row])
    except Problem as problem:
        _settle([row], REFUSED, str(problem.detail)[:200])


def _next_rows(choice: EditionChoice) -> list[EditionDifference]:
    """From the top down, level by level; what ends comes last, from the bottom up."""
    waiting = choice.differences.filter(state=CHOSEN).order_by()
    kinds = set(waiting.values_list("depth", "what").distinct())
    going = sorted((depth, STEPS.index(what), what) for depth, what in kinds if what != VANISHED)
    ending = sorted((-depth, 0, what) for depth, what in kinds if what == VANISHED)
    for depth, _step, what in [*going, *ending]:
        found = waiting.filter(depth=abs(depth), what=what).order_by("path", "id")
        return list(found[: TOGETHER[what]])
    return []


def _apply(by: Actor, choice: EditionChoice, rows: Sequence[EditionDifference]) -> None:
    hold(by, plan_batch(actor=by, choice=choice, rows=rows).planned.paths)
    batch = plan_batch(actor=by, choice=choice, rows=rows)
    plan = batch.planned.grid
    if plan.made or plan.renamed or plan.ended:
        made = carry_out(by, batch.planned, edition=choice.edition_id)
        _settle(batch.rows, TAKEN, "", redrawing=made)
    by_key = {row.pk: row for row in rows}
    order = sorted(batch.settled.items(), key=lambda one: one[1])
    for (state, why), some in groupby(order, key=lambda one: one[1]):
        _settle([by_key[key] for key, _settled in some], state, why)


def _settle(rows: Sequence[EditionDifference], state: str, why: str, **more: Any) -> None:
    found = EditionDifference.objects.filter(pk__in=[one.pk for one in rows])
    found.update(state=state, why=why, settled_at=clock.now(), **more)
