"""Whoever is to stand in is told so, and told when it is off."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext

from linli.core import clock
from linli.core.actors import Actor
from linli.core.locks import lock
from linli.duties.actions.texts import in_every_language
from linli.grid.models import Absence
from linli.grid.profile import post_name
from linli.grid.queries import list_named_deputies
from linli.messages import actions as messages
from linli.messages.actions import Recipient, Sending
from linli.messages.queries import states_of
from linli.messages.rules import ACCOUNT, CANCEL, CONFIRMED, DELIVERED, READ, SENT, TASK

ARRIVED = (SENT, DELIVERED, READ, CONFIRMED)
WHERE = "/account/away"


def tell_deputies(*, actor: Actor, absence_ids: Sequence[int]) -> None:
    """Each deputy once for all posts of one holder: for whom, from when to when, and where to look. What was taken back
    meanwhile is left out."""
    with transaction.atomic():
        for together in _together(absence_ids):
            runs = [one for one in together if _runs(one)]
            if runs:
                _send(actor, together[0], TASK, "named", _named(runs), to=_deputy(together[0]), until=runs[0].until_at)


def withdraw_deputies(*, actor: Actor, absence_ids: Sequence[int], by_deputy: bool = False) -> None:
    """It is off. Where the deputy was not told yet they are not told any more, but of what remains; whoever was told is
    told of it. Where the deputy laid it down, the holder is told."""
    ended = set(absence_ids)
    with transaction.atomic():
        for together in _together(absence_ids):
            first, source = together[0], _source(together[0])
            lock(f"deputy:{source[1]}")
            over, runs = [one for one in together if one.pk in ended], [one for one in together if _runs(one)]
            told = states_of(source=source, kind=ACCOUNT, ids=[first.deputy_id or 0]).get(first.deputy_id or 0)
            messages.stop_source(actor=actor, source=source)
            key = "-".join(str(one.pk) for one in over)
            until = max(one.until_at for one in together) if runs else None
            if by_deputy:
                _send(actor, first, CANCEL, f"laid:{key}", _laid_down(over), to=_holder(first), until=until)
            elif told is not None and told.state in ARRIVED:
                _send(actor, first, CANCEL, f"off:{key}", _off(over), to=_deputy(first), until=until)
            if runs and (told is None or told.state not in ARRIVED):
                _send(actor, first, TASK, f"left:{key}", _named(runs), to=_deputy(first), until=runs[0].until_at)


def _together(absence_ids: Iterable[int]) -> list[list[Absence]]:
    """What one message speaks of: the posts of one holder with one deputy, written down together."""

    def key(one: Absence) -> Any:
        return (one.deputy_id, one.made_by, one.made_at, one.appointment.account_id)

    found = groupby(sorted(list_named_deputies(absence_ids=absence_ids), key=lambda one: (key(one), one.pk)), key)
    return [list(rows) for _key, rows in found]


def _runs(one: Absence) -> bool:
    ended = one.appointment.until_at is not None and one.appointment.until_at <= clock.now()
    return one.until_at > max(clock.now(), one.from_at) and not ended


def _source(first: Absence) -> tuple[str, str]:
    return ("grid", f"deputy:{first.pk}")


def _deputy(one: Absence) -> Recipient:
    return Recipient(ACCOUNT, one.deputy_id or 0, one.appointment.place.path)


def _holder(one: Absence) -> Recipient:
    return Recipient(ACCOUNT, one.appointment.account_id, one.appointment.place.path)


def _send(actor: Actor, first: Absence, kind: str, key: str, texts: Any, *, to: Recipient, until: Any) -> None:
    source = _source(first)
    sending = Sending(source=source, kind=kind, texts=texts, expires_at=until, path=to.path, url=WHERE)
    dispatch_id = uuid5(NAMESPACE_URL, f"{source[1]}:{key}")
    dispatch = messages.begin_dispatch(actor=actor, dispatch_id=dispatch_id, sending=sending)
    messages.enqueue(actor=actor, dispatch=dispatch, recipients=[to])


def _posts(rows: Sequence[Absence]) -> str:
    return "\n".join(f"{post_name(one.appointment.post_kind)} · {one.appointment.place.name}" for one in rows)


def _day_and_time(moment: Any) -> str:
    # Translators: how a day with its time is written; see Django's date filter for the letters
    return date_format(clock.local(moment), gettext("j M Y, H:i"))


def _named(rows: Sequence[Absence]) -> dict[str, dict[str, str]]:
    def say() -> tuple[str, str]:
        first = rows[0]
        spans = {"from": _day_and_time(first.from_at), "until": _day_and_time(first.until_at)}
        when = gettext("From %(from)s until %(until)s.") % spans
        where = gettext("What is due there stands on My day from then on. If you can't, say so under “When I am away”.")
        return gettext("You stand in for %(name)s") % {"name": first.appointment.account.name}, "\n".join(
            [_posts(rows), when, where]
        )

    return in_every_language(say)


def _off(rows: Sequence[Absence]) -> dict[str, dict[str, str]]:
    def say() -> tuple[str, str]:
        name = rows[0].appointment.account.name
        return gettext("You need not stand in for %(name)s any more") % {"name": name}, _posts(rows)

    return in_every_language(say)


def _laid_down(rows: Sequence[Absence]) -> dict[str, dict[str, str]]:
    def say() -> tuple[str, str]:
        deputy = rows[0].deputy
        asks = gettext("Name somebody else; until then the level above holds the part.")
        headline = gettext("%(name)s can't stand in for you") % {"name": deputy.name if deputy else ""}
        return headline, f"{_posts(rows)}\n{asks}"

    return in_every_language(say)
