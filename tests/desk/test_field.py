"""The list of the day on a phone, and what comes back: everything stored once, nothing by whom it should not be."""

import json
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.alerts import actions as alerts
from linli.alerts.models import LateRecord
from linli.core import clock
from linli.core.errors import Conflict
from linli.core.models import AuditEntry
from linli.core.sealing import Sealed, Unreadable, day_key, open_record, seal_record
from linli.desk.queries import records as limits
from linli.grid import actions as grid
from linli.grid.models import Absence, Appointment, Device
from linli.grid.queries import account_mark
from linli.residents.models import Residence
from linli.rounds.models import Answer, Attempt
from linli.rounds.rules import SPOKEN_TO
from tests.conftest import make_household

BACKEND = "django.contrib.auth.backends.ModelBackend"


def ms(moment):
    return round(moment.timestamp() * 1000)


class Phone:
    """A phone as the server sees it: one account, one device, records sealed as the script seals them."""

    def __init__(self, cast, username, device=None):
        self.client = Client()
        self.client.force_login(cast.accounts[username], backend=BACKEND)
        self.account = cast.accounts[username]
        self.device = device or str(uuid4())
        self.me = account_mark(self.account.pk)

    def post(self, name, body):
        return self.client.post(reverse(name), json.dumps(body), content_type="application/json")

    def contact(self):
        return self.client.get(reverse("field-contact"), headers={"x-linli-device": self.device}).json()

    def fetch(self):
        return self.post("field-today", {"device": self.device, "name": "Pixel"})

    def record(self, home, alert, outcome="not_at_home", **more):
        now = ms(clock.now())
        content = {
            "me": self.me,
            "household": home.pk,
            "residence": Residence.objects.get(household=home, until_on=None).pk,
            "alerts": [str(alert.pk)],
            "outcome": outcome,
            "note": "",
            "at": now - 60_000,
            "offset": 0,
            "seen": now - 3_600_000,
            "known": None,
            **more,
        }
        key = str(uuid4())
        one = seal_record(record_id=key, device=self.device, content=json.dumps(content).encode())
        return {
            "id": one.id,
            "device": one.device,
            "kid": one.key_id,
            "point": one.point,
            "iv": one.nonce,
            "ct": one.cipher,
        }

    def sync(self, records, phone_now=None):
        return self.post("field-sync", {"phone_now": phone_now or ms(clock.now()), "records": records})

    def results(self, records, **more):
        got = self.sync(records, **more)
        assert got.status_code == 200, got.content
        by_id = {one["id"]: (one["result"], one["reason"]) for one in got.json()["answers"]}
        return [by_id[one["id"]] for one in records]


@pytest.fixture
def cast(after, cast):
    """The clock first, so that appointments and notices belong to one day."""
    return cast


@pytest.fixture
def alert(cast, after, issued):
    """A notice that went out two hours ago."""
    found = issued()
    after(120)
    return type(found).objects.get(pk=found.pk)


@pytest.fixture
def zhou(cast, alert):
    phone = Phone(cast, "zhou")
    phone.fetch()
    return phone


@pytest.fixture
def home(cast):
    return cast.households[0]


# The list ------------------------------------------------------------------------------------------------------------


def test_the_list_holds_one_s_own_doors_and_no_more(cast, after, issued):
    issued()
    after(600)
    phone = Phone(cast, "zhou")
    got = phone.fetch().json()
    assert [door["id"] for door in got["doors"]] == [one.pk for one in cast.households[:3]]
    assert [one["words"] for one in got["notices"]]
    assert set(got["doors"][0]) == {
        "id",
        "residence",
        "stair",
        "leaf",
        "hidden",
        "room",
        "floor",
        "name",
        "due",
        "last",
    }
    assert "13800" not in json.dumps(got)
    assert AuditEntry.objects.filter(act="register_device").count() == 1
    assert Phone(cast, "nobody").fetch().json()["doors"] == []
    assert Phone(cast, "sun").fetch().json()["doors"] == []


