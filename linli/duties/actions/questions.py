"""A household or the holder of a post asks, somebody answers by a time: nothing that was asked is dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.locks import lock
from linli.core.paths import ancestors
from linli.core.writes import done_before, mark_done
from linli.duties.access import check_may_work
from linli.duties.actions.tasks import close_tasks, forget_line_notes
from linli.duties.actions.texts import in_every_language
from linli.duties.models import Question, Task
from linli.duties.profile import asked_times, texts_kept
from linli.duties.rules import ASKED, LONGEST_TEXT, NEED, QUESTION
from linli.grid.models import Place
from linli.grid.profile import line
from linli.grid.queries import Holder, find_holder, find_place_at, holders_on_the_way_up, line_post_at
from linli.messages import actions as messages
from linli.messages.actions import Recipient, Sending
from linli.messages.rules import ACCOUNT, ANSWER, HOUSEHOLD
from linli.messages.rules import QUESTION as ASKS
from linli.residents.queries import member_paths

BY_LINK, BY_REPLY = "link", "reply"
SOMEBODY_ASKS = _("A household asks something: please answer")
SOMEBODY_NEEDS = _("A household needs something: please see to it")
LINE_ASKS = _("Somebody on the line below you asks something: please answer")
LINE_NEEDS = _("Somebody on the line below you needs something: please see to it")
ANSWERED = _("Your question was answered: read it on your page")
AT_MOST = _("Write what you want to know or what you need, in at most 500 characters.")


def ask(
    *,
    actor: Actor,
    household: int,
    kind: str,
    text: str,
    question_id: UUID,
    how: str = BY_LINK,
    source: tuple[str, str] = ("", ""),
) -> Question:
    """A household asks or says what it needs: a task with a due time of whoever answers for the household. The same id
    again asks once. The caller has proved that it may speak for the household."""
    asked = Question(household=household, how=how, kind=kind, text=_said(actor, kind, text), id=question_id)
    leaf = member_paths([household]).get(household)
    place = find_place_at(leaf[1]) if leaf else None
    if place is None:
        raise Missing()
    return _ask(actor, asked, place, find_holder(place.path, holders_on_the_way_up([place.path])), source)


def ask_from_line(
    *, actor: Actor, account: int, path: str, kind: str, text: str, question_id: UUID, source: tuple[str, str]
) -> Question:
    """The holder of a post wrote back about what concerns `path`: a task of whoever stands at the level above. The same id
    again asks once."""
    asked = Question(account_id=account, how=BY_REPLY, kind=kind, text=_said(actor, kind, text), id=question_id)
    above = _above(account, path)
    place = find_place_at(above.path if above else path)
    if place is None:
        raise Missing()
    return _ask(actor, asked, place, above, source)


def _above(account: int, path: str) -> Holder | None:
    """The nearest level without the one who asks; else somebody who stands beside them. None at the very top."""
    holders = holders_on_the_way_up([path])
    levels = [holders[one] for one in reversed(ancestors(path)) if holders.get(one)]
    above = [found for found in levels if all(one.account_id != account for one in found)]
    others = [one for found in (above or levels) for one in found if one.account_id != account]
    return next(iter(others), None)


def _said(actor: Actor, kind: str, text: str) -> str:
    """Raises Forbidden, Invalid."""
    if actor.kind not in {"link", "system"}:
        raise Forbidden()
    said = " ".join(text.split())
    if kind not in ASKED or not said or len(said) > LONGEST_TEXT:
        raise Invalid(AT_MOST, fields={"text": AT_MOST})
    return said


def _ask(actor: Actor, asked: Question, place: Place, holder: Holder | None, source: tuple[str, str]) -> Question:
    with transaction.atomic():
        lock(f"question:{asked.pk}")
        found = Question.objects.filter(pk=asked.pk).first()
        if found is not None:
            if (found.household, found.account_id, found.text) != (asked.household, asked.account_id, asked.text):
                raise Conflict(_("This id was already used for something else."), code="write-id-reused")
            return found
        asked.source_room, asked.source_id = source
        asked.task, asked.asked_at = _open_task(asked.pk, asked.kind, place, holder), clock.now()
        asked.save(force_insert=True)
        audit.record(actor, "ask_question", asked, fields=["text"], path=place.path)
        _tell_holder(actor, asked)
        return asked


def _open_task(question_id: UUID, kind: str, place: Place, holder: Holder | None) -> Task:
    """On whoever answers for it. Where nobody does it stands all the same, until the clock finds somebody."""
    times, now = asked_times(kind), clock.now()
    return Task.objects.create(
        id=uuid4(),
        kind=kind,
        source_room="duties",
        source_id=str(question_id),
        area=place,
        area_path=place.path,
        post_kind=holder.post_kind if holder else line_post_at(place) or line()[-1].code,
        post_place_id=holder.place_id if holder else place.pk,
        holder_id=holder.account_id if holder else None,
        appointment_id=holder.appointment_id if holder else None,
        made_at=now,
        due_at=now + times.due,
        pass_at=now + times.passes,
    )


def _tell_holder(actor: Actor, question: Question) -> None:
    """What was asked stands on the page only, never in a message."""
    task = question.task
    if task.holder_id is None:
        return
    needs = question.kind == NEED
    asks = (SOMEBODY_NEEDS if needs else SOMEBODY_ASKS) if question.household else LINE_NEEDS if needs else LINE_ASKS
    sending = Sending(
        source=("duties", str(question.pk)),
        kind=ASKS,
        texts=in_every_language(lambda: (str(asks), "")),
        expires_at=task.due_at,
        path=task.area_path,
        url=f"/questions/{question.pk}",
    )
    dispatch = messages.begin_dispatch(actor=actor, dispatch_id=uuid5(question.pk, "asked"), sending=sending)
    told = [Recipient(ACCOUNT, task.holder_id, task.area_path)]
    messages.enqueue(actor=actor, dispatch=dispatch, recipients=told)


def answer_question(*, actor: Actor, question: Question, text: str, write_id: UUID | None = None) -> Question:
    """Whoever may work on its task answers; whoever asked is told that there is an answer, and reads it on a page.
    Answered is answered: a second answer is refused, the same one sent again is the same."""
    check_may_work(actor, question.task)
    said = text.strip()
    if not said or len(said) > 2 * LONGEST_TEXT:
        wrong = _("Write the answer, in at most 1,000 characters.")
        raise Invalid(wrong, fields={"text": wrong})
    content = [str(question.pk), said]
    with transaction.atomic():
        lock(f"question:{question.pk}")
        if done_before(actor, "answer_question", write_id, content):
            return Question.objects.select_related("task").get(pk=question.pk)
        fresh = Question.objects.select_related("task").get(pk=question.pk)
        if fresh.answered_at is not None:
            raise Conflict(_("Somebody else has answered meanwhile. Load the page again to read it."))
        fresh.answer, fresh.answered_by_id, fresh.answered_at = said, actor.id, clock.now()
        fresh.save(update_fields=["answer", "answered_by", "answered_at"])
        audit.record(actor, "answer_question", fresh, fields=["answer"], path=fresh.task.area_path)
        mark_done(actor, "answer_question", write_id, content, fresh.pk)
        close_tasks(actor=actor, tasks=[fresh.task])
        _tell_asker(actor, fresh)
        return fresh


def _tell_asker(actor: Actor, question: Question) -> None:
    source = ("duties", str(question.pk))
    messages.stop_source(actor=actor, source=source)
    sending = Sending(
        source=source,
        kind=ANSWER,
        texts=in_every_language(lambda: (str(ANSWERED), "")),
        expires_at=clock.now() + asked_times(QUESTION).due * 3,
        path=question.task.area_path,
        url=f"/questions/{question.pk}" if question.account_id else "",
    )
    dispatch = messages.begin_dispatch(actor=actor, dispatch_id=uuid5(question.pk, "answered"), sending=sending)
    asker = (HOUSEHOLD, question.household) if question.household is not None else (ACCOUNT, question.account_id or 0)
    messages.enqueue(actor=actor, dispatch=dispatch, recipients=[Recipient(*asker, question.task.area_path)])


@dataclass(frozen=True)
class Wrote:
    """What came back by a number: whose reply (rules of messages), as what it was filed, what it was about and where."""

    reply_id: int
    kind: str
    id: int
    filed_as: str
    text: str
    path: str
    source: tuple[str, str]


def file_reply(*, actor: Actor, wrote: Wrote) -> Question | None:
    """What somebody wrote back that is no plain yes: a question or a need of the household or of the holder of a post, and
    whatever is unclear is for a person to read. None where the household lives nowhere any more."""
    said: dict[str, Any] = {
        "actor": actor,
        "kind": NEED if wrote.filed_as == NEED else QUESTION,
        "text": wrote.text[:LONGEST_TEXT],
        "question_id": uuid5(UUID(int=0), f"reply:{wrote.reply_id}"),
        "source": wrote.source,
    }
    try:
        if wrote.kind == ACCOUNT:
            return ask_from_line(account=wrote.id, path=wrote.path, **said)
        return ask(household=wrote.id, how=BY_REPLY, **said)
    except Missing:
        return None


def forget_old_questions(*, actor: Actor) -> int:
    """What was asked and answered long ago is forgotten; what is not answered never is."""
    with transaction.atomic():
        old = Question.objects.filter(answered_at__lt=clock.now() - texts_kept())
        keys = list(old.values_list("pk", flat=True)[:5_000])
        Question.objects.filter(pk__in=keys).delete()
        if keys:
            audit.record(actor, "forget_questions", ("duties.question", f"{len(keys)}"), fields=["text", "answer"])
        return len(keys)


def forget_homes(*, actor: Actor, households: Sequence[int]) -> int:
    """These households were erased: what they wrote goes too, answered or not, and their tasks are closed; so does what was
    noted about them."""
    with transaction.atomic():
        forget_line_notes(actor=actor, households=households)
        rows = list(Question.objects.filter(household__in=households).select_related("task"))
        open_ones = [one.task for one in rows if one.task.closed_at is None]
        close_tasks(actor=actor, tasks=open_ones, outcome="superseded")
        Question.objects.filter(pk__in=[one.pk for one in rows]).delete()
        if rows:
            audit.record(actor, "forget_questions", ("duties.question", f"{len(rows)}"), fields=["text", "answer"])
        return len(rows)
