"""The loop that sends: claim, plan, write, hand over, record. Any number of workers run it beside each other.

Claiming and recording are short transactions; what goes out goes out between them. A worker that dies in between leaves its
claims, and others notice by their own stop-watch that its pulse has stopped.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.logs import log
from linli.messages import queries, rules
from linli.messages.actions import outbox as actions
from linli.messages.actions.bounces import note_bad_addresses
from linli.messages.actions.outbox import Health, Result
from linli.messages.jobs import letters
from linli.messages.jobs.plan import Planned, after, plan, result_of, to_hand
from linli.messages.queries.outbox import Outgoing, read_claimed, read_outgoing
from linli.messages.senders import NOT_TRIED, Letter, Outcome, Way, open_way

BATCH = 400
DEAD_AFTER_S = 60.0  # without a beat, by the watcher's own stop-watch
BEAT_S = 5.0
LANES = {rules.SMTP: 2, rules.SMS_HTTP: 4, rules.SMS_ALIYUN: 4, rules.SMS_TENCENT: 4, rules.WEB_PUSH: 4}
A_LANE = 25  # letters; fewer are not worth another thread

Sent = list[tuple[Planned, Outcome]]


@dataclass
class Outbox:
    """One worker's outbox. `round` does one batch and tells how many deliveries it handled."""

    id: UUID = field(default_factory=uuid4)
    batch: int = BATCH
    dead_after_s: float = DEAD_AFTER_S
    chance: Callable[[], float] = random.random
    beat_at: float = 0.0
    looked_at: float = 0.0
    seen: dict[UUID, tuple[int, float]] = field(default_factory=dict)
    ways: dict[tuple[int, str, int], Way] = field(default_factory=dict)
    pool: ThreadPoolExecutor | None = None

    def round(self) -> int:
        self.watch_others()
        self.beat_at = time.monotonic()
        if not actions.claim(actor=SYSTEM, worker=self.id, most=self.batch):
            self.close_ways()
            return 0
        claimed = read_claimed(worker=self.id)
        outgoing = read_outgoing()
        now = clock.now()
        done: list[Result] = []
        by_sender: dict[int, list[Planned]] = defaultdict(list)
        for one in claimed:
            found = plan(one, outgoing, now)
            if isinstance(found, Result):
                done.append(found)
            elif found.sender is None:
                done.append(to_hand(found, now))
            else:
                by_sender[found.sender.pk].append(found)
        going, waiting = self._take_turns(by_sender)
        actions.record(actor=SYSTEM, worker=self.id, results=[*done, *waiting])
        self._send(going, outgoing)
        return len(claimed)

    def _take_turns(self, by_sender: dict[int, list[Planned]]) -> tuple[dict[int, list[Planned]], list[Result]]:
        """Those that may go out now by the rate of their sender; the others wait for their turn."""
        going, waiting = {}, []
        now = clock.now()
        for key, planned in by_sender.items():
            turns = actions.book_turns(actor=SYSTEM, sender_id=key, wanted=len(planned))
            if turns.now:
                going[key] = planned[: turns.now]
            for at, one in enumerate(planned[turns.now :]):
                kept = result_of(one.claimed, rules.QUEUED, now=now)
                kept.next_at = turns.first + turns.every * at
                waiting.append(kept)
        return going, waiting

    # Sending ------------------------------------------------------------------------------------------------------------

    def _send(self, going: dict[int, list[Planned]], outgoing: Outgoing) -> None:
        everything = [one for planned in going.values() for one in planned]
        if not everything:
            return
        links = letters.make_links(everything, outgoing)
        running: dict[Future[Sent], int] = {}
        for key, planned in going.items():
            sender = outgoing.by_id[key]
            for lane, part in enumerate(_lanes(planned, LANES.get(sender.kind, 1))):
                written = [(one, letters.write(one, links.get(one.claimed.row.pk, ""))) for one in part]
                way = self._way(key, sender.kind, lane, outgoing)
                running[self._threads().submit(self._hand_over, way, written)] = key
        self._collect(running)

    def _way(self, key: int, kind: str, lane: int, outgoing: Outgoing) -> Way:
        """Kept open from batch to batch while there is something to send, and opened anew where it was set up anew."""
        config = outgoing.configs[key]
        mark = (key, repr(sorted(config.items())), lane)
        if mark not in self.ways:
            self.ways[mark] = open_way(kind, config)
        return self.ways[mark]

    def _threads(self) -> ThreadPoolExecutor:
        if self.pool is None:
            self.pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="outbox")
        return self.pool

    def _hand_over(self, way: Way, written: Sequence[tuple[Planned, Letter]]) -> Sent:
        """One letter after another. After several failures of the sender's own the rest is not tried; after too long
        without a sign of life neither, for others will have taken it over."""
        sent: Sent = []
        in_a_row = 0
        for one, letter in written:
            if in_a_row >= rules.BREAKS_AFTER or not self.is_alive():
                sent.append((one, NOT_TRIED))
                continue
            try:
                outcome = way.send(letter)
            except Exception as error:  # whatever a library raises: the others must go out, and this one be recorded
                log.error("sender_failed", sender=one.sender.pk if one.sender else 0, error=type(error).__name__)
                outcome = Outcome(rules.PROVIDER_ERROR)
            in_a_row = in_a_row + 1 if outcome.failure in rules.SENDERS_FAULT else 0
            sent.append((one, outcome))
        return sent

    def is_alive(self) -> bool:
        return time.monotonic() - self.beat_at < self.dead_after_s / 2

    def _collect(self, running: dict[Future[Sent], int]) -> None:
        """Record each part as soon as it is through, and show life meanwhile."""
        left = set(running)
        health: dict[int, list[Outcome]] = defaultdict(list)
        while left:
            through, left = wait(left, timeout=min(BEAT_S, self.dead_after_s / 5), return_when="FIRST_COMPLETED")
            if left:
                actions.show_life(actor=SYSTEM, worker=self.id)
                self.beat_at = time.monotonic()
            sent = [pair for part in through for pair in part.result()]
            for part in through:
                health[running[part]] += [outcome for _one, outcome in part.result()]
            now = clock.now()
            results = [after(one, outcome, now=now, chance=self.chance()) for one, outcome in sent]
            actions.record(actor=SYSTEM, worker=self.id, results=results)
            note_bad_addresses(actor=SYSTEM, reaches=[o.reach for o, out in sent if out.failure == rules.BAD_ADDRESS])
        found = [_health(key, outcomes) for key, outcomes in health.items()]
        actions.note_health(actor=SYSTEM, found=[one for one in found if one.sent or one.failure])

    def close_ways(self) -> None:
        for way in self.ways.values():
            way.close()
        self.ways.clear()

    # Life and death -----------------------------------------------------------------------------------------------------

    def watch_others(self) -> None:
        """Whoever's pulse has not changed for long by this worker's own stop-watch has ended."""
        now = time.monotonic()
        if now - self.looked_at < self.dead_after_s / 10:
            return
        self.looked_at = now
        beats = queries.read_pulses()
        beats.pop(self.id, None)
        self.seen = {
            key: (beat, self.seen[key][1] if key in self.seen and self.seen[key][0] == beat else now)
            for key, beat in beats.items()
        }
        dead = [key for key, (_beat, since) in self.seen.items() if now - since >= self.dead_after_s]
        if dead:
            taken = actions.take_over(actor=SYSTEM, workers=dead)
            log.warning("outbox_taken_over", workers=len(dead), deliveries=taken)

    def close(self) -> None:
        self.close_ways()
        if self.pool is not None:
            self.pool.shutdown()
        actions.end_life(actor=SYSTEM, worker=self.id)


