"""Notices that are out for some households, and which of them each has confirmed: shown before households are moved, merged
or split."""

from collections.abc import Sequence
from dataclasses import dataclass

from linli.alerts.models import Alert
from linli.alerts.queries import running_for_path
from linli.core.actors import Actor
from linli.residents.queries import Door, describe_households
from linli.rounds.queries import list_answers_of


@dataclass(frozen=True)
class HomeNotice:
    """A notice that is out where a household lives: confirmed or not."""

    door: Door
    alert: Alert
    confirmed: bool


def list_home_notices(*, actor: Actor, ids: Sequence[int]) -> list[HomeNotice]:
    """For households in the actor's sight, where the actor sees notices."""
    doors = describe_households(actor=actor, ids=ids)
    seen = [door for door in doors.values() if actor.may("alerts.see", door.path)]
    running = {path: running_for_path(path) for path in {door.path for door in seen}}
    rounds = {alert.households_id for alerts in running.values() for alert in alerts if alert.households_id}
    answers = list_answers_of(members=[door.id for door in seen], rounds=list(rounds))
    return [
        HomeNotice(door, alert, (alert.households_id, door.id) in answers)
        for door in sorted(seen, key=lambda one: one.id)
        for alert in running[door.path]
        if alert.households_id
    ]
