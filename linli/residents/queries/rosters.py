"""Rosters on their way in, and requests for a second person's word."""

import base64
from uuid import UUID

from django.db.models import Q

from linli.core import clock
from linli.core.actors import Actor
from linli.core.crypto import unseal
from linli.core.errors import Missing
from linli.core.paths import within
from linli.residents import rules
from linli.residents.models import RevealGrant, RosterUpload

CONTEXT = "residents_rosterupload.content"


def get_upload(*, actor: Actor, upload_id: UUID) -> RosterUpload:
    """One's own, while one may still import there."""
    rows = RosterUpload.objects.select_related("place").filter(pk=upload_id, account=actor.id)
    found = (
        rows.filter(within("place__path", actor.paths("register.import"))).first() if actor.kind == "account" else None
    )
    if found is None:
        raise Missing()
    return found


def open_upload(*, upload: RosterUpload) -> bytes:
    """The file of an upload that `get_upload` gave."""
    return base64.b64decode(unseal(bytes(upload.content), CONTEXT))


def list_uploads(*, actor: Actor) -> list[RosterUpload]:
    """One's own of the last day, without their content."""
    if actor.kind != "account":
        return []
    since = clock.now() - rules.UPLOAD_KEPT
    rows = RosterUpload.objects.filter(account=actor.id, made_at__gt=since).defer("content").select_related("place")
    return list(rows.order_by("-made_at")[:20])


def list_grants(*, actor: Actor) -> list[RevealGrant]:
    """One's own requests, and those that one may decide: open ones first, of the last week."""
    own = Q(asked_by=actor.id) if actor.kind == "account" else Q(pk__in=[])
    since = clock.now() - 7 * rules.GRANT_WAITS
    rows = RevealGrant.objects.filter(own | within("place__path", actor.paths("register.approve")), asked_at__gt=since)
    found = rows.select_related("asked_by", "decided_by", "place").order_by("-asked_at")
    return sorted(found[:200], key=lambda one: one.decided_at is not None)