def _lanes(planned: Sequence[Planned], most: int) -> Iterator[Sequence[Planned]]:
    """As many parts of about the same size as there are lanes, and letters for."""
    lanes = max(1, min(most, len(planned) // A_LANE))
    for lane in range(lanes):
        yield planned[lane::lanes]


def _health(key: int, outcomes: Sequence[Outcome]) -> Health:
    in_a_row, failure = 0, ""
    for outcome in outcomes:
        if outcome.ok:
            in_a_row = 0
        elif outcome.failure in rules.SENDERS_FAULT:
            in_a_row += 1
            failure = outcome.failure
    return Health(key, sum(outcome.ok for outcome in outcomes), in_a_row, failure)


def keep_sending(stop: threading.Event, *, pause: float = 0.5) -> None:
    """A worker's life as a sender, in a thread of its own: a slow provider must not hold up the clock of the line."""
    from django.db import close_old_connections

    outbox = Outbox()
    while not stop.is_set():
        try:
            busy = outbox.round()
        except Exception as error:  # the database may be away for a moment; a worker outlives that
            log.error("outbox_round_failed", error=type(error).__name__)
            busy = 0
        close_old_connections()
        if not busy:
            stop.wait(pause)
    outbox.close()


def send_what_is_due() -> None:
    """Everything that is due now, in this thread: for demonstrations and tests."""
    outbox = Outbox()
    while outbox.round():
        pass
    outbox.close()
