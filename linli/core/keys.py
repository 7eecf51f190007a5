"""Keys: where they come from, and what is derived from them. Never in the database or its backup.

A key file is TOML, mode 600: `current = "k1"` and `[keys]` with one random text an id; old ids stay to read old values.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
import tomllib
from collections.abc import Iterable
from pathlib import Path

REFUSED = "no secret key"


def read_keys(secret: str, path: Path) -> tuple[str, dict[str, str]]:
    """(current id, {id: text}). Empty where there is no key. Raises ValueError where the file is unsafe or broken."""
    if secret:
        if len(secret) < 32:
            raise ValueError("LINLI_SECRET_KEY needs at least 32 characters")
        return "k1", {"k1": secret}
    if not path.exists():
        return "", {}
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"the key file {path} can be read by others: chmod 600 {path}")
    try:
        data = tomllib.loads(path.read_text())
        current, keys = data["current"], data["keys"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"the key file {path} can't be understood: {error}") from None
    if current not in keys or any(len(key) < 32 for key in keys.values()):
        raise ValueError(f"the key file {path} has no usable current key")
    return current, keys


def write_key_file(path: Path) -> None:
    """Make a new key file, mode 600. Never overwrites one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f'current = "k1"\n\n[keys]\nk1 = "{new_text()}"\n')


def new_text() -> str:
    return secrets.token_urlsafe(48)


def rewrite_key_file(path: Path, current: str, keys: dict[str, str]) -> None:
    """Put another content into the key file, whole or not at all: it is on the disk before it takes the old one's place."""
    lines = [f'current = "{current}"', "", "[keys]", *(f'{name} = "{text}"' for name, text in keys.items())]
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, 0o600)
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(handle)
    os.replace(fresh, path)


def in_order(ids: Iterable[str]) -> list[str]:
    """The oldest first: k2 before k10."""
    return sorted(ids, key=lambda one: (len(one), one))


def derive(key: str, purpose: str) -> bytes:
    """32 bytes for one purpose, so that no two uses share a key."""
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).digest()


def django_secret(secret: str, path: Path) -> str:
    """Django's signing key, or '' where the deployment has none yet (`serve` then refuses to start)."""
    try:
        current, keys = read_keys(secret, path)
    except ValueError as error:
        raise SystemExit(f"linli: {error}") from None
    return signing_key(keys[current]) if current else f"{REFUSED} {os.getpid()}"


def signing_key(key: str) -> str:
    return base64.urlsafe_b64encode(derive(key, "django")).decode()


def older_signing_keys(secret: str, path: Path) -> list[str]:
    """Those of keys that are no longer current: what they signed (sessions, links) holds until they are dropped."""
    current, keys = read_keys(secret, path)
    return [signing_key(keys[name]) for name in in_order(keys) if name != current]
