"""Phones of those who hold posts. The register's numbers stand in the room of the residents."""

import phonenumbers
from django.conf import settings


def normalise_phone(text: str) -> str | None:
    """E.164 of a phone in any usual writing, '' for none, None where it can't be one."""
    bare = text.strip()
    if not bare:
        return ""
    try:
        parsed = phonenumbers.parse(bare[:40], settings.PROFILE["register"]["phone_region"])
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def masked_phone(phone: str) -> str:
    """138****0001: enough to know one's own, too little to call somebody."""
    return f"{phone[-11:-8]}****{phone[-4:]}" if len(phone) >= 9 else "****" if phone else ""
