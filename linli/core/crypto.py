"""Encrypted values and keyed look-ups.

A value is AES-256-GCM under the current key, bound to its field by name: a cipher copied to another column does not
open. A look-up index is a keyed hash of the normalised value, so that an equal number is found and a stolen table tells
nothing.
"""

import hashlib
import hmac
import os
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from linli.core.errors import SetupError
from linli.core.keys import derive, in_order, read_keys

NO_KEY = "there is no secret key: set LINLI_SECRET_KEY or run 'linli keys create'"


_loaded: dict[str, Any] = {}


def _keys() -> tuple[str, dict[str, str]]:
    """Read again when the key file is another one: a process that runs on notices that keys were rotated."""
    mark = settings.DATA_SECRET or _mark(settings.KEY_FILE)
    known, current, keys = _loaded.get("keys", (None, "", {}))  # one entry, so that threads never see half of it
    if known != mark or mark is None:
        current, keys = read_keys(settings.DATA_SECRET, settings.KEY_FILE)
        if not current:
            raise SetupError(NO_KEY)
        _loaded["keys"] = (mark, current, keys)
    return current, keys


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _cipher(key_id: str) -> AESGCM:
    text = _keys()[1][key_id]
    return _cipher_of(text)


@cache
def _cipher_of(text: str) -> AESGCM:
    return AESGCM(derive(text, "values"))


def _index_key() -> bytes:
    keys = _keys()[1]
    return _index_key_of(keys[in_order(keys)[0]])  # the oldest key: an index must not change when keys rotate


@cache
def _index_key_of(text: str) -> bytes:
    return derive(text, "index")


def forget_keys() -> None:
    """After the key changed in this process."""
    _loaded.clear()


def seal(text: str, context: str) -> bytes:
    key_id = _keys()[0]
    nonce = os.urandom(12)
    return key_id.encode() + b":" + nonce + _cipher(key_id).encrypt(nonce, text.encode(), context.encode())


def unseal(data: bytes, context: str) -> str:
    key_id, _, rest = bytes(data).partition(b":")
    try:
        return _cipher(key_id.decode()).decrypt(rest[:12], rest[12:], context.encode()).decode()
    except (KeyError, InvalidTag) as error:
        raise SetupError("a stored value can't be opened with the present keys: restore the key file") from error


def keyed_hash(text: str, purpose: str) -> str:
    """43 characters that stand for `text`; without the key they can neither be made nor guessed."""
    return hmac.new(_index_key(), f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()[:40]


def derived(purpose: str, key_id: str = "") -> tuple[str, bytes]:
    """(id of the key, 32 bytes for one purpose), of the current key or of an older one by its id. Raises KeyError."""
    current, keys = _keys()
    return key_id or current, derive(keys[key_id or current], purpose)


def key_ids() -> tuple[list[str], str]:
    """The ids of all keys, the oldest first, and that of the current one."""
    current, keys = _keys()
    return in_order(keys), current


def file_key(key_id: str, purpose: str) -> bytes:
    """32 bytes for one purpose from one key, for what is no value of a column. Raises SetupError without that key."""
    try:
        return derive(_keys()[1][key_id], purpose)
    except KeyError:
        raise SetupError(f"the key file lacks the key {key_id}: put the right one back") from None


def fingerprint() -> str:
    """Tells two keys apart without telling either."""
    return keyed_hash("fingerprint", "fingerprint")[:16]


def key_of(data: bytes) -> str:
    """The id of the key that a sealed value was sealed under."""
    return bytes(data[:8]).partition(b":")[0].decode("ascii", "replace")


class EncryptedTextField(models.BinaryField):
    """A text that is sealed on its way to the database. Empty text stays empty."""

    _pyi_private_set_type: str  # for mypy: the value is a text, whatever the column holds
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("default", b"")
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def _context(self) -> str:
        return f"{self.model._meta.db_table}.{self.name}"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:  # noqa: ARG002
        return unseal(value, self._context()) if value else ""

    def to_python(self, value: Any) -> Any:
        return value

    def get_default(self) -> str:
        return ""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001
        if isinstance(value, str):
            value = seal(value, self._context()) if value else b""
        return super().get_db_prep_value(value, connection, prepared)

    def value_to_string(self, obj: Any) -> str:  # noqa: ARG002
        return ""  # a dump carries no personal data
