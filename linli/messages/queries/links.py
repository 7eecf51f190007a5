"""Reads of personal links. A token is looked up by its keyed hash; wrong, expired and revoked look alike."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count

from linli.core import clock
from linli.core.crypto import keyed_hash
from linli.core.errors import Missing
from linli.messages.models import OneTimeCode, PersonalLink


def get_link(*, token: str, purpose: str) -> PersonalLink:
    """The valid link of this token. Raises Missing in every other case."""
    found = PersonalLink.objects.filter(token_hash=keyed_hash(token, "link"), purpose=purpose).first()
    if found is None or not found.is_valid(clock.now()):
        raise Missing()
    return found


def get_link_by_id(*, link_id: int, purpose: str) -> PersonalLink:
    """The same for the id that a signed cookie holds: revoking and expiry count at once."""
    found = PersonalLink.objects.filter(pk=link_id, purpose=purpose).first()
    if found is None or not found.is_valid(clock.now()):
        raise Missing()
    return found


def count_links(*, purpose: str, subject: int, source: str = "") -> int:
    rows = PersonalLink.objects.filter(purpose=purpose, subject=subject, source=source, revoked_at=None)
    return rows.filter(expires_at__gt=clock.now()).count()


def count_links_of(*, purpose: str, subjects: Iterable[int], source: str = "") -> dict[int, int]:
    """The same for many subjects; those without a valid link are left out. One query."""
    rows = PersonalLink.objects.filter(
        purpose=purpose, subject__in=list(subjects), source=source, revoked_at=None, expires_at__gt=clock.now()
    )
    return dict(rows.order_by().values_list("subject").annotate(n=Count("pk")))


def find_code_sent(*, link: PersonalLink) -> OneTimeCode | None:
    """The code that may be entered on the page of this link now."""
    rows = OneTimeCode.objects.filter(link=link, used_at=None, expires_at__gt=clock.now())
    return rows.order_by("-made_at").first()


def code_of(*, key: UUID) -> str:
    """The six digits of a code: from its id and the deployment's key, so that they stand in no database and no backup."""
    return f"{int(keyed_hash(str(key), 'one-time-code'), 16) % 1_000_000:06d}"
