"""The hour itself: people of the script do what they do, through the same actions as in use. The clock is moved by whoever
plays it: minute by minute without a browser, or slowly with one."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from linli.alerts import actions as alerts
from linli.core.actors import SYSTEM, Actor
from linli.core.errors import Conflict, Forbidden, Missing
from linli.demo import script
from linli.demo.world import World
from linli.duties.queries import list_tasks
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid import actions as grid
from linli.grid import queries as places
from linli.grid.profile import line
from linli.residents.queries import Door, contact_means, describe_households
from linli.rounds.intake import Receipt
from linli.rounds.queries import list_missing
from linli.rounds.rules import NOT_AT_HOME

ALL = 10_000_000
LINK = "link"  # how a receipt names whoever held a household's link


def alert_id(profile: str, seed: int) -> UUID:
    """The same notice has the same id in every run."""
    return uuid5(NAMESPACE_URL, f"linli-demo:{profile}:{seed}")


def door_name(door: Door) -> str:
    """What a door is called in every run: its place and its address."""
    return "/".join([door.path.rstrip("/"), door.building, door.entrance, door.room, door.name])


@dataclass
class Knocked:
    """What was tried at a door so far."""

    count: int
    at: float
    outcome: str


class Play:
    """One notice and everybody's part in it."""

    def __init__(self, world: World, seed: int, moment: datetime, key: UUID):
        self.world, self.seed, self.moment, self.key = world, seed, moment, key
        self.knocked: dict[int, Knocked] = {}
        self.walking: list[tuple[int, int, str, int, int]] = []  # on the way to a door: see `_knock`
        self.visits: dict[int, script.Visit] = {}
        self.actors: dict[int, Actor] = {}
        self.done_until = 0.0

    def issue(self) -> Any:
        """The notice leaves the office: at once, or when a second person has said yes."""
        notice = self.world.notice
        sender = places.get_account_by_username(actor=SYSTEM, username=notice.issuer)
        actor = places.actor_for(sender)
        place = places.get_place(actor=actor, code=notice.place)
        wanted = alerts.Notice(texts=notice.texts, urgency=notice.urgency, places=[place])
        self.root = place.path
        self.alert = alerts.issue_alert(actor=actor, alert_id=self.key, notice=wanted)
        if self.alert.issued_at is None and notice.approver:
            second = places.get_account_by_username(actor=SYSTEM, username=notice.approver)
            self.alert = alerts.approve_alert(actor=places.actor_for(second), alert=self.alert)
        return self.alert

    def cast_parts(self, spared: Iterable[int] = (), idle: Iterable[int] = ()) -> None:
        """Give everybody a part, but to the households in `spared` and the accounts in `idle`."""
        self.spared, self.idle = set(spared), set(idle)
        self.doors = self.doors_of(self.list_silent())
        names = {key: door_name(door) for key, door in self.doors.items()}
        self.names = names
        self.answers = script.answers(self.seed, names, contact_means(self.doors), self.spared)
        levels = {kind.code: level for level, kind in enumerate(line())}
        posts = {
            one.account_id: script.Post(one.account_id, levels[one.post_kind])
            for _path, found in sorted(places.list_holders([self.root]).items())
            for one in found
        }
        moments = script.acknowledgements(self.seed, posts.values())
        self.opens = sorted((at, account) for account, at in moments.items() if account not in self.idle)

    def list_silent(self) -> list[int]:
        """Households without a receipt, in walking order."""
        assert self.alert.households is not None  # noqa: S101  (the alert of the hour is out)
        return list_missing(actor=SYSTEM, found=self.alert.households, path=self.root, limit=ALL)

    def doors_of(self, households: Iterable[int]) -> dict[int, Door]:
        return describe_households(actor=SYSTEM, ids=households)

    def look_again(self) -> None:
        """Places were redrawn: where doors stand and what a post may do has changed."""
        self.doors |= self.doors_of(self.list_silent())
        self.actors.clear()

    # What happens until a second of the hour ------------------------------------------------------------------------

    def perform(self, until: float, *, most: int = ALL) -> bool:
        """What falls due until then (seconds from the notice), at most so many acts that take time; True where all of it
        was done. The shown clock stands at `until` or behind."""
        self._confirm(until)
        who, minute = self.world.leaves_early
        if who and self.done_until < minute * 60 <= until:
            self._end_early(who)
        for passed in range(int(self.done_until // 60) + 1, int(min(until, script.END) // 60) + 1):
            self._go_round(passed)
        self.done_until = until
        return any(not (self._open_next(until) or self._knock_next()) for _number in range(most))

    def _open_next(self, until: float) -> bool:
        """The next holder opens the notice."""
        if not self.opens or self.opens[0][0] > until:
            return False
        _at, account = self.opens[0]
        with suppress(Forbidden, Missing, Conflict):  # an appointment may have ended meanwhile
            alerts.acknowledge_alert(actor=self._actor(account), alert=self.alert)
        self.opens.pop(0)
        return True

    def _knock_next(self) -> bool:
        """The next knock of those that somebody went to make."""
        if not self.walking:
            return False
        with suppress(Forbidden, Missing, Conflict):
            self._knock(*self.walking[0])
        self.walking.pop(0)
        return True

    def _confirm(self, until: float) -> None:
        """Households answer by themselves: what came since the last time, in one batch as from a gateway."""
        due = list(takewhile(lambda one: one.at <= until, self.answers))
        receipts = [
            Receipt(
                id=uuid5(self.key, f"{one.household}:{one.how}"),
                member=one.household,
                at=self.moment + timedelta(seconds=one.at),
                how=one.how,
                by=LINK,
            )
            for one in due
        ]
        if receipts:
            alerts.confirm_households(actor=SYSTEM, alert=self.alert, receipts=receipts)
            del self.answers[: len(due)]

    def _end_early(self, username: str) -> None:
        """Somebody's appointment ends within the hour: what they held goes to whoever answers there now."""
        account = places.get_account_by_username(actor=SYSTEM, username=username)
        for held in places.list_posts_of(actor=SYSTEM, account=account):
            grid.end_appointment(actor=SYSTEM, appointment=held, reason="taken to hospital")
        self.actors.clear()

    def _go_round(self, minute: int) -> None:
        """Each holder of an open task goes to the next silent door, and knocks."""
        if minute < 16:
            return
        silent = defaultdict(list)
        for household in self.list_silent():
            if household in self.doors and household not in self.spared:
                silent[self.doors[household].path].append(household)
        by_holder: dict[int, list[Any]] = defaultdict(list)
        for task in list_tasks(actor=SYSTEM):
            if task.kind == HOUSEHOLD_SILENCE and task.source_id == str(self.key) and task.holder_id:
                by_holder[task.holder_id].append(task)
        for holder, tasks in sorted(by_holder.items()):
            if holder not in self.idle and script.walks(self.seed, str(holder), minute):
                self._visit_next(holder, sorted(tasks, key=lambda task: str(task.area_path)), silent, minute)

    def _visit_next(self, holder: int, tasks: list[Any], silent: dict[str, list[int]], minute: int) -> None:
        for task in tasks:
            if not self._actor(holder).may("alerts.answer", task.area_path):
                continue  # the appointment ended a moment ago; the task is given on with the next job
            if not task.climbed and minute * 60 < script.begins_at(self.seed, task.area_path):
                continue
            for household in silent.get(task.area_path, ()):
                outcome = self._outcome(household, minute * 60)
                if outcome:
                    before = self.knocked.get(household)
                    self.knocked[household] = Knocked(before.count + 1 if before else 1, minute * 60, outcome)
                    self.walking.append((holder, household, outcome, minute, self.knocked[household].count))
                    return

    def _outcome(self, household: int, now: float) -> str:
        """What a knock at this door comes to now, or '' where there is none to make."""
        if household not in self.visits:
            self.visits[household] = script.visit(self.seed, self.names[household])
        visit, before = self.visits[household], self.knocked.get(household)
        if visit.missed:
            return ""
        if before is None:
            return visit.outcomes[0]
        again = before.outcome == NOT_AT_HOME and before.count == 1 and now - before.at >= script.AGAIN_AFTER
        return visit.outcomes[1] if again else ""

    def _knock(self, holder: int, household: int, outcome: str, minute: int, count: int) -> None:
        alerts.record_knock(
            actor=self._actor(holder),
            alert=self.alert,
            household=household,
            outcome=outcome,
            attempt_id=uuid5(self.key, f"{household}:knock:{count}"),
            at=self.moment + timedelta(minutes=minute),
        )

    def _actor(self, account_id: int) -> Actor:
        if account_id not in self.actors:
            self.actors[account_id] = places.actor_for(SimpleNamespace(pk=account_id))
        return self.actors[account_id]
