"""When a contact was last known to be right: one upsert, whatever the number of people."""

from collections.abc import Iterable

from linli.core import clock
from linli.residents import rules
from linli.residents.models import ContactCheck

PHONE = "phone"


def note_contact(person_ids: Iterable[int], channel: str, how: str) -> None:
    note_contacts([(key, channel) for key in person_ids], how)


def note_contacts(contacts: Iterable[tuple[int, str]], how: str) -> None:
    """(person, channel) pairs; `how` is one of rules.CHECKED_HOW."""
    now = clock.now()
    ContactCheck.objects.bulk_create(
        (ContactCheck(person_id=key, channel=channel, how=how, at=now) for key, channel in sorted(set(contacts))),
        update_conflicts=True,
        unique_fields=["person", "channel"],
        update_fields=["how", "at"],
        batch_size=2_000,
    )


def contacts_of(person_id: int, phone: str, channels: Iterable[str]) -> list[tuple[int, str]]:
    """What there is of a person to be confirmed: the phone, and each channel that is one of its own."""
    own = [code for code in channels if code in rules.MEANS]
    return [(person_id, code) for code in ([PHONE] if phone else []) + own]
