"""Who may write forms: whoever has `surveys.edit` at the form's place."""

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing

EDIT = "surveys.edit"


def check_may_write(actor: Actor) -> None:
    """Somewhere at all. Raises Forbidden for people who work here without that permission, Missing for others."""
    if not actor.may_somewhere(EDIT):
        raise Forbidden() if actor.may_somewhere("places.see") else Missing()


def check_may_write_at(actor: Actor, path: str) -> None:
    if not actor.may(EDIT, path):
        raise Forbidden() if actor.may("places.see", path) else Missing()
