"""An alert comes in: it is read with suspicion, laid before the people of the places that it means, and nothing more."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid
from linli.core.locks import lock
from linli.core.writes import digest_of
from linli.duties import actions as duties
from linli.duties.rules import SCREENING, SUPERSEDED
from linli.exchange.models import Feed, Incoming
from linli.exchange.queries import Match, find_screener, list_earlier, match_places
from linli.exchange.rules import states
from linli.exchange.rules.cap import Message, Refused
from linli.exchange.rules.reading import message_of, parse
from linli.exchange.rules.signing import check_signature
from linli.exchange.words import refusal
from linli.grid.models import Place

ROOM = "exchange"
DUE = {"Immediate": timedelta(minutes=30), "Expected": timedelta(hours=2)}
DUE_OTHERWISE = timedelta(hours=12)
FOR_PEOPLE = ("Alert", "Update", "Cancel")


def source_of(incoming: Incoming) -> tuple[str, str]:
    return (ROOM, str(incoming.pk))


def take_in(*, actor: Actor, document: bytes, feed: Feed | None = None, place: Place | None = None) -> list[Incoming]:
    """Read a CAP document and lay it before those who may issue at the places that it means, below `place` or the feed's.
    The same message again gives the same rows. Raises Invalid where it is refused, Conflict where its identifier was used
    for something else."""
    try:
        root = parse(document)
        message = message_of(root)
        _check_for_people(message)
        signature = check_signature(root, certificate=feed.certificate if feed else "")
    except Refused as error:
        raise Invalid(refusal(error), code=error.code, fields={"file": refusal(error)}) from None
    scope = place or (feed.place if feed else None)
    matches = match_places(areas=message.areas, scope=scope)
    with transaction.atomic():
        lock(f"cap:{message.sender}:{message.identifier}")
        known = list(Incoming.objects.filter(sender=message.sender, identifier=message.identifier))
        said = plain_of(message)
        if known:
            if any(one.digest != digest_of(said) for one in known):
                problem = Refused("identifier_reused")
                raise Conflict(refusal(problem), code=problem.code)
            return known
        rows = _rows(matches, scope)
        common: dict[str, Any] = {
            "feed": feed,
            "sender": message.sender,
            "identifier": message.identifier,
            "sent_at": message.sent,
            "msg_type": message.msg_type,
            "status": message.status,
            "said": said,
            "document": document.decode("utf-8", errors="replace").replace("\0", ""),
            "digest": digest_of(said),
            "signature": signature,
            "expires_at": message.expires,
            "came_at": clock.now(),
        }
        return [_lay_before(actor, message, match, common, elsewhere=elsewhere) for match, elsewhere in rows]


def _check_for_people(message: Message) -> None:
    if message.msg_type not in FOR_PEOPLE:
        raise Refused("not_for_people", value=message.msg_type)
    if message.status in ("System", "Draft"):
        raise Refused("not_for_people", value=message.status)


def _rows(matches: Sequence[Match] | None, scope: Place | None) -> list[tuple[Match, bool]]:
    """Who gets to see it. What concerns no place of ours is kept under the place of its feed, but is nobody's task."""
    if matches:
        return [(match, False) for match in matches]
    if scope is None:
        problem = Refused("nowhere")
        raise Invalid(refusal(problem), code=problem.code, fields={"place": refusal(problem)})
    return [(Match(scope, (), known=False), True)]


def _lay_before(actor: Actor, message: Message, match: Match, common: dict[str, Any], *, elsewhere: bool) -> Incoming:
    earlier = list_earlier(references=message.references, place=match.place)
    acted = next((one for one in earlier if one.alert_id and one.state == states.ISSUED), None)
    made = Incoming.objects.create(
        id=uuid4(),
        place=match.place,
        path=match.place.path,
        paths=list(match.paths),
        is_matched=match.known,
        about=acted or next(iter(earlier), None),
        state=states.ELSEWHERE if elsewhere else states.NEW,
        **common,
    )
    overtaken = [one for one in earlier if states.may_become(one.state, states.SUPERSEDED)]
    for one in overtaken:
        Incoming.objects.filter(pk=one.pk).update(state=states.SUPERSEDED, decided_at=clock.now())
        duties.close_source(actor=actor, source=source_of(one), outcome=SUPERSEDED)
    audit.record(actor, "take_in_alert", made, fields=["document"], path=made.path)
    if made.state == states.NEW and not _is_settled(message, acted, earlier):
        open_task(actor=actor, incoming=made)
    elif made.state == states.NEW:
        Incoming.objects.filter(pk=made.pk).update(state=states.SUPERSEDED)
        made.state = states.SUPERSEDED
    return made


def _is_settled(message: Message, acted: Incoming | None, earlier: Sequence[Incoming]) -> bool:
    """Called back by its sender before anybody here had issued anything: nothing is left to do."""
    return message.msg_type == "Cancel" and acted is None and bool(earlier)


def open_task(*, actor: Actor, incoming: Incoming) -> None:
    """Somebody is to look at it: those who may issue, the nearest first; not begun, it climbs."""
    holder = find_screener(incoming.path)
    urgency = next((info["urgency"] for info in incoming.said["infos"]), "Unknown")
    due = clock.now() + DUE.get(urgency, DUE_OTHERWISE)
    task = duties.NewTask(SCREENING, incoming.place_id, incoming.path, holder, due, due)
    duties.open_tasks(actor=actor, source=source_of(incoming), tasks=[task])


def plain_of(message: Message) -> dict[str, Any]:
    """A message in plain values, for keeping and for programs."""
    return {
        "scope": message.scope,
        "note": message.note,
        "source": message.source,
        "references": [[one.sender, one.identifier, one.sent.isoformat()] for one in message.references],
        "infos": [
            {
                "language": info.language,
                "categories": list(info.categories),
                "event": info.event,
                "urgency": info.urgency,
                "severity": info.severity,
                "certainty": info.certainty,
                "headline": info.headline,
                "description": info.description,
                "instruction": info.instruction,
                "sender_name": info.sender_name,
                "web": info.web,
                "contact": info.contact,
                "onset": info.onset.isoformat() if info.onset else "",
                "expires": info.expires.isoformat() if info.expires else "",
                "areas": [[area.desc, [list(pair) for pair in area.geocodes]] for area in info.areas],
            }
            for info in message.infos
        ],
        "sent": message.sent.isoformat(),
        "status": message.status,
        "msg_type": message.msg_type,
    }
