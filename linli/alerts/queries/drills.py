"""Drills, and what came of one: who answered, how fast, told by which channel, and whose contact data failed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from linli.alerts.models import Alert, Drill, DrillPlace
from linli.alerts.profile import urgencies
from linli.alerts.queries.picture import name_paths
from linli.alerts.rules import SCORED, PostResult, result_of, score_posts
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import within
from linli.grid.models import Place
from linli.grid.profile import line_place_kinds
from linli.grid.queries import Holder, list_holders, name_actors
from linli.messages.queries import list_with_means, states_of
from linli.messages.rules import ACCOUNT, BAD_ADDRESS, FAILED, INBOX, NO_ANSWER, NO_MEANS, STOPPED
from linli.rounds.models import Round
from linli.rounds.queries import count_by_how, list_answered, recount, roots_of
from linli.rounds.rules import ISSUED as ISSUER

MOST_NAMED = 200
MENDED_BY_ADDRESS = frozenset({NO_MEANS, BAD_ADDRESS, NO_ANSWER})


def list_drills(*, actor: Actor) -> QuerySet[Drill]:
    """Those of the actor's places, the latest first."""
    rows = Drill.objects.visible_to(actor).select_related("planned_by", "alert", "before")
    return rows.order_by("-planned_at", "-id")


def get_drill(*, actor: Actor, drill_id: UUID) -> Drill:
    found = list_drills(actor=actor).filter(pk=drill_id).first()
    if found is None:
        raise Missing()
    return found


def names_of_drill_places(*, drills: Sequence[Drill]) -> dict[UUID, list[str]]:
    """Drill → the names of its places. One query."""
    names: dict[UUID, list[str]] = {}
    rows = DrillPlace.objects.filter(drill__in=drills).order_by("path").values_list("drill_id", "place__name")
    for key, name in rows:
        names.setdefault(key, []).append(name)
    return names


def find_before(*, drill: Drill) -> Drill | None:
    """The last scored drill of exactly the same places and scope."""
    mine = set(drill.places.values_list("path", flat=True))
    rows = Drill.objects.filter(state=SCORED, scope=drill.scope, places__path__in=mine).exclude(pk=drill.pk)
    for one in rows.distinct().order_by("-planned_at").prefetch_related("places")[:20]:
        if {place.path for place in one.places.all()} == mine:
            return one
    return None


def score_of(*, alert: Alert) -> dict[str, Any]:
    """For the clock. Ids, paths and codes, never names. A constant number of queries for each few thousand posts."""
    assert alert.posts is not None and alert.households is not None  # noqa: S101, PT018 (it was issued)
    rows = _results(alert, alert.posts)
    counted = recount(found=alert.households, paths=[path for _id, path in roots_of(alert.households)])
    hows = count_by_how(found=alert.households, paths=[path for _id, path in roots_of(alert.households)])
    lacking = [one for one in rows if one.minutes is None]
    return {
        **score_posts(rows),
        "homes": counted.members,
        "homes_answered": counted.answered,
        "homes_by_how": hows,
        "open": [_plain(one) for one in lacking][:MOST_NAMED],
        "failed": [_plain(one) for one in rows if one.account_id and one.failure],
    }


def _plain(one: PostResult) -> dict[str, Any]:
    return {
        "place": one.place_id,
        "path": one.path,
        "account": one.account_id,
        "result": one.result,
        "failure": one.failure,
    }


def _results(alert: Alert, posts: Round) -> list[PostResult]:
    roots = [path for _id, path in roots_of(posts)]
    rows = Place.objects.filter(within("path", roots), kind__in=line_place_kinds(), until_on=None).order_by("path")
    places = list(rows.values_list("pk", "path"))
    answered: dict[int, Any] = {}
    for start in range(0, len(places), 5_000):
        answered |= list_answered(found=posts, members=[key for key, _path in places[start : start + 5_000]])
    holders = list_holders(roots)
    accounts = {holders[path][0].account_id for _key, path in places if holders.get(path)}
    told = states_of(source=("alerts", str(alert.pk)), kind=ACCOUNT, ids=accounts)
    with_means = list_with_means(accounts=accounts)
    return [
        _result(alert, place, next(iter(holders.get(place[1], [])), None), answered.get(place[0]), told, with_means)
        for place in places
        if answered.get(place[0], ("", "", ""))[1] != ISSUER  # whoever ordered it takes no part
    ]


def _result(  # noqa: PLR0917 (the parts of one row)
    alert: Alert,
    place: tuple[int, str],
    holder: Holder | None,
    answer: Any,
    told: dict[int, Any],
    with_means: set[int],
) -> PostResult:
    assert alert.issued_at is not None  # noqa: S101 (it was issued)
    minutes = (answer[0] - alert.issued_at).total_seconds() / 60 if answer else None
    state = told.get(holder.account_id) if holder else None
    reached = state is not None and state.state not in (FAILED, STOPPED)
    return PostResult(
        place_id=place[0],
        path=place[1],
        account_id=holder.account_id if holder else 0,
        result=result_of(
            minutes=minutes, held=holder is not None, told=reached, within=urgencies()[alert.urgency].remind
        ),
        minutes=minutes,
        channel=state.channel if state and reached else "",
        failure=_failure(state, has_means=holder is None or holder.account_id in with_means),
    )


def _failure(state: Any, *, has_means: bool) -> str:
    """Why the holder's own means failed, where better contact data would help: the inbox alone wakes nobody at night."""
    if not has_means:
        return NO_MEANS
    failures = [entry[1] for entry in state.tried if entry[0] != INBOX and entry[1]] if state is not None else []
    return next((one for one in reversed(failures) if one in MENDED_BY_ADDRESS), "")


@dataclass(frozen=True)
class OpenPost:
    """A post that did not answer, or whose holder's means failed, as far as the reader sees posts."""

    name: str
    holder: str
    result: str
    failure: str


def list_open_posts(*, actor: Actor, drill: Drill, which: str = "open") -> list[OpenPost]:
    """`which`: 'open' or 'failed'. Three queries."""
    rows = [one for one in drill.score.get(which, []) if actor.may("alerts.see", one["path"])][:MOST_NAMED]
    names = name_paths(paths=[one["path"] for one in rows], depth=2)
    people = name_actors([f"account:{one['account']}" for one in rows if one["account"]])
    return [
        OpenPost(names.get(one["path"], ""), people.get(f"account:{one['account']}", ""), one["result"], one["failure"])
        for one in rows
    ]


def changes_since(*, drill: Drill) -> dict[str, float]:
    """What is different from the last drill of the same places: figure → now less before. Empty without one."""
    if drill.before is None or not drill.score or not drill.before.score:
        return {}
    names: Iterable[str] = ("percent", "in_time", "silent", "unreached", "vacant_post", "median_min")
    pairs = {name: (drill.score.get(name), drill.before.score.get(name)) for name in names}
    return {name: round(now - then, 1) for name, (now, then) in pairs.items() if now is not None and then is not None}
