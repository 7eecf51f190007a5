"""The chain over the audit trail, as somebody with the database in hand would try to bend it."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.config import trail
from linli.core import audit, chain, clock
from linli.core.actors import SYSTEM
from linli.core.errors import SetupError
from linli.core.models import AuditEntry, AuditSeal


@pytest.fixture
def entries(db):
    """Nine entries in three seals, by number from 0."""
    for seal in range(3):
        for number in range(3):
            audit.record(SYSTEM, "appoint", ("grid.appointment", seal * 3 + number), reason="x", fields=["until_at"])
        assert chain.seal_new_entries() == 3
    return list(AuditEntry.objects.order_by("id"))


def seals():
    return list(AuditSeal.objects.order_by("id").values_list("id", flat=True))


def broken(**more):
    found = chain.find_break(**more)
    return found and (seals().index(found.seal), found.entry, found.what)


def test_an_untouched_chain_holds(entries, capsys):
    assert broken() is None
    trail.verify()
    assert "9 entries in 3 seals, 0 not sealed yet" in capsys.readouterr().out


def test_an_edited_entry_is_named(entries, capsys):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_auditentry SET reason = 'y' WHERE id = %s", [entries[4].id])
    assert broken() == (1, entries[4].id, "changed")
    with pytest.raises(SetupError, match=str(entries[4].id)):
        trail.verify()
    AuditEntry.objects.filter(id=entries[4].id).update(reason="x")
    assert broken() is None


def test_a_deleted_entry_is_named(entries):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditentry WHERE id = %s", [entries[7].id])
    assert broken() == (2, entries[7].id, "missing")


def test_the_last_entry_of_a_seal_is_missed_too(entries):
    AuditEntry.objects.filter(id=entries[8].id).delete()
    assert broken() == (2, entries[8].id, "missing")


def test_an_entry_put_in_is_named(entries):
    added = AuditEntry.objects.create(at=clock.now(), actor="account:1", act="x", object_type="y", object_id="1")
    AuditEntry.objects.filter(id=added.id).update(seal=seals()[1])
    assert broken() == (1, added.id, "added")


def test_two_entries_that_changed_places_are_found(entries):
    first, second, spare = entries[3].id, entries[4].id, 10**9
    for old, new in ((first, spare), (second, first), (spare, second)):
        AuditEntry.objects.filter(id=old).update(id=new)
    assert broken() == (1, first, "changed")


def test_an_entry_moved_to_another_seal_is_found(entries):
    AuditEntry.objects.filter(id=entries[3].id).update(seal=seals()[0])
    assert broken() == (0, entries[3].id, "added")


def test_a_seal_made_to_fit_breaks_the_next_one(entries):
    """Whoever recomputes one seal must recompute all that follow; a head noted elsewhere finds that."""
    noted = chain.head()
    AuditEntry.objects.filter(id=entries[0].id).update(reason="y")
    AuditEntry.objects.filter(id__lte=entries[2].id).update(seal=None)
    again = list(AuditEntry.objects.filter(seal=None).order_by("id"))
    *_before, (_key, running) = chain._walk(chain.GENESIS, again)
    first = seals()[0]
    AuditSeal.objects.filter(id=first).update(digest=running.hexdigest(), trace=b"")
    AuditEntry.objects.filter(seal=None).update(seal=first)
    assert broken() == (1, entries[3].id, "changed")  # the seal before is not what it was
    assert broken(start=seals()[1]) == (1, entries[3].id, "changed")

    AuditEntry.objects.update(seal=None)
    AuditSeal.objects.all().delete()
    chain.seal_new_entries()
    assert chain.find_break() is None  # all made anew: only the noted head tells
    assert chain.find_break(heads=(noted,)).what == "cut"


def test_a_cut_off_end_is_found_by_a_noted_head(entries, capsys):
    trail.show_head()
    noted = capsys.readouterr().out.strip()
    trail.verify(head=[noted])
    last = seals()[-1]
    AuditEntry.objects.filter(seal=last).delete()
    AuditSeal.objects.filter(id=last).delete()
    assert broken() is None
    with pytest.raises(SetupError, match=r"cut off|截断"):
        trail.verify(head=[noted])
    with pytest.raises(SetupError, match="no head"):
        trail.verify(head=["12:zz"])


def test_an_entry_committed_while_its_neighbours_are_sealed_waits_for_the_next_seal(db, monkeypatch):
    """On PostgreSQL a lower id may become visible between the reading and the sealing."""
    audit.record_many(SYSTEM, "x", [("a", 1), ("a", 2), ("a", 3)])
    late = AuditEntry.objects.order_by("id")[1]
    AuditEntry.objects.filter(id=late.id).delete()
    walk = chain._walk

    def with_a_late_one(*args):
        yield from walk(*args)
        late.save(force_insert=True)

    monkeypatch.setattr(chain, "_walk", with_a_late_one)
    assert chain.seal_new_entries() == 2
    monkeypatch.setattr(chain, "_walk", walk)
    assert AuditEntry.objects.get(id=late.id).seal_id is None
    assert chain.seal_new_entries() == 1
    assert chain.find_break() is None


def test_what_was_forgotten_in_time_leaves_the_chain_whole(entries):
    first = seals()[0]
    AuditSeal.objects.filter(id=first).update(at=F("at") - timedelta(days=400))
    assert chain.forget_before(clock.now() - timedelta(days=365)) == 3
    assert AuditEntry.objects.count() == 6
    assert chain.find_break() is None
    AuditEntry.objects.filter(id=entries[3].id).update(reason="y")
    assert broken() == (1, entries[3].id, "changed")


def test_seals_made_before_there_was_a_trace_still_hold(entries):
    AuditSeal.objects.update(trace=b"")
    assert chain.find_break() is None
    AuditEntry.objects.filter(id=entries[4].id).update(reason="y")
    assert broken() == (1, None, "link")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_is_found(entries, data):
    one = data.draw(st.sampled_from(entries))
    field, value = data.draw(
        st.sampled_from(
            [
                ("reason", "z"),
                ("actor", "account:9"),
                ("act", "z"),
                ("object_id", "z"),
                ("path", "z"),
                ("fields", ["z"]),
            ]
        )
    )
    kept = getattr(AuditEntry.objects.get(id=one.id), field)
    AuditEntry.objects.filter(id=one.id).update(**{field: value})
    assert chain.find_break().entry == one.id
    AuditEntry.objects.filter(id=one.id).update(**{field: kept})
    assert chain.find_break() is None, json.dumps([field, value])
