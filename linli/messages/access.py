"""Who may set up a way out, see what could not be sent, and call.

An operator keeps every sender, for the whole deployment's hold the keys of gateways. Whoever has `channels.edit` at a place
keeps the robots of its chat groups, and sees what could not be sent there."""

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing
from linli.grid.access import may_operate
from linli.grid.models import Place
from linli.messages.models import Sender
from linli.messages.rules import ROBOTS

EDIT = "channels.edit"
CALL = "register.reveal"  # a call shows a number


def may_keep(actor: Actor, sender: Sender) -> bool:
    if sender.kind in ROBOTS and sender.path and actor.may(EDIT, sender.path):
        return True
    return may_operate(actor)


def check_may_keep(actor: Actor, sender: Sender) -> None:
    """Raises Missing: who may not keep a sender does not see it."""
    if not may_keep(actor, sender):
        raise Missing()


def check_may_add(actor: Actor, kind: str, place: Place | None) -> None:
    """Raises Forbidden for another kind than robots, or for no place, where the actor is no operator."""
    if may_operate(actor):
        return
    if place is None or kind not in ROBOTS:
        raise Forbidden()
    if not actor.may(EDIT, place.path):
        raise Missing()


def check_may_see_senders(actor: Actor) -> None:
    if not actor.may_somewhere(EDIT) and not may_operate(actor):
        raise Missing()