def test_the_list_takes_the_same_queries_for_three_doors_and_for_forty(cast, after, issued):
    issued()
    after(600)
    phone = Phone(cast, "zhou")
    phone.fetch()

    def count():
        with CaptureQueriesContext(connection) as captured:
            assert phone.fetch().status_code == 200
        return len(captured)

    few = count()
    make_household(cast.place("001-1-1"), 9, rooms=40)
    assert count() == few
    assert len(phone.fetch().json()["doors"]) == 43


@pytest.mark.parametrize(("language", "kind"), [("zh-hans", "电脑"), ("en", "Computer")])
def test_a_phone_is_called_in_the_language_of_who_looks(zhou, language, kind):
    zhou.post("field-today", {"device": str(uuid4()), "name": "computer"})
    zhou.client.cookies["linli_language"] = language
    page = zhou.client.get(reverse("account-devices")).content.decode()
    assert f'<span class="row-title">{kind}</span>' in page


def test_another_day_another_key(zhou, after):
    first = zhou.fetch().json()
    assert zhou.fetch().json()["key"] == first["key"]
    assert Phone.fetch(zhou).json()["day"] == first["day"]
    after(24 * 60)
    zhou.client.force_login(zhou.account, backend=BACKEND)
    second = zhou.fetch().json()
    assert second["key"] != first["key"]
    assert second["point"] == first["point"]


def test_no_two_phones_or_people_share_a_key():
    day = clock.today()
    keys = {
        day_key(account=account, device=device, day=on)
        for account in (1, 2)
        for device in ("a", "b")
        for on in (day, day + timedelta(days=1))
    }
    assert len(keys) == 8


def test_a_record_opens_only_as_it_was_sealed():
    one = seal_record(record_id="r", device="d", content=b"text")
    assert open_record(one) == b"text"
    parts = {name: getattr(one, name) for name in ("id", "device", "key_id", "point", "nonce", "cipher")}
    for change in ({"id": "s"}, {"device": "e"}, {"key_id": "k9"}, {"point": "AAAA"}, {"cipher": "!"}, {"nonce": ""}):
        with pytest.raises(Unreadable):
            open_record(Sealed(**{**parts, **change}))


# What comes back -----------------------------------------------------------------------------------------------------


def test_everything_is_stored_once(cast, zhou, alert):
    records = [zhou.record(one, alert, "spoken_to") for one in cast.households[:3]]
    assert zhou.results(records) == [("stored", "")] * 3
    assert zhou.results(records) == [("already", "")] * 3
    assert zhou.results([records[0], records[0]]) == [("already", "")] * 2
    assert Attempt.objects.count() == 3
    receipts = Answer.objects.filter(how="at_door", withdrawn_at=None)
    assert set(receipts.values_list("by", flat=True)) == {f"account:{zhou.account.pk}"}
    assert receipts.count() == 3


def test_twice_in_one_request_is_once(zhou, alert, home):
    one = zhou.record(home, alert)
    assert zhou.results([one, one]) == [("stored", "")] * 2
    assert Attempt.objects.count() == 1


def test_what_somebody_else_recorded_is_not_overwritten(cast, zhou, alert, home):
    mine = zhou.record(home, alert, "vacant")
    alerts.record_knock(actor=cast.actor("li"), alert=alert, household=home.pk, outcome="refused", attempt_id=uuid4())
    got = zhou.sync([mine]).json()["answers"][0]
    assert (got["result"], got["reason"]) == ("conflict", "recorded")
    assert "李梅" in got["words"]
    assert zhou.results([mine]) == [("conflict", "recorded")]
    assert Attempt.objects.count() == 1
    assert zhou.results([{**mine, "anyway": True}]) == [("stored", "")]
    assert Attempt.objects.count() == 2


def test_what_the_list_showed_already_is_no_conflict(cast, zhou, alert, home):
    other = alerts.record_knock(
        actor=cast.actor("li"), alert=alert, household=home.pk, outcome="refused", attempt_id=uuid4()
    )
    mine = zhou.record(home, alert, "vacant", known=ms(other.at) + 1)
    assert zhou.results([mine]) == [("stored", "")]


