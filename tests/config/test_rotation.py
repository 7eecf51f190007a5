"""Key rotation: a new key, every sealed value anew under it, the old one gone; nothing is lost on the way."""

import json
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from linli.config import rotation
from linli.core import clock, crypto, keys
from linli.core.crypto import EncryptedTextField
from linli.core.errors import SetupError
from linli.core.models import AuditEntry, Deployment
from linli.residents.models import Person


@pytest.fixture
def key_file(settings, tmp_path, cast, monkeypatch):
    """The cast, sealed under the one key of a key file."""
    path = tmp_path / "keys.toml"
    old = settings.DATA_SECRET
    keys.rewrite_key_file(path, "k1", {"k1": old})
    settings.KEY_FILE, settings.DATA_SECRET = path, ""
    crypto.forget_keys()
    Deployment.objects.update(key_fingerprint=crypto.fingerprint())
    monkeypatch.setattr(rotation.operate, "ready", lambda **_options: None)
    yield path
    settings.DATA_SECRET = old
    crypto.forget_keys()


def said(capsys, act, *words):
    from linli.core import console

    console.use_json(on=True)
    try:
        act(*words)
    finally:
        console.use_json(on=False)
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def raw(person):
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM residents_person WHERE id = %s", [person.pk])
        return bytes(cursor.fetchone()[0])


def test_a_key_is_rotated_and_the_old_one_dropped(key_file, capsys):
    person = Person.objects.exclude(phone_index="").order_by("id").first()
    phone, fingerprint = person.phone, crypto.fingerprint()
    assert said(capsys, rotation.rotate)["current"] == "k2"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert crypto.key_of(raw(person)) == "k1"  # readable before anything is resealed
    assert Person.objects.get(pk=person.pk).phone == phone
    assert crypto.fingerprint() == fingerprint  # look-ups stay where they are

    assert said(capsys, rotation.reseal)["resealed"] >= 30
    assert said(capsys, rotation.reseal)["resealed"] == 0
    assert crypto.key_of(raw(person)) == "k2"
    assert Person.objects.get(pk=person.pk).phone == phone

    said(capsys, rotation.rotate)
    with pytest.raises(SetupError, match="still sealed under k2"):
        rotation.drop("k2")
    said(capsys, rotation.reseal)
    with pytest.raises(SetupError, match="current"):
        rotation.drop("k3")
    with pytest.raises(SetupError, match="look-ups"):
        rotation.drop("k1")
    with pytest.raises(SetupError, match="no key"):
        rotation.drop("k9")
    with pytest.raises(SetupError, match="phones"):
        rotation.drop("k2")
    AuditEntry.objects.filter(act="rotate_keys").update(at=clock.now() - timedelta(days=5))
    assert said(capsys, rotation.drop, "k2") == {"dropped": "k2"}
    assert Person.objects.get(pk=person.pk).phone == phone
    counts = {one["key"]: one["values"] for one in said(capsys, rotation.list_keys)["keys"]}
    assert counts["k1"] == 0
    assert counts["k3"] >= 30


def test_resealing_goes_on_where_it_was_stopped(key_file, capsys, monkeypatch):
    said(capsys, rotation.rotate)
    monkeypatch.setattr(rotation, "AT_ONCE", 7)
    before, batches = rotation._reseal, []

    def stop_in_the_third(*args):
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(before(*args))
        return batches[-1]

    monkeypatch.setattr(rotation, "_reseal", stop_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        rotation.reseal()
    monkeypatch.setattr(rotation, "_reseal", before)
    total = sum(bool(phone) for phone in Person.objects.values_list("phone", flat=True))
    assert said(capsys, rotation.reseal)["resealed"] == total - sum(batches)
    assert rotation.count_by_key() == {"k2": total}


def test_a_value_that_was_changed_meanwhile_is_left_alone(key_file, capsys, monkeypatch):
    person = Person.objects.exclude(phone_index="").order_by("id").first()
    said(capsys, rotation.rotate)
    seal = crypto.seal

    def change_first(text, context):
        monkeypatch.setattr(crypto, "seal", seal)
        Person.objects.filter(pk=person.pk).update(phone="+8613900000000")
        return seal(text, context)

    monkeypatch.setattr(crypto, "seal", change_first)
    said(capsys, rotation.reseal)
    assert Person.objects.get(pk=person.pk).phone == "+8613900000000"


def test_a_running_process_notices_a_new_key(key_file):
    text = crypto.seal("a", "x.y")
    held = keys.read_keys("", key_file)[1]
    keys.rewrite_key_file(key_file, "k2", {**held, "k2": keys.new_text()})
    assert crypto.seal("a", "x.y").startswith(b"k2:")
    assert crypto.unseal(text, "x.y") == "a"


def test_what_an_older_key_signed_holds_until_it_is_dropped(key_file, settings):
    settings.SECRET_KEY = keys.django_secret("", key_file)
    session = SessionStore()
    signed = session.encode({"a": 1})
    held = keys.read_keys("", key_file)[1]
    keys.rewrite_key_file(key_file, "k2", {**held, "k2": keys.new_text()})
    settings.SECRET_KEY = keys.django_secret("", key_file)
    settings.SECRET_KEY_FALLBACKS = keys.older_signing_keys("", key_file)
    assert SessionStore().decode(signed) == {"a": 1}
    settings.SECRET_KEY_FALLBACKS = []
    assert SessionStore().decode(signed) == {}


def test_keys_are_counted_by_age_not_by_spelling():
    assert keys.in_order(["k10", "k2", "k1"]) == ["k1", "k2", "k10"]


def test_every_sealed_column_is_found():
    found = {f"{model._meta.label}.{field.name}" for model, field in rotation.sealed_columns()}
    assert {"residents.Person.phone", "residents.Person.id_number", "grid.Account.phone"} <= found
    assert all(isinstance(field, EncryptedTextField) for _model, field in rotation.sealed_columns())


def test_the_key_of_the_environment_moves_into_a_file(make):
    target = make("sqlite")
    target.linli("account", "create", "chen", "--name", "陈书琴", "--phone", "13800130001")
    told = target.linli("keys", "rotate")
    assert told["current"] == "k2"
    assert "take one of them away" in target.refused("keys", "rotate")
    target.more.pop("LINLI_SECRET_KEY")
    target.linli("keys", "reseal")
    assert bytes(target.sql("SELECT phone FROM grid_account")[0][0]).startswith(b"k2:")
