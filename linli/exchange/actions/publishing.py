"""Which notices everybody may read, and their signature."""

import stat
from typing import Any

from django.conf import settings
from django.db import transaction

from linli.alerts.access import check_may_issue
from linli.alerts.models import Alert
from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import SetupError
from linli.core.paths import common
from linli.exchange.models import Publication
from linli.exchange.rules.cap import Message
from linli.exchange.rules.signing import can_sign, sign
from linli.exchange.rules.writing import as_bytes, tree_of


def set_publication(*, actor: Actor, alert: Alert, is_public: bool) -> None:
    """Show a notice to everybody, or don't, whatever the rule says of it. Said twice, it is said once."""
    places = [one.place for one in alert.places.select_related("place")]
    check_may_issue(actor, places)
    with transaction.atomic():
        decided: dict[str, Any] = {"is_public": is_public, "decided_by_id": actor.id, "decided_at": clock.now()}
        Publication.objects.update_or_create(alert=alert, defaults=decided)
        where = common(place.path for place in places)
        audit.record(actor, "set_publication", alert, fields=["is_public"], path=where)


def sign_document(*, actor: Actor, message: Message) -> bytes:
    """The message as XML, signed where the deployment has a key. Raises SetupError where that can't be used."""
    del actor
    root = tree_of(message)
    path = settings.CAP_KEY
    if path is None:
        return as_bytes(root)
    if not can_sign():
        raise SetupError("CAP documents can't be signed without signxml: pip install 'linli[sign]'")
    if not path.exists():
        raise SetupError(f"there is no key for CAP documents at {path}: see LINLI_CAP_KEY")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SetupError(f"the key for CAP documents can be read by others: chmod 600 {path}")
    try:
        return as_bytes(sign(root, pem=path.read_bytes()))
    except ValueError as error:
        raise SetupError(f"the key for CAP documents at {path} can't be used: {error}") from None
