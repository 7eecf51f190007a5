"""Who is away, for how long, and who may stand in."""

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.grid.models import Absence, Account, Appointment
from linli.grid.profile import place_kinds, register_kind
from linli.grid.queries.seats import held_at

CANDIDATES = 300


def _rows() -> QuerySet[Absence]:
    """Those that run or come; one that was taken back before it began is no more."""
    rows = Absence.objects.filter(until_at__gt=clock.now()).exclude(until_at=F("from_at"))
    return rows.select_related("appointment__account", "appointment__place", "deputy").order_by("from_at", "id")


def list_own_absences(*, actor: Actor) -> list[Absence]:
    """One's own absences that run or come, and those in which one stands in. One query."""
    if actor.kind != "account":
        return []
    return list(_rows().filter(Q(appointment__account=actor.id) | Q(deputy=actor.id)))


def list_absences_of(*, appointments: Iterable[Appointment]) -> dict[int, list[Absence]]:
    """Appointment → its absences that run or come. The caller has loaded the appointments for its actor. One query."""
    found: dict[int, list[Absence]] = {}
    for one in _rows().filter(appointment__in=[one.pk for one in appointments]):
        found.setdefault(one.appointment_id, []).append(one)
    return found


def get_absence(*, actor: Actor, absence_id: int) -> Absence:
    """One's own, the one in which one stands in, or one at a place where one sees posts. Raises Missing."""
    mine = Q(appointment__account=actor.id) | Q(deputy=actor.id) if actor.kind == "account" else Q(pk__in=[])
    near = within("appointment__place__path", actor.paths("posts.see"))
    found = _rows().filter(Q(pk__in=Absence.objects.filter(near)) | mine, pk=absence_id).first()
    if found is None:
        raise Missing()
    return found


def list_named_deputies(*, absence_ids: Iterable[int]) -> list[Absence]:
    """These absences with a deputy, and all that were written down together with them, those that are over too: for
    whoever tells the deputies. Two queries."""
    asked = Absence.objects.filter(pk__in=list(absence_ids)).exclude(deputy=None)
    together = {(one.deputy_id, one.made_by, one.made_at) for one in asked}
    rows = Absence.objects.filter(
        deputy__in={deputy for deputy, _by, _at in together}, made_at__in={at for _deputy, _by, at in together}
    ).select_related("appointment__account", "appointment__place", "deputy")
    return [one for one in rows.order_by("id") if (one.deputy_id, one.made_by, one.made_at) in together]


def list_absences_left(*, appointment_ids: Iterable[int]) -> list[int]:
    """Of appointments that have ended: the absences with a deputy that they leave behind."""
    rows = Absence.objects.filter(appointment__in=list(appointment_ids), until_at__gt=clock.now())
    ended = rows.filter(appointment__until_at__lte=clock.now()).exclude(deputy=None)
    return list(ended.order_by("id").values_list("pk", flat=True))


def list_possible_deputies(*, appointment: Appointment) -> list[Account]:
    """Whom a holder may ask to stand in: people who hold a post at the same place, above it, just below it, or
    elsewhere in the same community (from a community upwards: at the places beside it). Two queries."""
    rows = held_at(clock.now()).filter(_near(appointment)).exclude(account=appointment.account_id)
    ids = list(rows.order_by("place__path", "id").values_list("account_id", flat=True)[:CANDIDATES])
    accounts = Account.objects.in_bulk(set(ids))
    return [accounts[key] for key in dict.fromkeys(ids)]


def may_deputise(account: Account, appointment: Appointment) -> bool:
    return held_at(clock.now()).filter(_near(appointment), account=account).exists()


def _near(appointment: Appointment) -> Q:
    kinds, path = place_kinds(), appointment.place.path
    chain = ancestors(path)
    depth = len(chain) - 1
    register = kinds[register_kind()].depth - (kinds[appointment.place.kind].depth - depth)
    roof = chain[register] if depth > register else chain[max(0, depth - 1)]
    beside = within("place__path", [roof])
    if depth <= register:  # only those of the same level: not every grid worker below a neighbouring street
        beside &= Q(place__kind=appointment.place.kind)
    return beside | Q(place__path__in=chain) | Q(place__parent=appointment.place_id)
