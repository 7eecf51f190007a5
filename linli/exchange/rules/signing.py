"""Enveloped XML signatures of CAP documents, through signxml (the extra `sign`). Pure."""

from typing import Any

from lxml import etree

from linli.exchange.rules.cap import Refused
from linli.exchange.rules.reading import message_of

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
UNSIGNED, VALID, UNCHECKED = "unsigned", "valid", "unchecked"


def can_sign() -> bool:
    try:
        import signxml  # noqa: F401
    except ImportError:
        return False
    return True


def sign(root: Any, *, pem: bytes) -> Any:
    """The same document with its signature inside. `pem` holds a private key and its certificate. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from signxml import methods
    from signxml.signer import XMLSigner

    key = load_pem_private_key(pem, password=None)
    at = pem.find(b"-----BEGIN CERTIFICATE-----")
    if at < 0:
        raise ValueError("no certificate stands beside the key")
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("the key is neither RSA nor of an elliptic curve")
    algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ecdsa-sha256"
    signer = XMLSigner(method=methods.enveloped, signature_algorithm=algorithm, digest_algorithm="sha256")
    return signer.sign(root, key=key, cert=pem[at:].decode())


def check_signature(root: Any, *, certificate: str) -> str:
    """Who signed it: `certificate` (PEM) is the one that a feed is known by, '' where it is known by none. Raises Refused
    where a signature doesn't hold, or is missing where one is expected."""
    signed = list(root.iterchildren(SIGNATURE))
    if not signed:
        if certificate:
            raise Refused("unsigned")
        return UNSIGNED
    if len(signed) > 1:
        raise Refused("tampered")
    if not certificate:
        return UNCHECKED
    if not can_sign():
        raise Refused("no_signxml")
    _verify(root, certificate)
    return VALID


def _verify(root: Any, certificate: str) -> None:
    from signxml.exceptions import InvalidInput, InvalidSignature
    from signxml.verifier import XMLVerifier

    try:
        found: Any = XMLVerifier().verify(etree.tostring(root), x509_cert=certificate, expect_references=1)
    except (InvalidSignature, InvalidInput, ValueError, etree.XMLSyntaxError):
        raise Refused("tampered") from None
    # What the signature covers must say the same as the document that is read: a signed part beside other words, or
    # words moved out of the signed part, prove nothing.
    if found.signed_xml is None or message_of(found.signed_xml) != message_of(root):
        raise Refused("tampered")
