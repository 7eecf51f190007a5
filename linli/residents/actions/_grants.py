"""A second person's word, while it lasts."""

from linli.core import clock
from linli.core.actors import Actor
from linli.residents.models import RevealGrant


def has_grant(actor: Actor, act: str, path: str) -> bool:
    rows = RevealGrant.objects.filter(asked_by=actor.id, act=act, allowed=True, expires_at__gt=clock.now())
    return any(path.startswith(grant.place.path) for grant in rows.select_related("place"))