def test_a_home_that_confirmed_meanwhile_is_told(cast, zhou, alert, home):
    mine, spoken = zhou.record(home, alert, "not_at_home"), zhou.record(home, alert, SPOKEN_TO)
    alerts.confirm_household(actor=cast.actor("li"), alert=alert, household=home.pk, receipt_id=uuid4(), how="own_tap")
    assert zhou.results([mine]) == [("conflict", "answered")]
    assert zhou.results([spoken]) == [("stored", "")]
    assert Answer.objects.filter(member=home.pk, withdrawn_at=None).exclude(how="issued").count() == 1


def test_an_ended_notice_and_a_household_that_moved_are_told(cast, zhou, alert, home):
    mine, moved = zhou.record(home, alert), zhou.record(cast.households[1], alert)
    Residence.objects.filter(household=cast.households[1]).update(until_on=clock.today())
    assert zhou.results([moved]) == [("conflict", "gone")]
    alerts.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="误发")
    assert zhou.results([mine]) == [("conflict", "closed")]
    assert zhou.results([{**mine, "anyway": True}]) == [("conflict", "closed")]
    assert Attempt.objects.count() == 0


def test_an_appointment_that_ended_meanwhile_keeps_it_for_review(cast, zhou, alert, home):
    mine = zhou.record(home, alert, SPOKEN_TO, note="二楼灯亮")
    Appointment.objects.filter(account=zhou.account).update(until_at=clock.now() - timedelta(seconds=5))
    assert zhou.results([mine]) == [("late", "ended")]
    assert zhou.results([mine]) == [("late", "ended")]
    assert Attempt.objects.count() == 0
    late = LateRecord.objects.get()
    assert (late.household, late.outcome, late.why) == (home.pk, SPOKEN_TO, "ended")
    alerts.decide_late_record(actor=cast.actor("li"), record_id=late.pk, accept=True)
    alerts.decide_late_record(actor=cast.actor("li"), record_id=late.pk, accept=True)
    stored = Attempt.objects.get()
    assert (stored.by, stored.note) == (f"account:{zhou.account.pk}", "二楼灯亮")
    assert Answer.objects.filter(member=home.pk, how="at_door").count() == 1
    with pytest.raises(Conflict):
        alerts.decide_late_record(actor=cast.actor("li"), record_id=late.pk, accept=False)


def test_recorded_before_the_appointment_began_is_refused(cast, zhou, alert, home):
    mine = zhou.record(home, alert)
    Appointment.objects.filter(account=zhou.account).update(from_at=clock.now() - timedelta(seconds=5))
    assert zhou.results([mine]) == [("refused", "not_appointed")]
    assert Attempt.objects.count() == 0


def test_a_deputy_records_for_whom_they_stand_in(cast, zhou, alert, home, after):
    now = clock.now()
    Absence.objects.create(
        appointment=Appointment.objects.get(account=zhou.account),
        deputy=cast.accounts["wu"],
        from_at=now - timedelta(hours=1),
        until_at=now + timedelta(minutes=30),
        reason="leave",
        made_by="system",
        made_at=now,
    )
    deputy = Phone(cast, "wu")
    deputy.fetch()
    first, second = deputy.record(home, alert), deputy.record(cast.households[1], alert)
    assert deputy.results([first]) == [("stored", "")]
    after(60)  # the absence has ended
    deputy.client.force_login(deputy.account, backend=BACKEND)
    assert deputy.results([second]) == [("late", "ended")]


def test_a_revoked_phone_is_told_and_what_it_sends_waits(cast, zhou, alert, home):
    mine = zhou.record(home, alert)
    assert zhou.contact()["keep"]
    grid.revoke_device(actor=cast.actor("zhou"), device_id=UUID(zhou.device))
    lost = Client().get(reverse("field-contact"), headers={"x-linli-device": zhou.device})
    assert lost.json()["keep"] is False
    assert zhou.sync([mine]).status_code == 401  # its sign-in has ended
    zhou.client.force_login(zhou.account, backend=BACKEND)
    assert zhou.fetch().status_code == 409
    assert zhou.results([mine]) == [("late", "revoked")]


