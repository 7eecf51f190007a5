"""What a phone keeps: the list of the day under a key of that day, and records that only this server opens again.

Nothing of it is stored: the day's key and the pair of keys of a device are derived from the deployment's key. A record is
sealed on the phone by ECDH on P-256 between a key made for that record and the device's public key, HKDF-SHA-256 and
AES-256-GCM; its id and its device are bound to it.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from linli.core.crypto import derived

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-4, D.1.2.3)
INFO = b"linli record 1"


class Unreadable(Exception):
    """Not sealed for this device, changed on the way, or under a key that is no longer there."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record as a phone sends it; every text but the ids is base64."""

    id: str
    device: str
    key_id: str
    point: str
    nonce: str
    cipher: str


def day_key(*, account: int, device: str, day: date) -> bytes:
    """The key under which a phone seals its list on one day. Another day, device or account has another."""
    return derived(f"list of the day\0{account}\0{device}\0{day.isoformat()}")[1]


def record_key(device: str) -> tuple[str, bytes]:
    """(id, public point) for which a device seals its records."""
    key_id, private = _private(device)
    return key_id, private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _private(device: str, key_id: str = "") -> tuple[str, ec.EllipticCurvePrivateKey]:
    found, seed = derived(f"records of a device\0{device}", key_id)
    return found, ec.derive_private_key(int.from_bytes(seed, "big") % (ORDER - 1) + 1, CURVE)


def open_record(sealed: Sealed) -> bytes:
    """Raises Unreadable."""
    try:
        _key_id, private = _private(sealed.device, sealed.key_id or "-")
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(sealed.point))
        shared = private.exchange(ec.ECDH(), point)
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO).derive(shared)
        bound = f"{sealed.id}\0{sealed.device}".encode()
        return AESGCM(key).decrypt(_bytes(sealed.nonce), _bytes(sealed.cipher), bound)
    except (KeyError, ValueError, InvalidTag, binascii.Error) as error:
        raise Unreadable from error


def seal_record(*, record_id: str, device: str, content: bytes) -> Sealed:
    """As a phone does it."""
    key_id, point = record_key(device)
    own = ec.generate_private_key(CURVE)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point))
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO).derive(shared)
    nonce = AESGCM.generate_key(128)[:12]
    cipher = AESGCM(key).encrypt(nonce, content, f"{record_id}\0{device}".encode())
    public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Sealed(record_id, device, key_id, text_of(public), text_of(nonce), text_of(cipher))


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
