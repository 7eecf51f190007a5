"""A drill of the line, as the demonstration holds one: planned by an officer, begun and scored by the same jobs as in use,
answered by a seeded share of those who hold a post."""

from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from linli.alerts import actions as alerts
from linli.alerts.queries import get_drill
from linli.alerts.rules import LINE_ONLY, SCORED
from linli.core import clock, jobs
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Missing
from linli.demo import script
from linli.demo.world import Exercise
from linli.grid import queries as places

URGENCY = "immediate"
AHEAD = timedelta(minutes=5)  # it is planned so long before it begins
STEPS = (0, 1, 6, 12, 30, 61)  # minutes of a drill that is held without a browser: told, answered, scored


def drill_id(profile: str, seed: int, name: str) -> UUID:
    """The same drill has the same id in every run."""
    return uuid5(NAMESPACE_URL, f"linli-demo:{profile}:{seed}:drill:{name}")


class Drilling:
    """One drill and everybody's part in it."""

    def __init__(self, exercise: Exercise, seed: int, key: UUID):
        self.exercise, self.seed, self.key = exercise, seed, key
        self.answers: list[tuple[float, int]] | None = None

    def plan(self, begins_at: datetime) -> None:
        """Its officer writes it down; the clock begins it."""
        planner = places.get_account_by_username(actor=SYSTEM, username=self.exercise.planner)
        actor = places.actor_for(planner)
        place = places.get_place(actor=actor, code=self.exercise.place)
        self.path, self.begins_at = place.path, begins_at
        wanted = alerts.Plan(self.exercise.texts, URGENCY, [place], begins_at, LINE_ONLY)
        alerts.plan_drill(actor=actor, drill_id=self.key, plan=wanted)

    def perform(self) -> None:
        """Who has read it by now says so. Before it has begun nobody does."""
        drill = get_drill(actor=SYSTEM, drill_id=self.key)
        if drill.alert is None or drill.alert.issued_at is None:
            return
        if self.answers is None:
            self.answers = script.drill_answers(self.seed, self._holders())
        passed = (clock.now() - drill.alert.issued_at).total_seconds()
        while self.answers and self.answers[0][0] <= passed:
            _at, account = self.answers.pop(0)
            with suppress(Forbidden, Missing, Conflict):  # it may be over, or called off
                alerts.acknowledge_alert(actor=places.actor_for(SimpleNamespace(pk=account)), alert=drill.alert)

    def _holders(self) -> set[int]:
        found = places.list_holders([self.path])
        return {one.account_id for path, here in found.items() if path.startswith(self.path) for one in here}

    def hold_at_once(self) -> dict[str, Any]:
        """Plan it, move the clock through it, and tell its score."""
        begins_at = clock.now() + AHEAD
        self.plan(begins_at)
        for minute in STEPS:
            clock.move(to=begins_at + timedelta(minutes=minute))
            self.perform()
            jobs.run_everything(upto=timedelta(minutes=5))
        return self.score()

    def score(self) -> dict[str, Any]:
        """For scripts. All is nothing where it was not scored."""
        drill = get_drill(actor=SYSTEM, drill_id=self.key)
        found: dict[str, Any] = drill.score or {}
        return {
            "scored": drill.state == SCORED,
            "posts": found.get("posts", 0),
            "answered": found.get("answered", 0),
            "percent": found.get("percent", 0),
            "failed": len(found.get("failed", ())),
        }
