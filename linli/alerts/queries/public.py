"""What the holder of a link is shown: the notices that are out for one home, in a language its people read, and no more
of the home than its door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from linli.alerts.models import Alert
from linli.alerts.profile import urgencies
from linli.alerts.queries.notices import get_alert, running_for_path
from linli.alerts.rules import ISSUED, Urgency
from linli.alerts.texts import Text, pick
from linli.core.actors import SYSTEM, Actor, Grant
from linli.core.errors import Missing
from linli.core.paths import ancestors
from linli.grid.models import Place
from linli.grid.profile import post_kinds, post_name
from linli.residents.queries import describe_households, list_groups_of, list_languages_of, member_paths
from linli.rounds.queries import list_answers_of


@dataclass(frozen=True)
class ShownNotice:
    """A notice as its readers see it. `sender` is a place and a post, never a person."""

    alert: Alert
    text: Text
    urgency: Urgency
    sender: str
    answered_at: datetime | None = None
    how: str = ""

    @property
    def id(self) -> UUID:
        return self.alert.pk


@dataclass(frozen=True)
class Home:
    """One home's page: its door (the room half hidden; empty for a protected address), its place, its notices."""

    place: str
    door: str
    languages: tuple[str, ...]
    notices: tuple[ShownNotice, ...]


def read_home(*, actor: Actor, household: int, chosen: Sequence[str] = (), phone: Sequence[str] = ()) -> Home:
    """The notices that are out for a household, the newest first, in the first language there is of the one `chosen`, the
    household's own, the `phone`'s and the deployment's. Raises Missing where it lives nowhere any more or the actor holds
    no link."""
    if actor.kind not in {"link", "system"}:
        raise Missing()
    leaf = member_paths([household]).get(household)
    if leaf is None:
        raise Missing()
    path = leaf[1]
    own = list_languages_of([household]).get(household, [])
    alerts = _concerning(household, running_for_path(path))
    answers = list_answers_of(members=[household], rounds=[one.households_id for one in alerts if one.households_id])
    names = _names_above(path)
    reader = Actor(kind="link", id=actor.id, grants=(Grant(path=path, permissions=frozenset({"register.see"})),))
    door = describe_households(actor=reader, ids=[household]).get(household)
    notices = []
    for alert in alerts:
        at, how, _by = answers.get((alert.households_id, household), (None, "", ""))  # type: ignore[arg-type]
        notices.append(_shown(alert, [*chosen, *own, *phone], names, at, how))
    return Home(names.get(path, ("", ""))[1], door.masked if door else "", tuple(own), tuple(notices))


def _concerning(household: int, alerts: Sequence[Alert]) -> list[Alert]:
    """Without the notices for groups that nobody in the household belongs to."""
    if not any(alert.groups for alert in alerts):
        return list(alerts)
    mine = list_groups_of([household]).get(household, set())
    return [alert for alert in alerts if not alert.groups or mine & set(alert.groups)]


def _names_above(path: str) -> dict[str, tuple[str, str]]:
    """Path → (kind, name) for a place and those above it."""
    rows = Place.objects.filter(path__in=ancestors(path))
    return {one: (kind, name) for one, kind, name in rows.values_list("path", "kind", "name")}


def _shown(
    alert: Alert,
    languages: Sequence[str],
    names: dict[str, tuple[str, str]],
    at: datetime | None = None,
    how: str = "",
) -> ShownNotice:
    return ShownNotice(
        alert=alert,
        text=text_in(alert, languages),
        urgency=urgencies()[alert.urgency],
        sender=_sender(alert, names),
        answered_at=at,
        how=how,
    )


def text_in(alert: Alert, languages: Sequence[str]) -> Text:
    """A notice in the first of these languages in which it was written ('zh' finds 'zh-hans'), or the deployment's."""
    for code in languages:
        for written in alert.texts:
            if written == code or written.split("-")[0] == code.split("-")[0]:
                return pick(alert.texts, written, settings.LANGUAGE_CODE)
    return pick(alert.texts, settings.LANGUAGE_CODE, settings.LANGUAGE_CODE)


def _sender(alert: Alert, names: dict[str, tuple[str, str]]) -> str:
    """The issuing post, with the reader's own place of its kind: 'Nanpu street, street officer'."""
    kind = post_kinds().get(alert.issued_post)
    at = next((name for one, name in names.values() if kind and one == kind.at), "")
    return " · ".join(part for part in (at, post_name(alert.issued_post)) if part)


@dataclass(frozen=True)
class SharedNotice:
    """What a chat group's link shows: one notice at one place."""

    place: str
    path: str
    notice: ShownNotice


def read_shared_notice(*, actor: Actor, alert_id: str, place_id: int, languages: Sequence[str] = ()) -> SharedNotice:
    """The notice of a shared link. Raises Missing where it is over, or its place is no more."""
    if actor.kind not in {"link", "system"}:
        raise Missing()
    alert = get_alert(actor=SYSTEM, alert_id=alert_id)
    place = Place.objects.filter(pk=place_id, until_on=None).first()
    if alert.state != ISSUED or place is None:
        raise Missing()
    return SharedNotice(place.name, place.path, _shown(alert, languages, _names_above(place.path)))
