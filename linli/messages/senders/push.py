"""Notifications to a browser (RFC 8030, 8188, 8291, 8292): sealed for it alone, so that the browser's maker, through whose
server they go, reads nothing."""

import base64
import json
import os
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from linli.core import clock
from linli.core.outward import OutwardError, fetch
from linli.messages import rules
from linli.messages.senders.base import MOST_ANSWER, SEND_TIMEOUT_S, Config, Letter, Refused, Simple, check_status

LASTS_S = 12 * 3600
KEPT_S = 24 * 3600  # by the browser maker's server, for a phone that is off


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def make_private_key() -> str:
    """32 bytes, as text; it stays with the sender, sealed."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _text(number.to_bytes(32, "big"))


def _private(key: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_bytes(key), "big"), ec.SECP256R1())


def public_key(private: str) -> str:
    """What a browser is given when it subscribes."""
    shape = serialization.PublicFormat.UncompressedPoint
    return _text(_private(private).public_key().public_bytes(serialization.Encoding.X962, shape))


def read_subscription(text: str) -> dict[str, str]:
    """Endpoint and keys of what a browser gave. Raises ValueError where it can't be one."""
    try:
        found: Any = json.loads(text)
        endpoint, keys = found["endpoint"], found["keys"]
        made = {"endpoint": str(endpoint), "p256dh": str(keys["p256dh"]), "auth": str(keys["auth"])}
        point, auth = _bytes(made["p256dh"]), _bytes(made["auth"])
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (KeyError, TypeError, ValueError):
        raise ValueError("not a subscription") from None
    if len(auth) != 16 or urlsplit(made["endpoint"]).scheme not in {"https", "http"} or len(made["endpoint"]) > 1_000:
        raise ValueError("not a subscription")
    return made


class WebPush(Simple):
    def __init__(self, config: Config):
        super().__init__(config)
        self.vapid = Vapid02(_private(config["private_key"]))

    def hand_over(self, letter: Letter) -> str:
        try:
            to = read_subscription(letter.to)
        except ValueError:
            raise Refused(rules.BAD_ADDRESS) from None
        said = {"title": letter.subject, "body": letter.plain, "url": letter.link, "tag": letter.ref}
        body = http_ece.encrypt(
            json.dumps(said, ensure_ascii=False).encode(),
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_bytes(to["p256dh"]),
            auth_secret=_bytes(to["auth"]),
            version="aes128gcm",
        )
        return self._post(to["endpoint"], body)

    def _post(self, endpoint: str, body: bytes) -> str:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(clock.now().timestamp()) + LASTS_S,
            "sub": self.config["contact"],
        }
        headers = {
            **self.vapid.sign(claims),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_S),
            "Urgency": "high",
        }
        try:
            answer = fetch(
                endpoint,
                method="POST",
                headers=headers,
                body=body,
                timeout_s=SEND_TIMEOUT_S,
                most_bytes=MOST_ANSWER,
            )
        except OutwardError as error:
            raise Refused(rules.TIMEOUT if error.code == "timeout" else rules.BAD_ADDRESS) from None
        if answer.status in {404, 410}:
            raise Refused(rules.BAD_ADDRESS)  # the browser has withdrawn it
        check_status(answer)
        return answer.headers.get("location", "")[-80:]