@pytest.mark.parametrize("username", ["li", "sun"])
def test_another_account_s_record_is_refused(cast, zhou, alert, home, username):
    mine = zhou.record(home, alert)
    assert Phone(cast, username).results([mine]) == [("refused", "other_account")]
    other = Phone(cast, username)
    other.fetch()
    forged = other.record(home, alert, me=zhou.me)
    assert other.results([forged]) == [("refused", "other_account")]
    assert Attempt.objects.count() == 0
    assert zhou.results([mine]) == [("stored", "")]


def test_a_door_elsewhere_and_one_that_is_not_there_look_alike(cast, zhou, alert, home, issued):
    elsewhere = issued("sun", "002")
    there = zhou.record(cast.households_in("002-1-1")[0], elsewhere)
    nowhere = zhou.record(home, alert, household=999_999)
    mixed = zhou.record(home, alert, residence=Residence.objects.exclude(household=home).first().pk)
    unknown = zhou.record(home, alert, alerts=[str(elsewhere.pk)])
    silly = zhou.record(home, alert, outcome="hugged")
    assert set(zhou.results([there, nowhere, mixed, unknown, silly])) == {("refused", "not_yours")}


@pytest.mark.parametrize(
    "change",
    [{"ct": "AAAA"}, {"ct": "x" * 5_000}, {"kid": "k7"}, {"point": ""}, {"iv": ""}],
)
def test_what_can_t_be_read_harms_no_neighbour(cast, zhou, alert, home, change):
    good, bad = zhou.record(cast.households[1], alert), {**zhou.record(home, alert), **change}
    assert zhou.results([bad, good]) == [("refused", "unreadable"), ("stored", "")]


@pytest.mark.parametrize(
    "content",
    [
        {"at": "noon"},
        {"at": 10**40},
        {"alerts": []},
        {"alerts": ["x"]},
        {"household": True},
        {"seen": None},
        {"offset": 1e300},
    ],
)
def test_nonsense_inside_a_seal_is_refused_by_itself(zhou, alert, home, content):
    assert zhou.results([zhou.record(home, alert, **content)]) == [("refused", "unreadable")]


@pytest.mark.parametrize(
    "body", ["[]", "{", '{"records": 1}', '{"records": [{}], "phone_now": 1}', '{"records": []}', "[" * 100_000]
)
def test_a_body_that_is_none_is_refused(zhou, body):
    got = zhou.client.post(reverse("field-sync"), body, content_type="application/json")
    assert got.status_code == 422
    assert got.json()["detail"]


def test_limits(zhou, alert, home, monkeypatch):
    one = zhou.record(home, alert)
    monkeypatch.setattr(limits, "MOST_RECORDS", 1)
    assert zhou.sync([one, one]).status_code == 422
    big = {"phone_now": 1, "records": [], "pad": "x" * limits.MOST_BYTES}
    assert zhou.post("field-sync", big).status_code == 422


def test_the_same_id_with_something_else_is_refused(zhou, alert, home):
    key = str(uuid4())

    def sealed(outcome):
        now = ms(clock.now())
        content = {"me": zhou.me, "household": home.pk, "alerts": [str(alert.pk)], "outcome": outcome, "offset": 0}
        content |= {"residence": Residence.objects.get(household=home).pk, "at": now - 9_000, "seen": now - 99_000}
        one = seal_record(record_id=key, device=zhou.device, content=json.dumps(content).encode())
        return {
            "id": key,
            "device": one.device,
            "kid": one.key_id,
            "point": one.point,
            "iv": one.nonce,
            "ct": one.cipher,
        }

    assert zhou.results([sealed("refused")]) == [("stored", "")]
    assert zhou.results([sealed("vacant")]) == [("refused", "reused")]
    assert Attempt.objects.get().outcome == "refused"


@pytest.mark.parametrize("hours", [-5, 0, 9])
def test_a_phone_whose_clock_is_wrong_is_put_right(zhou, alert, home, hours):
    wrong = timedelta(hours=hours)
    at = clock.now() - timedelta(minutes=30)
    mine = zhou.record(home, alert, at=ms(at + wrong), offset=-ms_of(wrong), seen=ms(at - timedelta(minutes=5)))
    Attempt.objects.all().delete()
    alert.issued_at = at - timedelta(hours=1)
    alert.save()
    assert zhou.results([mine], phone_now=ms(clock.now() + wrong)) == [("stored", "")]
    assert abs(Attempt.objects.get().at - at) < timedelta(seconds=5)


