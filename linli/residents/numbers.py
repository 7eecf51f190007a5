"""Phones, identity numbers and their look-up indexes.

A number is stored once in one form (E.164; 18 characters), sealed. It is found by keyed hashes of the whole and of the
last four characters; the purposes ("phone", "phone-last4", "id", "id-last4") keep the indexes from being compared.
"""

from datetime import date

import phonenumbers
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from linli.core.crypto import keyed_hash
from linli.residents.profile import identity, phone_region
from linli.residents.rules import LONGEST, plain


class BadNumber(ValueError):
    """A number that can't be one. `args[0]` is a code of `words.REASONS`."""

    @property
    def reason(self) -> str:
        return str(self.args[0])


def normalise_phone(text: str, region: str = "") -> str:
    """E.164 of a phone written in any usual way. Raises BadNumber."""
    bare = plain(text)
    if len(bare) > LONGEST["phone"]:
        raise BadNumber("phone_invalid")
    try:
        parsed = phonenumbers.parse(bare, region or phone_region())
    except phonenumbers.NumberParseException:
        raise BadNumber("phone_invalid") from None
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        raise BadNumber("phone_invalid")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def normalise_id(text: str, kind: str | None = None) -> str:
    """An identity number in its one form: 'cn' is GB 11643 with its date and check digit (an old area code is not
    refused: districts are renamed, people are not), '' a free text of up to 40 characters. Raises BadNumber."""
    bare = plain(text).replace(" ", "").upper()
    if not bare or len(bare) > LONGEST["id_number"]:
        raise BadNumber("id_invalid")
    if (identity() if kind is None else kind) != "cn":
        return bare
    bare = ric.compact(bare)
    if len(bare) != 18 or not bare[:17].isascii() or not bare[:17].isdigit():
        raise BadNumber("id_invalid")
    if birth_date_of(bare, "cn") is None:
        raise BadNumber("id_date")
    if ric.calc_check_digit(bare) != bare[-1]:  # it takes the whole number
        raise BadNumber("id_check_digit")
    return bare


def birth_date_of(number: str, kind: str | None = None) -> date | None:
    """The day of birth that an identity number tells, where it tells one."""
    if (identity() if kind is None else kind) != "cn":
        return None
    try:
        found = ric.get_birth_date(number)
    except ValidationError:
        return None
    return found if found.year >= 1850 else None


def sex_of(number: str, kind: str | None = None) -> str:
    if (identity() if kind is None else kind) != "cn" or len(number) != 18 or not number[16].isdigit():
        return ""
    return "m" if int(number[16]) % 2 else "f"


def phone_indexes(phone: str) -> tuple[str, str]:
    """(whole, last four) of a normalised phone; empty for none."""
    return (keyed_hash(phone, "phone"), phone_last4(phone[-4:])) if phone else ("", "")


def phone_last4(last4: str) -> str:
    return keyed_hash(last4, "phone-last4")


def id_indexes(number: str) -> tuple[str, str]:
    """(whole, last four) of a normalised identity number; empty for none."""
    return (keyed_hash(number, "id"), id_last4(number[-4:])) if number else ("", "")


def id_last4(last4: str) -> str:
    return keyed_hash(last4.upper(), "id-last4")
