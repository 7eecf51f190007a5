"""What `bench/offline.py` measures, in a process of its own: `python -m bench._offline CASE`. The last line is JSON."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from bench._rounds import make_district, prepare, timed

KNOCKS, DOORS = 500, 40


def make_worker(households: int) -> dict[str, Any]:
    """A street of one cell, its leader with a phone, a notice over it, and the visits as the leader's task."""
    from linli.alerts import actions
    from linli.alerts.actions import Notice
    from linli.core import clock
    from linli.core.actors import SYSTEM
    from linli.duties import actions as duties
    from linli.duties.actions import NewTask
    from linli.duties.rules import HOUSEHOLD_SILENCE
    from linli.grid import actions as grid
    from linli.grid.models import Account, Appointment
    from linli.grid.queries import actor_for, list_holders

    top, leaves, leaf_of = make_district(1, 1, households)
    account = Account.objects.create(username="bench", name="Bench", language="en")
    now = clock.now()
    for kind, place in (("street_officer", top), ("cell_leader", leaves[0])):
        Appointment.objects.create(
            account=account, post_kind=kind, place=place, from_at=now - timedelta(days=1), paper="bench"
        )
    actor = actor_for(account)
    notice = Notice(texts={"en": {"headline": "Bench", "body": "Bench"}}, urgency="immediate", places=[top])
    alert = actions.issue_alert(actor=actor, alert_id=uuid4(), notice=notice)
    holder = list_holders([leaves[0].path])[leaves[0].path][0]
    new = NewTask(HOUSEHOLD_SILENCE, leaves[0].pk, leaves[0].path, holder, now + timedelta(hours=4))
    duties.open_tasks(actor=SYSTEM, source=("alerts", str(alert.pk)), tasks=[new])
    device = uuid4()
    grid.register_device(actor=actor, device_id=device, name="Bench")
    return {"account": account, "alert": alert, "device": str(device), "members": list(leaf_of)}


def sync(times: int = 3) -> dict[str, Any]:
    """Interleaved: the bare insert of 500 ready rows, and one request that opens, judges and stores 500 sealed knocks."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from linli.rounds.models import Answer, Attempt

    worker = make_worker(KNOCKS * (times + 2) + 5)
    client = Client(headers={"host": "localhost"})
    client.force_login(worker["account"], backend="django.contrib.auth.backends.ModelBackend")
    make_bare_attempts()
    bare, linli, taken = [], [], {}
    members = worker["members"]
    few, rest = members[:5], members[5:]
    for count, part in ((5, few), *((KNOCKS, rest[at * KNOCKS : (at + 1) * KNOCKS]) for at in range(times + 2))):
        body = json.dumps(request_of(worker, part))
        rows = [ready(worker, one) for one in part]
        bare.append(timed(partial(insert_bare, rows)))
        post = partial(client.post, "/field/sync", body, content_type="application/json")
        if count not in taken:
            with CaptureQueriesContext(connection) as captured:
                answered = post()
            taken[count] = len(captured)
            continue
        answers: list[Any] = []
        linli.append(timed(partial(keep, answers, post)))
        answered = answers[0]
        assert {one["result"] for one in answered.json()["answers"]} == {"stored"}, answered.content[:300]
    assert Attempt.objects.count() == len(few) + KNOCKS * (times + 2)
    assert Answer.objects.filter(how="at_door").count() == Attempt.objects.filter(outcome="spoken_to").count()
    return {"rows": KNOCKS, "bare_s": bare[-times:], "linli_s": linli[-times:], "statements": taken}


def keep(answers: list[Any], post: Callable[[], Any]) -> None:
    answers.append(post())


def request_of(worker: dict[str, Any], members: list[int]) -> dict[str, Any]:
    from linli.core import clock
    from linli.core.sealing import seal_record
    from linli.grid.queries import account_mark
    from linli.residents.models import Residence

    homes = dict(Residence.objects.filter(household__in=members).values_list("household_id", "pk"))
    now = round(clock.now().timestamp() * 1000)
    common = {"me": account_mark(worker["account"].pk), "alerts": [str(worker["alert"].pk)], "note": "", "offset": 0}
    records = []
    for at, one in enumerate(members):
        outcome = "spoken_to" if at % 2 else "not_at_home"
        content = {**common, "household": one, "residence": homes[one], "outcome": outcome, "at": now, "seen": now - 1}
        sealed = seal_record(record_id=str(uuid4()), device=worker["device"], content=json.dumps(content).encode())
        records.append(
            {
                "id": sealed.id,
                "device": sealed.device,
                "kid": sealed.key_id,
                "point": sealed.point,
                "iv": sealed.nonce,
                "ct": sealed.cipher,
            }
        )
    return {"phone_now": now, "records": records}


def make_bare_attempts() -> None:
    """An empty copy of the table of attempts, with its indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'rounds_attempt' AND sql IS NOT NULL")
        for kind, sql in sorted(cursor.fetchall(), key=lambda row: row[0], reverse=True):
            copied = sql.replace('"rounds_attempt"', '"bare"')
            cursor.execute(copied.replace('INDEX "', 'INDEX "bare_') if kind == "index" else copied)


def ready(worker: dict[str, Any], member: int) -> tuple[Any, ...]:
    at = str(worker["alert"].issued_at.replace(tzinfo=None))
    return (uuid4().hex, worker["alert"].households_id.hex, member, "not_at_home", at, "account:1", "")


def insert_bare(rows: list[tuple[Any, ...]]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        names = 'id, round_id, member, outcome, at, "by", note'
        cursor.executemany(f"INSERT INTO bare ({names}) VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)


def page() -> dict[str, Any]:
    """A worker with 40 doors, and a session to open My day with."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    account = make_worker(DOORS)["account"]
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.create()
    return {"session": session.session_key, "doors": DOORS}


CASES = {"sync": sync, "page": page}

if __name__ == "__main__":
    prepare()
    print(json.dumps(CASES[sys.argv[1]]()))
