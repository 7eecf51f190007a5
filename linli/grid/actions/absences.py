"""Being away from a post, and coming back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import Actor
from linli.core.audit import record
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.events import publish
from linli.core.locks import lock
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_may_send_away, check_own_reach
from linli.grid.events import AbsenceEnded, DeputiesNamed
from linli.grid.models import Absence, Account, Appointment
from linli.grid.profile import longest_absence_days, post_kinds
from linli.grid.queries.absences import may_deputise
from linli.grid.queries.seats import find_holder, holders_on_the_way_up
from linli.grid.rules import ABSENCE_REASONS

SLACK = timedelta(minutes=5)  # a form that was filled in slowly
NOBODY_ABOVE = _("Nobody stands above this post now, so nobody would hold its part: name a deputy.")


@dataclass(frozen=True)
class Away:
    """When somebody is away and who stands in. Without `from_at` it begins now."""

    until_at: datetime
    deputy: Account | None
    reason: str
    from_at: datetime | None = None


def record_absence(
    *, actor: Actor, appointments: Sequence[Appointment], away: Away, write_id: UUID | None = None
) -> list[Absence]:
    """The holder of these posts is away; all of them or none. For one's own posts, or where one appoints. It ends by
    itself, after at most so many days as the profile says. Raises Invalid and Conflict with what to mend."""
    deputy = away.deputy.pk if away.deputy else None
    content = [[one.pk for one in appointments], away.from_at, away.until_at, deputy, away.reason]
    with transaction.atomic():
        for account in sorted({one.account_id for one in appointments}):
            lock(f"appoint:{account}")
        for one in appointments:
            check_may_send_away(actor, one)
        before = done_before(actor, "record_absence", write_id, content)
        if before is not None:
            return list(Absence.objects.filter(pk__in=before.split(",")).select_related("appointment"))
        if not appointments:
            raise Invalid(fields={"posts": _("Choose at least one post.")})
        from_at = _beginning(away)
        made = [_new(actor, one, away, from_at) for one in appointments]
        Absence.objects.bulk_create(made)
        for new in made:
            told = ["from_at", "until_at", "deputy", "reason"]
            record(actor, "record_absence", new, fields=told, path=new.appointment.place.path)
        mark_done(actor, "record_absence", write_id, content, ",".join(str(one.pk) for one in made))
        if away.deputy is not None:
            publish(DeputiesNamed(absence_ids=[one.pk for one in made]))
        return made


def _beginning(away: Away) -> datetime:
    """Raises Invalid where the time makes no sense."""
    now = clock.now()
    from_at = away.from_at or now
    if away.reason not in ABSENCE_REASONS:
        raise Invalid(fields={"reason": _("Choose a reason.")})
    if from_at < now - SLACK:
        raise Invalid(fields={"from_at": _("An absence can't be written down for days that are over.")})
    if away.until_at <= max(now, from_at):
        raise Invalid(fields={"until_at": _("The end must lie after the beginning.")})
    most = longest_absence_days()
    if away.until_at - from_at > timedelta(days=most):
        said = _("At most %(n)s days in one go. If it takes longer, write the rest down later, or appoint somebody.")
        raise Invalid(fields={"until_at": said % {"n": most}})
    return max(from_at, now) if away.from_at is None else from_at


def _new(actor: Actor, appointment: Appointment, away: Away, from_at: datetime) -> Absence:
    ended = appointment.until_at is not None and appointment.until_at <= max(from_at, clock.now())
    if ended or not appointment.account.is_active:
        raise Conflict(_("This appointment has already ended."), code="already-ended")
    if _overlapping(from_at, away.until_at).filter(appointment=appointment).exists():
        raise Conflict(
            _("There is an absence from this post in that time already. End it first, or choose other days."),
            code="already-away",
        )
    _check_stand_in(actor, appointment, away, from_at)
    return Absence(
        appointment=appointment,
        deputy=away.deputy,
        from_at=from_at,
        until_at=away.until_at,
        reason=away.reason,
        made_by=actor.ref,
        made_at=clock.now(),
    )


def _overlapping(from_at: datetime, until_at: datetime) -> Any:
    return Absence.objects.filter(from_at__lt=until_at, until_at__gt=from_at)


def _check_stand_in(actor: Actor, appointment: Appointment, away: Away, from_at: datetime) -> None:
    """Somebody holds the part meanwhile: the deputy, or the level above. Raises Invalid, Forbidden."""
    kind = post_kinds().get(appointment.post_kind)
    if away.deputy is None:
        path = appointment.place.path
        if kind is not None and kind.line and find_holder(path, holders_on_the_way_up([path]), above=True) is None:
            raise Invalid(NOBODY_ABOVE, fields={"deputy": NOBODY_ABOVE})
        return
    if away.deputy.pk == appointment.account_id or not away.deputy.is_active:
        raise Invalid(fields={"deputy": _("Choose somebody else, who has an open account.")})
    if not may_deputise(away.deputy, appointment):
        raise Missing()
    if _overlapping(from_at, away.until_at).filter(appointment__account=away.deputy).exists():
        raise Invalid(
            fields={"deputy": _("%(name)s is away in that time too: choose another.") % {"name": away.deputy.name}}
        )
    if kind is not None:
        check_own_reach(actor, appointment.place, kind, away.deputy, away.until_at)


def end_absence(*, actor: Actor, absence: Absence, write_id: UUID | None = None) -> Absence:
    """Back earlier, or not away after all: from now on the post is its holder's alone. The deputy may lay it down too.
    Ended twice is ended once."""
    with transaction.atomic():
        lock(f"appoint:{absence.appointment.account_id}")
        by_deputy = actor.kind == "account" and actor.id == absence.deputy_id
        if not by_deputy:
            check_may_send_away(actor, absence.appointment)
        if done_before(actor, "end_absence", write_id, absence.pk) is not None:
            return Absence.objects.get(pk=absence.pk)
        found = Absence.objects.select_for_update(of=("self",)).get(pk=absence.pk)
        end = max(clock.now(), found.from_at)
        mark_done(actor, "end_absence", write_id, absence.pk, found.pk)
        if found.until_at > end:
            found.until_at = end
            found.save(update_fields=["until_at"])
            record(actor, "end_absence", found, fields=["until_at"], path=absence.appointment.place.path)
            if found.deputy_id is not None:
                publish(AbsenceEnded(absence_id=found.pk, by_deputy=by_deputy))
        return found
