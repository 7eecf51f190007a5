"""Signed documents: what was changed is found, whoever signed."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from linli.core.actors import SYSTEM
from linli.core.errors import Invalid, SetupError
from linli.exchange import actions, queries
from linli.exchange.rules.cap import Refused
from linli.exchange.rules.reading import parse, read_message
from linli.exchange.rules.signing import check_signature, sign
from linli.exchange.rules.writing import as_bytes, tree_of
from tests.exchange.conftest import make_message

pytest.importorskip("signxml")


def make_pem(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weather")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM), made.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module", params=["rsa", "ec"])
def pair(request):
    return make_pem(
        rsa.generate_private_key(65537, 2048) if request.param == "rsa" else ec.generate_private_key(ec.SECP256R1())
    )


@pytest.fixture(scope="module")
def other():
    return make_pem(rsa.generate_private_key(65537, 2048))


@pytest.fixture
def signed(pair):
    return as_bytes(sign(tree_of(make_message()), pem=pair[0]))


def state(data, certificate):
    return check_signature(parse(data), certificate=certificate)


def refused(data, certificate):
    with pytest.raises(Refused) as found:
        state(data, certificate)
    return found.value.code


def test_a_signature_holds(signed, pair):
    assert state(signed, pair[1]) == "valid"
    assert state(signed, "") == "unchecked"
    assert read_message(signed).identifier == "CMA-1"


def test_unsigned_where_a_signature_is_expected_and_where_none_is(pair):
    plain = as_bytes(tree_of(make_message()))
    assert state(plain, "") == "unsigned"
    assert refused(plain, pair[1]) == "unsigned"


def test_one_changed_word_is_found(signed, pair):
    assert refused(signed.replace("暴雨红色".encode(), "暴雨蓝色".encode()), pair[1]) == "tampered"
    assert refused(signed.replace(b"Extreme<", b"Minor<"), pair[1]) == "tampered"


def test_somebody_elses_signature_is_none(signed, other):
    assert refused(signed, other[1]) == "tampered"


def test_a_signed_part_wrapped_into_other_words_is_none(signed, pair):
    """The signature stays valid for what it covers, but that is not what would be read."""
    body = signed.partition(b"?>")[2].strip()
    forged = as_bytes(tree_of(make_message("FORGED"))).partition(b"?>")[2].strip()
    at = body.index(b"<ds:Signature")
    signature = body[at : body.index(b"</ds:Signature>") + len(b"</ds:Signature>")]
    moved = forged.replace(b"</alert>", body.replace(signature, b"") + signature + b"</alert>")
    assert refused(moved, pair[1]) in ("tampered", "twice")
    twice = body.replace(signature, signature + signature)
    assert refused(twice, pair[1]) == "tampered"


def test_a_feed_known_by_a_certificate_takes_no_other(cast, add_feed, pair, other, signed):
    feed = add_feed(certificate=pair[1])
    assert actions.take_in(actor=SYSTEM, document=signed, feed=feed)[0].signature == "valid"
    for document in (as_bytes(tree_of(make_message("b"))), as_bytes(sign(tree_of(make_message("c")), pem=other[0]))):
        with pytest.raises(Invalid):
            actions.take_in(actor=SYSTEM, document=document, feed=feed)


def test_our_own_documents_are_signed_where_there_is_a_key(issued, settings, tmp_path, pair):
    settings.CAP_KEY = tmp_path / "cap.pem"
    message = queries.message_of_alert(alert=issued())
    with pytest.raises(SetupError):
        actions.sign_document(actor=SYSTEM, message=message)
    settings.CAP_KEY.write_bytes(pair[0])
    settings.CAP_KEY.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        actions.sign_document(actor=SYSTEM, message=message)
    settings.CAP_KEY.chmod(0o600)
    assert state(actions.sign_document(actor=SYSTEM, message=message), pair[1]) == "valid"
    settings.CAP_KEY.write_bytes(b"no key")
    with pytest.raises(SetupError):
        actions.sign_document(actor=SYSTEM, message=message)
