"""The register's pages: constant in queries, masked, and walked through as people do."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.core.models import AuditEntry
from linli.residents import actions
from linli.residents.jobs import forget_uploads, import_waiting_rosters
from linli.residents.models import Household, Person, RosterUpload
from linli.residents.rules import PersonEntry
from tests.conftest import Cast
from tests.residents.test_imports import FAMILY, HEAD, sheet
from tests.residents.test_reach import people_of

NUMBER = "13800130111"


def queries_of(client: Client, url: str, data: dict[str, Any] | None = None) -> int:
    with CaptureQueriesContext(connection) as found:
        response = client.get(url) if data is None else client.post(url, data)
    assert response.status_code == 200, url
    return len(found)


def grow(cast: Cast) -> None:
    """More of everything: households at a door, people in a household, marks, who answers."""
    li = cast.actor("li")
    for household in cast.households[:6]:
        for number in range(3):
            entry = PersonEntry(name=f"新{number}", groups=("elderly", "infant"), channels=("wechat",))
            actions.add_person(actor=li, household_id=household.pk, entry=entry)
        actions.name_answerer(actor=li, household_id=household.pk, name="亲戚", phone="13900010001")
        actions.name_answerer(actor=li, household_id=household.pk, by_person_id=people_of(household)[0].pk)
        for number in range(2):
            dwelling = household.residences.get(until_on=None).dwelling_id
            actions.add_household(actor=li, dwelling_id=dwelling, name=f"租{number}")


def test_no_page_asks_more_of_a_larger_register(cast: Cast, sign_in: Any):
    client = sign_in("wang")
    household, person = cast.households[0], people_of(cast.households[0])[0]
    place = f"?place={cast.place('001').code}"
    pages = [
        (reverse("household-list") + place, None),
        (reverse("household-list") + place, {"text": "户"}),
        (reverse("group-overview") + place, None),
        (reverse("departed") + place, None),
        (reverse("household", args=[household.pk]), None),
        (reverse("household-change", args=[household.pk]), None),
        (reverse("household-add") + place, None),
        (reverse("person", args=[person.pk]), None),
        (reverse("person-move", args=[person.pk]), None),
        (reverse("grant-list"), None),
        (reverse("roster-upload"), None),
    ]
    actions.name_answerer(actor=cast.actor("li"), household_id=cast.households[1].pk, by_person_id=person.pk)
    for url, data in pages:  # what is looked up once a process is known from here on
        queries_of(client, url, data)
    before = [queries_of(client, url, data) for url, data in pages]
    grow(cast)
    for number in range(6):
        actions.ask_reveal_grant(
            actor=cast.actor("zhou"), place_id=cast.place("001-1-1").pk, act="reveal", reason=f"{number}"
        )
    actions.depart_person(actor=cast.actor("li"), person_id=people_of(cast.households[1])[0].pk)
    after = [queries_of(client, url, data) for url, data in pages]
    assert [(url, was, now) for (url, _data), was, now in zip(pages, before, after, strict=True) if now > was] == []
    assert max(after) <= 25


def test_no_page_shows_a_number_unasked(cast: Cast, sign_in: Any):
    client = sign_in("wang")
    household, person = cast.households[0], people_of(cast.households[0])[0]
    for url in (
        reverse("household-list"),
        reverse("household", args=[household.pk]),
        reverse("person", args=[person.pk]),
        reverse("person-change", args=[person.pk]),
        reverse("person-reveal", args=[person.pk]),
    ):
        text = client.get(url).content.decode()
        assert NUMBER not in text, url
    assert "138****0111" in client.get(reverse("person", args=[person.pk])).content.decode()


def test_opening_a_household_or_a_person_leaves_a_line(cast: Cast, sign_in: Any):
    client = sign_in("zhou")
    client.get(reverse("household", args=[cast.households[0].pk]))
    client.get(reverse("person", args=[people_of(cast.households[0])[0].pk]))
    assert list(AuditEntry.objects.order_by("id").values_list("act", flat=True)) == ["open_household", "open_person"]


def test_a_number_is_shown_once_for_a_purpose(cast: Cast, sign_in: Any):
    client, person = sign_in("zhou"), people_of(cast.households[0])[0]
    url = reverse("person-reveal", args=[person.pk])
    refused = client.post(url, {"fields_shown": "phone", "purpose": ""})
    assert (refused.status_code, NUMBER in refused.content.decode()) == (422, False)
    part = client.post(url, {"fields_shown": "phone", "purpose": "visit"}, headers={"HX-Request": "true"})
    text = part.content.decode()
    assert NUMBER in text
    assert "<html" not in text
    assert 'hx-trigger="load delay:60s"' in text
    assert part.headers["Cache-Control"] == "no-store"
    assert part.headers["Referrer-Policy"] == "no-referrer"
    assert AuditEntry.objects.filter(act="reveal_numbers").count() == 1


def test_a_search_stands_in_no_address(cast: Cast, sign_in: Any):
    client = sign_in("wang")
    found = client.post(reverse("household-list"), {"text": NUMBER}).content.decode()
    assert "1-1户" in found
    assert "2-1户" not in found
    assert "1-1户" in client.get(reverse("household-list") + f"?text={NUMBER}").content.decode()
    assert "2-1户" in client.get(reverse("household-list") + f"?text={NUMBER}").content.decode()  # it searched nothing


def test_a_name_of_html_stays_text(cast: Cast, sign_in: Any):
    evil = "<img src=x onerror=alert(1)>"
    li = cast.actor("li")
    person = actions.add_person(actor=li, household_id=cast.households[0].pk, entry=PersonEntry(name=evil))
    actions.change_household(actor=li, household_id=cast.households[0].pk, changes={"name": evil})
    client = sign_in("li")
    for url in (
        reverse("household-list"),
        reverse("household", args=[cast.households[0].pk]),
        reverse("person", args=[person.pk]),
        reverse("person-move", args=[person.pk]),
        reverse("household-change", args=[cast.households[0].pk]),
    ):
        text = client.get(url).content.decode()
        assert "<img src=x" not in text, url
        assert "&lt;img src=x" in text, url


def test_a_street_office_sees_places_first(cast: Cast, sign_in: Any):
    text = sign_in("chen").get(reverse("household-list")).content.decode()
    assert "二郎庙社区居委会" in text
    assert "1-1户" not in text
    assert "1-1户" in sign_in("chen").post(reverse("household-list"), {"text": "1-1户"}).content.decode()


def test_an_empty_register_says_what_to_do(cast: Cast, sign_in: Any):
    Household.objects.all().delete()
    text = sign_in("wang").get(reverse("household-list")).content.decode()
    assert reverse("roster-upload") in text


def test_a_household_is_added_by_hand(cast: Cast, sign_in: Any):
    cell = cast.place("001-1-1")
    form = {"leaf": cell.pk, "building": "新楼", "entrance": "", "room": "1", "name": "新户", "kind": "premises/shop",
            "person": "店主", "phone": "13900010003"}  # fmt: skip
    refused = sign_in("li").post(reverse("household-add"), form)
    assert refused.status_code == 422  # she may not make dwellings
    done = sign_in("wang").post(reverse("household-add"), form)
    made = Household.objects.get(name="新户")
    assert done.headers["Location"] == reverse("household", args=[made.pk])
    assert (made.kind, made.subkind) == ("premises", "shop")
    form |= {"building": "1栋", "entrance": "1单元", "room": "101", "name": "合租户"}
    assert sign_in("li").post(reverse("household-add"), form).status_code == 302


@pytest.mark.parametrize("entrance_of", ["001-1-2"])
def test_a_door_of_another_cell_is_refused(cast: Cast, sign_in: Any, entrance_of: str):
    form = {
        "leaf": cast.place("001-1-1").pk,
        "building": "2栋",
        "entrance": "1单元",
        "room": "1",
        "name": "x",
        "kind": "family",
    }
    response = sign_in("wang").post(reverse("household-add"), form)
    assert response.status_code == 422
    assert "2号微网格" in response.content.decode()


def test_changing_a_person_keeps_numbers_left_empty(cast: Cast, sign_in: Any):
    person = people_of(cast.households[0])[0]
    url = reverse("person-change", args=[person.pk])
    form = {"name": "改名", "phone": "", "status": "registered", "sex": "f", "registered_here": "False"}
    sign_in("li").post(url, form)
    person.refresh_from_db()
    assert (person.name, person.phone, person.sex, person.registered_here) == ("改名", "+8613800130111", "f", False)
    assert '<option value="False" selected>' in sign_in("li").get(url).content.decode()
    wrong = sign_in("li").post(url, {"name": "改名", "phone": "1", "status": "registered"})
    assert wrong.status_code == 422


def upload(client: Client, cast: Cast, data: bytes, name: str = "名册.xlsx") -> Any:
    form = {"place_id": cast.place("001").pk, "file": SimpleUploadedFile(name, data)}
    return client.post(reverse("roster-upload"), form)


def test_a_roster_from_the_file_to_the_register(cast: Cast, sign_in: Any):
    client = sign_in("wang")
    bad = [*FAMILY[1]]
    bad[HEAD.index("手机")] = "99"
    found = client.get(upload(client, cast, sheet([FAMILY[0], bad])).headers["Location"])
    preview = found.content.decode()
    assert "139****0001" in preview
    assert "13900010001" not in preview
    kept = RosterUpload.objects.get()
    assert b"13900010001" not in bytes(kept.content)
    assert "陈" not in repr(kept.report)
    assert not Person.objects.filter(name="陈玉兰").exists()
    client.post(reverse("roster-start", args=[kept.pk]))
    client.post(reverse("roster-start", args=[kept.pk]))
    assert client.get(reverse("roster-state", args=[kept.pk])).status_code == 200
    import_waiting_rosters()
    import_waiting_rosters()
    kept.refresh_from_db()
    assert (kept.state, kept.report["people_new"], len(kept.report["errors"])) == ("done", 1, 1)
    assert Person.objects.filter(name="陈玉兰").count() == 1
    client.post(reverse("roster-start", args=[kept.pk]))
    kept.refresh_from_db()
    assert kept.state == "done"
    back = client.get(reverse("roster-errors", args=[kept.pk]))
    assert back.content.startswith(b"PK")


def test_an_unusable_file_says_so_on_the_form(cast: Cast, sign_in: Any):
    response = upload(sign_in("wang"), cast, b"%PDF-1.4 nothing", "roster.pdf")
    assert response.status_code == 422
    assert not RosterUpload.objects.exists()


def test_an_import_is_of_the_posts_of_its_moment(cast: Cast, sign_in: Any):
    """Wang's appointment ends between the preview and the worker."""
    from linli.core import clock
    from linli.grid.models import Appointment

    client = sign_in("wang")
    upload(client, cast, sheet(FAMILY))
    kept = RosterUpload.objects.get()
    client.post(reverse("roster-start", args=[kept.pk]))
    Appointment.objects.filter(account=cast.accounts["wang"]).update(until_at=clock.now())
    import_waiting_rosters()
    kept.refresh_from_db()
    assert kept.state == "failed"
    assert not Person.objects.filter(name="陈玉兰").exists()


