"""Notices as CAP messages, and which of them everybody may read."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation

from linli.alerts.models import Alert, AlertPlace
from linli.alerts.queries import name_paths
from linli.alerts.rules import CANCELLED, DRAFT, UPDATED
from linli.alerts.rules import ISSUED as RUNNING
from linli.alerts.texts import in_all
from linli.core import clock
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.exchange.models import Publication
from linli.exchange.profile import cap
from linli.exchange.rules.areas import polygons_of
from linli.exchange.rules.cap import Area, Info, Message, Reference
from linli.grid.models import Place
from linli.grid.profile import post_name
from linli.grid.queries import find_outlines

RECENT = timedelta(days=7)
MOST_LISTED, MOST_BEFORE = 100, 20
EXERCISE = "Exercise"  # the standard's word for a drill


def sender_of() -> str:
    """Who speaks: the setting, or the host that the deployment is known by."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return settings.CAP_SENDER or f"linli@{host}"


def _rows() -> QuerySet[Alert]:
    return Alert.objects.exclude(state=DRAFT).exclude(issued_at=None).select_related("replaces")


def _by_rule() -> Q:
    """What the profile makes public: a notice to everybody, in earnest, at places of its public kinds only."""
    small = AlertPlace.objects.filter(alert=OuterRef("pk")).exclude(place__kind__in=cap().public_kinds)
    return Q(~Exists(small), groups=[], drill="")


def _public() -> QuerySet[Alert]:
    decided = Publication.objects.filter(alert=OuterRef("pk"))
    hidden, shown = Exists(decided.filter(is_public=False)), Exists(decided.filter(is_public=True))
    return _rows().filter((_by_rule() & ~hidden) | shown)


def rule_says_public(*, alert: Alert) -> bool:
    return _rows().filter(_by_rule(), pk=alert.pk).exists()


def is_public(*, alert: Alert) -> bool:
    """May everybody read this notice now?"""
    return _public().filter(pk=alert.pk).exists()


def find_public(*, alert_id: UUID) -> Alert:
    """For everybody. Raises Missing where it is not there or not public."""
    found = _public().filter(pk=alert_id).first()
    if found is None:
        raise Missing()
    return found


def list_public(*, place: Place | None = None) -> list[Alert]:
    """Public notices that run or ended within a week, the newest first; one that was replaced is told by what replaced it.
    For everybody. At most 100."""
    rows = _public().exclude(state=UPDATED)
    rows = rows.filter(Q(state=RUNNING) | Q(ended_at__gte=clock.now() - RECENT))
    if place is not None:
        here = AlertPlace.objects.filter(alert=OuterRef("pk"))
        rows = rows.filter(Exists(here.filter(Q(path__in=ancestors(place.path)) | within("path", [place.path]))))
    return list(rows.order_by("-issued_at", "pk")[:MOST_LISTED])


def message_of_alert(*, alert: Alert) -> Message:
    """The notice as it went out: an Alert, or an Update that names what it replaces. The caller has loaded the alert."""
    assert alert.issued_at is not None  # noqa: S101 (drafts are no messages)
    before = _before(alert)
    return Message(
        identifier=str(alert.pk),
        sender=sender_of(),
        sent=alert.issued_at,
        status=_status(alert),
        msg_type="Update" if before else "Alert",
        note=_note(alert),
        references=tuple(_reference(one) for one in before),
        infos=_infos(alert),
    )


def cancel_of(*, alert: Alert) -> Message:
    """The message that calls a notice back. Raises Missing where it was not cancelled."""
    if alert.state != CANCELLED or alert.ended_at is None:
        raise Missing()
    return Message(
        identifier=f"{alert.pk}.cancel",
        sender=sender_of(),
        sent=alert.ended_at,
        status=_status(alert),
        msg_type="Cancel",
        note=_note(alert, alert.end_reason),
        references=tuple(_reference(one) for one in [alert, *_before(alert)]),
        infos=_infos(alert),
    )


def _status(alert: Alert) -> str:
    return EXERCISE if alert.drill else "Actual"


def _note(alert: Alert, said: str = "") -> str:
    """The standard wants the name of an exercise in its note."""
    return " · ".join(part for part in (f"{EXERCISE} {alert.pk}" if alert.drill else "", said) if part)


def _before(alert: Alert) -> list[Alert]:
    """What it replaced, and what that had replaced: the nearest first."""
    found: list[Alert] = []
    while alert.replaces is not None and len(found) < MOST_BEFORE:
        alert = alert.replaces
        found.append(alert)
    return found


def _reference(alert: Alert) -> Reference:
    assert alert.issued_at is not None  # noqa: S101 (only what was issued is ever replaced or cancelled)
    return Reference(sender_of(), str(alert.pk), alert.issued_at)


def _infos(alert: Alert) -> tuple[Info, ...]:
    """One block a language, in the deployment's order."""
    known = cap()
    urgency, severity = known.words(alert.urgency)
    languages = sorted((code for code, _name in settings.LANGUAGES), key=lambda code: code != settings.LANGUAGE_CODE)
    places = [one.place for one in alert.places.select_related("place").order_by("path")]
    areas = tuple(_areas(alert, places))
    return tuple(
        Info(
            language=known.tag(text.language),
            categories=(known.category,),
            event=text.headline,
            urgency=urgency,
            severity=severity,
            certainty=known.certainty,
            expires=alert.expires_at,
            sender_name=_sender_name(alert, places, text.language),
            headline=text.headline,
            description=text.body,
            areas=areas,
        )
        for text in in_all(alert.texts, languages)
    )


def _sender_name(alert: Alert, places: Sequence[Place], language: str) -> str:
    """As residents see it: a post and its place, never a person."""
    with translation.override(language):
        post = post_name(alert.issued_post) if alert.issued_post else ""
    return " · ".join(part for part in (places[0].name if places else "", post) if part)


def _areas(alert: Alert, places: Sequence[Place]) -> list[Area]:
    """Names and codes, and as polygons how the places lay on the map on the day of the notice. Two queries."""
    names = name_paths(paths=[one.path for one in places], depth=3)
    code = cap().geocode
    day = timezone.localdate(alert.issued_at)
    shapes = {key: polygons_of(shape) for key, shape in find_outlines(places=places, day=day).items()}
    return [Area(desc=names[one.path], geocodes=((code, one.code),), polygons=shapes.get(one.pk, ())) for one in places]