def ms_of(span):
    return round(span.total_seconds() * 1000)


def test_five_hundred_take_the_statements_of_three(cast, zhou, alert):
    homes = make_household(cast.place("001-1-1"), 9, rooms=500)
    few = [zhou.record(one, alert, "spoken_to" if at % 2 else "refused") for at, one in enumerate(cast.households[:3])]
    many = [zhou.record(one, alert, "spoken_to" if at % 2 else "refused") for at, one in enumerate(homes)]

    def count(records):
        with CaptureQueriesContext(connection) as captured:
            assert set(zhou.results(records)) == {("stored", "")}
        return len(captured)

    first = count(few)
    assert count(many) <= first
    assert first <= 45
    assert Attempt.objects.count() == 503


def test_the_sync_is_throttled(zhou, monkeypatch):
    from linli.desk.views import field

    monkeypatch.setattr(field, "TRIES", 3)
    codes = [zhou.sync([]).status_code for _again in range(6)]
    assert 429 in codes


def test_the_shell_tells_nothing_of_anybody(cast, zhou, client):
    signed, anonymous = (
        zhou.client.get(reverse("field")).content.decode(),
        client.get(reverse("field")).content.decode(),
    )
    assert "周大勇" not in signed
    token = re.compile(r'(csrf[^>]*(?:content|value)=")[^"]+')
    assert token.sub(r"\1", signed) == token.sub(r"\1", anonymous)


def test_the_worker_script_names_the_shell_alone(client):
    got = client.get(reverse("worker-script"))
    assert got["Content-Type"].startswith("text/javascript")
    assert got["Cache-Control"] == "no-cache"
    text = got.content.decode()
    assert '"/field/"' in text
    assert "{{" not in text
    manifest = client.get(reverse("manifest")).json()
    assert manifest["start_url"] == "/field/"
    assert {one["sizes"] for one in manifest["icons"]} == {"any", "192x192", "512x512"}


# Phones and late records, as pages -----------------------------------------------------------------------------------


def test_a_phone_stands_on_one_s_page_and_is_revoked_there(zhou):
    text = zhou.client.get(reverse("account-devices")).content.decode()
    assert "Pixel" in text
    address = reverse("device-revoke", args=[zhou.device])
    assert address in text
    assert zhou.client.post(address).status_code == 302
    assert Device.objects.get().revoked_at == clock.now()


@pytest.mark.parametrize(
    ("username", "status"), [("sun", 404), ("wu", 404), ("nobody", 404), ("wang", 302), ("operator", 302)]
)
def test_who_may_revoke_for_somebody(cast, zhou, username, status):
    other = Client()
    other.force_login(cast.accounts[username], backend=BACKEND)
    assert other.post(reverse("device-revoke", args=[zhou.device])).status_code == status
    assert (Device.objects.get().revoked_at is not None) == (status == 302)


def test_a_late_record_is_reviewed_on_a_page(cast, zhou, alert, home):
    mine = zhou.record(home, alert, SPOKEN_TO, note="<b>灯亮</b>")
    Appointment.objects.filter(account=zhou.account).update(until_at=clock.now() - timedelta(seconds=5))
    zhou.results([mine])
    li = Client()
    li.force_login(cast.accounts["li"], backend=BACKEND)
    assert reverse("late-list") in li.get(reverse("my-day")).content.decode()
    text = li.get(reverse("late-list")).content.decode()
    assert "周大勇" in text
    assert "&lt;b&gt;灯亮" in text
    outsider = Client()
    outsider.force_login(cast.accounts["sun"], backend=BACKEND)
    decide = reverse("late-decide", args=[mine["id"]])
    assert "周大勇" not in outsider.get(reverse("late-list")).content.decode()
    assert outsider.post(decide, {"accept": "1"}).status_code == 404
    assert li.post(decide, {"accept": "1"}).status_code == 302
    assert Attempt.objects.get().by == f"account:{zhou.account.pk}"
    assert reverse("late-list") not in li.get(reverse("my-day")).content.decode()