def test_a_worker_that_dies_leaves_nothing_and_another_takes_over(cast: Cast, sign_in: Any, monkeypatch: Any):
    from datetime import timedelta

    from linli.core import clock
    from linli.residents import imports

    client = sign_in("wang")
    upload(client, cast, sheet(FAMILY))
    kept = RosterUpload.objects.get()
    client.post(reverse("roster-start", args=[kept.pk]))
    with monkeypatch.context() as patched:

        def die(*args: Any, **kwargs: Any) -> None:
            raise SystemExit

        patched.setattr(imports.actions, "import_households", die)
        with pytest.raises(SystemExit):
            import_waiting_rosters()
    kept.refresh_from_db()
    assert kept.state == "running"
    import_waiting_rosters()  # too early: the other may still be at it
    assert not Person.objects.filter(name="陈玉兰").exists()
    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr("linli.core.clock.now", lambda: later)
    import_waiting_rosters()
    assert Person.objects.filter(name="陈玉兰").count() == 1


def test_a_file_is_forgotten_after_a_day(cast: Cast, sign_in: Any, monkeypatch: Any):
    from datetime import timedelta

    from linli.core import clock

    upload(sign_in("wang"), cast, sheet(FAMILY))
    forget_uploads()
    assert RosterUpload.objects.count() == 1
    later = clock.now() + timedelta(hours=25)
    monkeypatch.setattr("linli.core.clock.now", lambda: later)
    forget_uploads()
    assert RosterUpload.objects.count() == 0


def test_names_and_files_stay_out_of_the_logs(cast: Cast, sign_in: Any, capfd: Any):
    from linli.core import logs

    logs.configure(level="DEBUG")
    client = sign_in("wang")
    upload(client, cast, sheet(FAMILY), "陈家名册.xlsx")
    kept = RosterUpload.objects.get()
    client.post(reverse("roster-start", args=[kept.pk]))
    import_waiting_rosters()
    client.post(reverse("household-list"), {"text": NUMBER})
    said = "".join(capfd.readouterr())
    assert not any(secret in said for secret in ("陈玉兰", "陈家名册", "13900010001", NUMBER))
