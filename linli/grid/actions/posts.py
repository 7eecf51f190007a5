"""Appointing and ending appointments. A breach of the booking rules is allowed and shows as a double booking, unless
the caller is strict; what is never allowed is a post that does not exist there, or the same appointment twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linli.core import clock
from linli.core.actors import Actor
from linli.core.audit import record, record_many
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.events import publish
from linli.core.locks import lock
from linli.core.paths import ancestors, common
from linli.core.writes import check_fresh, done_before, mark_done
from linli.grid.access import check_may, check_own_reach
from linli.grid.events import AppointmentsEnded, AppointmentsMade
from linli.grid.models import Account, Appointment, Organisation, Place
from linli.grid.profile import post_kinds
from linli.grid.rules import Held, PostKind, find_bookings_in_breach, overlaps

BATCH = 1_000
AT_ORGANISATION = "organisation:"
NO_SUCH_POST = _("This post does not exist at this kind of place. Choose another post or another place.")
ENDS_TOO_EARLY = _("The end must lie after the beginning.")
NO_PAPER = _("Name the paper that says so: its number, or its date and who signed it.")
ALREADY_HOLDS = _("This person already holds this post in that time. End that appointment first, or change the days.")
DOUBLE = {
    "seats": _("The post has no free seat there."),
    "places": _("This person would hold this post at more places than one person may."),
    "combination": _("This person holds another post that does not go together with this one."),
}


@dataclass(frozen=True)
class NewAppointment:
    """One row of a batch. Without `from_at` it begins now; without `until_at` it has no end."""

    account_id: int
    post_kind: str
    place_id: int
    paper: str
    from_at: datetime | None = None
    until_at: datetime | None = None
    organisation_id: int | None = None


def add_organisation(*, actor: Actor, place: Place, name: str, kind: str, write_id: UUID | None = None) -> Organisation:
    """A body at a place that lends holders or has posts of its own. Raises Invalid where the name is taken there."""
    content = [place.pk, name, kind]
    with transaction.atomic():
        check_may(actor, "posts.appoint", place, seen_with="posts.see")
        before = done_before(actor, "add_organisation", write_id, content)
        if before:
            return Organisation.objects.get(pk=before)
        name = " ".join(name.split())
        if not name or len(name) > 120 or not kind or len(kind) > 30:
            raise Invalid(fields={"name": _("Enter a name of up to 120 characters, and a kind.")})
        lock(f"organisation:{place.pk}")
        if Organisation.objects.filter(place=place, name=name).exists():
            raise Invalid(fields={"name": _("There is already an organisation of this name here.")})
        made = Organisation.objects.create(place=place, name=name, kind=kind)
        record(actor, "add_organisation", made, fields=["name", "kind"], path=place.path)
        mark_done(actor, "add_organisation", write_id, content, made.pk)
        return made


def appoint(
    *,
    actor: Actor,
    account: Account,
    post_kind: str,
    place: Place,
    paper: str,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    organisation: Organisation | None = None,
    strict: bool = False,
    write_id: UUID | None = None,
) -> Appointment:
    """Give a person a post from a moment (default: now) until a moment (not included; default: no end).

    With `strict` a double booking raises Conflict ("double-booking"); otherwise it is allowed and shows as one.
    """
    lent_by = organisation.pk if organisation else None
    content = [account.pk, post_kind, place.pk, from_at, until_at, paper, lent_by]
    with transaction.atomic():
        lock(f"appoint:{account.pk}")
        check_may(actor, "posts.appoint", place, seen_with="posts.see")
        kind = _kind_at(post_kind, place, organisation)
        check_own_reach(actor, place, kind, account, until_at)
        before = done_before(actor, "appoint", write_id, content)
        if before:
            return Appointment.objects.select_related("account", "place").get(pk=before)
        new = Appointment(
            account=account,
            post_kind=post_kind,
            place=place,
            organisation=organisation,
            from_at=from_at or clock.now(),
            until_at=until_at,
            paper=" ".join(paper.split()),
        )
        _check_new(actor, new)
        if strict:
            _refuse_double_booking(new)
        new.save()
        record(actor, "appoint", new, fields=["account", "post_kind", "from_at", "until_at", "paper"], path=place.path)
        mark_done(actor, "appoint", write_id, content, new.pk)
        publish(AppointmentsMade(appointment_ids=[new.pk]))
        return new


def end_appointment(
    *, actor: Actor, appointment: Appointment, reason: str, at: datetime | None = None, write_id: UUID | None = None
) -> Appointment:
    """End an appointment now or at a moment; one that had not begun is taken back. The reason goes into the audit."""
    content = [appointment.pk, at, reason]
    with transaction.atomic():
        check_may(actor, "posts.appoint", appointment.place, seen_with="posts.see")
        if done_before(actor, "end_appointment", write_id, content):
            return Appointment.objects.select_related("account", "place").get(pk=appointment.pk)
        lock(f"appoint:{appointment.account_id}")
        found = (
            Appointment.objects.select_related("account", "place")
            .select_for_update(of=("self",))
            .get(pk=appointment.pk)
        )
        before = found.until_at.isoformat() if found.until_at else ""
        found.until_at = _end_of(found, at, reason)
        found.save(update_fields=["until_at"])
        record(actor, "end_appointment", found, fields=["until_at"], reason=reason, path=found.place.path)
        mark_done(actor, "end_appointment", write_id, content, f"{found.pk}@{before}")
        publish(AppointmentsEnded(appointment_ids=[found.pk]))
        return found


def resume_appointment(*, actor: Actor, appointment: Appointment, write_id: UUID | None = None) -> Appointment:
    """Undo of one's own ending, within ten minutes: it goes on as if it had not ended. Tasks that were given on meanwhile stay
    where they are. Raises Conflict where it is too late, or where the post was given anew."""
    with transaction.atomic():
        check_may(actor, "posts.appoint", appointment.place, seen_with="posts.see")
        lock(f"appoint:{appointment.account_id}")
        rows = Appointment.objects.select_related("account", "place", "organisation__place")
        found = rows.select_for_update(of=("self",)).get(pk=appointment.pk)
        if done_before(actor, "resume_appointment", write_id, found.pk):
            return found
        before = check_fresh(actor, "end_appointment", found.pk)
        found.until_at = datetime.fromisoformat(before) if before else None
        check_own_reach(actor, found.place, _kind_at(found.post_kind, found.place, found.organisation), found.account,
                        found.until_at)  # fmt: skip
        _check_new(actor, found)
        found.save(update_fields=["until_at"])
        record(actor, "resume_appointment", found, fields=["until_at"], path=found.place.path)
        mark_done(actor, "resume_appointment", write_id, found.pk, found.pk)
        publish(AppointmentsMade(appointment_ids=[found.pk]))
        return found


def _end_of(found: Appointment, at: datetime | None, reason: str) -> datetime:
    now = clock.now()
    if not reason.strip():
        raise Invalid(fields={"reason": _("Say why the appointment ends.")})
    if found.until_at is not None and found.until_at <= now:
        raise Conflict(_("This appointment has already ended."), code="already-ended")
    end = at or max(now, found.from_at)
    if end < found.from_at:
        raise Invalid(fields={"at": ENDS_TOO_EARLY})
    if found.until_at is not None and end > found.until_at:
        raise Invalid(fields={"at": _("It ends earlier already. To prolong it, make a new appointment after it.")})
    return end


def end_appointments_of(*, actor: Actor, account: Account, reason: str) -> list[int]:
    """End everything that an account holds or was to hold: the account is being closed. Called within that action."""
    now = clock.now()
    with transaction.atomic():
        lock(f"appoint:{account.pk}")
        rows = list(
            Appointment.objects.filter(Q(until_at=None) | Q(until_at__gt=now), account=account).select_related("place")
        )
        for one in rows:
            one.until_at = max(now, one.from_at)
        Appointment.objects.bulk_update(rows, ["until_at"], batch_size=BATCH)
        for path in sorted({one.place.path for one in rows}):
            there = [one for one in rows if one.place.path == path]
            record_many(actor, "end_appointment", there, fields=["until_at"], reason=reason, path=path)
        if rows:
            publish(AppointmentsEnded(appointment_ids=[one.pk for one in rows]))
        return [one.pk for one in rows]


def _kind_at(post_kind: str, place: Place, organisation: Organisation | None) -> PostKind:
    """The kind of post, where it exists at this kind of place or organisation."""
    kind = post_kinds().get(post_kind)
    if kind is None or not _exists_at(kind, place.kind, organisation.kind if organisation else ""):
        raise Invalid(NO_SUCH_POST, fields={"post_kind": NO_SUCH_POST})
    return kind


def _exists_at(kind: PostKind, kind_of_place: str, kind_of_organisation: str) -> bool:
    if kind.at.startswith(AT_ORGANISATION):
        return bool(kind_of_organisation) and kind.at == AT_ORGANISATION + kind_of_organisation
    return kind.at == kind_of_place


def _check_new(actor: Actor, new: Appointment) -> None:
    """What holds for one appointment whatever else there is."""
    if not new.paper or len(new.paper) > 120:
        raise Invalid(fields={"paper": NO_PAPER})
    if new.until_at is not None and new.until_at <= new.from_at:
        raise Invalid(fields={"until_at": ENDS_TOO_EARLY})
    if new.place.until_on is not None:
        raise Conflict(_("This place is no more. Choose the place that followed it."), code="place-ended")
    if not new.account.is_active:
        raise Conflict(_("This account is closed. Open it again before appointing the person."), code="account-closed")
    if new.organisation and not _may_lend(actor, new.organisation, new.place):
        raise Missing()
    same = Appointment.objects.filter(
        account=new.account, post_kind=new.post_kind, place=new.place, organisation=new.organisation
    ).exclude(pk=new.pk)
    if any(overlaps(new.from_at, new.until_at, one.from_at, one.until_at) for one in same):
        raise Conflict(ALREADY_HOLDS, code="already-holds")


def _may_lend(actor: Actor, organisation: Organisation, place: Place) -> bool:
    """A body lends people to its own place and below, or anywhere in the places of the person who appoints."""
    home = organisation.place.path
    return home in ancestors(place.path) or actor.may("posts.appoint", home)


def _refuse_double_booking(new: Appointment) -> None:
    moment = max(clock.now(), new.from_at)
    near = Appointment.objects.valid_at(moment).filter(
        Q(account=new.account) | Q(place=new.place, post_kind=new.post_kind),
        account__is_active=True,
        post_kind__in=post_kinds(),
    )
    held = [Held(one.pk, one.account_id, one.post_kind, one.place_id) for one in near]
    mine = Held(0, new.account.pk, new.post_kind, new.place.pk)
    reasons = find_bookings_in_breach([*held, mine], post_kinds()).get(0)
    if reasons:
        raise Conflict(" ".join(str(DOUBLE[reason]) for reason in sorted(reasons)), code="double-booking")


# Many at once --------------------------------------------------------------------------------------------------------


def appoint_many(*, actor: Actor, rows: Sequence[NewAppointment]) -> list[Appointment]:
    """Make a batch in a constant number of queries for each thousand rows. Rows that stand already are left out, so
    that a list sent again doubles nothing. One wrong row refuses the batch: Invalid, whose field is the row's number,
    counted from 0."""
    made: list[Appointment] = []
    with transaction.atomic():
        lock("appoint.many")
        now = clock.now()
        for start in range(0, len(rows), BATCH):
            made += _appoint_batch(actor, rows[start : start + BATCH], start, now)
        if made:
            where = common(one.place.path for one in made)
            named = ("grid.appointment", f"{made[0].pk}-{made[-1].pk}")
            record(actor, "appoint_many", named, fields=["account", "post_kind", "from_at", "until_at"], path=where)
            publish(AppointmentsMade(appointment_ids=[one.pk for one in made]))
    return made


def _appoint_batch(actor: Actor, rows: Sequence[NewAppointment], start: int, now: datetime) -> list[Appointment]:
    places = Place.objects.in_bulk({row.place_id for row in rows})
    accounts = Account.objects.filter(is_active=True).in_bulk({row.account_id for row in rows})
    bodies = Organisation.objects.select_related("place").in_bulk({row.organisation_id for row in rows} - {None})
    new = []
    for number, row in enumerate(rows, start=start):
        new.append(_from_row(actor, row, number, (places, accounts, bodies), now))
    fresh = _without_standing(new)
    return Appointment.objects.bulk_create(fresh, batch_size=BATCH)


def _from_row(
    actor: Actor, row: NewAppointment, number: int, known: tuple[dict[int, Any], ...], now: datetime
) -> Appointment:
    places, accounts, bodies = known
    place, account = places.get(row.place_id), accounts.get(row.account_id)
    body = bodies.get(row.organisation_id) if row.organisation_id else None
    if place is None or account is None or (row.organisation_id and body is None):
        raise Missing()
    from_at = row.from_at or now
    check_may(actor, "posts.appoint", place, seen_with="posts.see")
    try:
        kind = _kind_at(row.post_kind, place, body)
        check_own_reach(actor, place, kind, account, row.until_at)
        if body and not _may_lend(actor, body, place):
            raise Missing()
        if row.until_at is not None and row.until_at <= from_at:
            raise Invalid(ENDS_TOO_EARLY)
        if not row.paper.strip() or len(row.paper) > 120:
            raise Invalid(NO_PAPER)
    except Invalid as error:
        raise Invalid(error.detail, fields={str(number): error.detail}) from None
    return Appointment(
        account=account,
        post_kind=row.post_kind,
        place=place,
        organisation=body,
        from_at=from_at,
        until_at=row.until_at,
        paper=" ".join(row.paper.split()),
    )


def _without_standing(new: Iterable[Appointment]) -> list[Appointment]:
    """Those that neither stand in the database nor came earlier in the batch, for any part of their time."""
    new = list(new)
    rows = Appointment.objects.filter(
        account__in={one.account_id for one in new}, place__in={one.place_id for one in new}
    ).order_by()
    standing: dict[tuple[int, str, int], list[Appointment]] = {}
    for one in rows:
        standing.setdefault((one.account_id, one.post_kind, one.place_id), []).append(one)
    fresh = []
    for one in new:
        same = standing.setdefault((one.account_id, one.post_kind, one.place_id), [])
        if not any(overlaps(one.from_at, one.until_at, other.from_at, other.until_at) for other in same):
            same.append(one)
            fresh.append(one)
    return fresh
