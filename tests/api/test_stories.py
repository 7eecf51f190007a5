"""What programs do: issue an alert, bring receipts in, look at coverage, hand tasks over; everything may be sent twice."""

from datetime import timedelta
from uuid import uuid4

import pytest

from linli.alerts.models import Alert
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.models import AuditEntry
from linli.duties.models import Task, TaskMove
from linli.grid import actions as grid
from linli.grid.models import Appointment, Dwelling, Place
from linli.residents.models import Household, Person
from linli.rounds.models import Answer

STREET, COMMUNITY, CELL = "360103001", "360103001001", "360103001001-1-1"


def alert_body(**more):
    texts = {"zh-hans": {"headline": "暴雨红色预警"}, "en": {"headline": "Red rainstorm warning", "body": "Stay in."}}
    return {"id": str(uuid4()), "texts": texts, "urgency": "immediate", "places": [STREET], **more}


@pytest.fixture
def chen(program):
    return program("chen")


@pytest.fixture
def issued(chen):
    answer = chen.post("/alerts", alert_body())
    assert answer.status == 201, answer.body
    return answer.body


# Alerts ---------------------------------------------------------------------------------------------------------------


def test_an_alert_goes_out_once(chen):
    body = alert_body()
    first, again = chen.post("/alerts", body), chen.post("/alerts", body)
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert first.body["state"] == "issued"
    assert first.body["places"] == [STREET]
    assert Alert.objects.count() == 1
    assert chen.get(f"/alerts/{body['id']}").body == first.body


def test_the_same_id_with_another_text_is_a_conflict(chen, issued):
    other = alert_body(id=issued["id"], texts={"en": {"headline": "Something else"}})
    assert chen.post("/alerts", other).status == 409
    elsewhere = alert_body(id=issued["id"], places=[COMMUNITY])
    assert chen.post("/alerts", elsewhere).status == 409


def test_an_alert_takes_the_place_of_another(chen, issued):
    body = alert_body(replaces=issued["id"])
    first, again = chen.post("/alerts", body), chen.post("/alerts", body)
    assert first.status == 201
    assert first.body == again.body
    assert first.body["replaces"] == issued["id"]
    assert chen.get(f"/alerts/{issued['id']}").body["state"] == "updated"
    assert [one["id"] for one in chen.walk("/alerts", running="true")] == [body["id"]]


def test_an_alert_is_called_back_once(chen, issued):
    body = {"id": uuid4(), "reason": "sent in error"}
    answers = [chen.post(f"/alerts/{issued['id']}/cancel", body) for _ in range(2)]
    assert [one.status for one in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    assert answers[0].body["state"] == "cancelled"
    assert chen.post(f"/alerts/{issued['id']}/cancel", {**body, "reason": "another"}).status == 409


def test_who_may_see_but_not_issue(program, issued):
    zhou = program("zhou")
    assert zhou.get(f"/alerts/{issued['id']}").status == 200
    assert zhou.post("/alerts", alert_body(places=[CELL])).status == 403
    assert zhou.post(f"/alerts/{issued['id']}/cancel", {"id": uuid4(), "reason": "no"}).status in (403, 404)


def test_an_alert_of_elsewhere_is_not_there(program, chen):
    only = chen.post("/alerts", alert_body(places=[COMMUNITY])).body
    sun = program("sun")
    assert sun.get(f"/alerts/{only['id']}").status == 404
    assert sun.walk("/alerts") == []
    assert sun.post("/alerts", alert_body()).status in (403, 404)


def test_a_draft_has_no_coverage(program, chen, cast):
    from linli.alerts import actions
    from linli.alerts.actions import Notice

    notice = Notice(texts={"en": {"headline": "x"}}, urgency="immediate", places=[cast.place(STREET)])
    draft = actions.draft_alert(actor=cast.actor("chen"), alert_id=uuid4(), notice=notice)
    assert chen.get(f"/alerts/{draft.pk}").body["state"] == "draft"
    for path in ("coverage", "not-reached"):
        assert chen.get(f"/alerts/{draft.pk}/{path}", place=STREET).status == 404
    rows = {"receipts": [{"id": uuid4(), "household": cast.households[0].pk, "at": clock.now().isoformat()}]}
    assert chen.post(f"/alerts/{draft.pk}/receipts", rows).status == 404


def test_a_holder_confirms_once_for_all_posts(program, issued):
    zhao, body = program("zhao"), {"id": uuid4()}
    answers = [zhao.post(f"/alerts/{issued['id']}/acknowledge", body) for _ in range(2)]
    assert [one.body for one in answers] == [{"posts": 2}, {"posts": 2}]  # her grid, and the vacant cell in it
    assert zhao.post(f"/alerts/{issued['id']}/acknowledge", {"id": uuid4()}).body == {"posts": 0}


# Receipts and coverage ------------------------------------------------------------------------------------------------


def receipt(household, **more):
    return {"id": str(uuid4()), "household": household.pk, "at": clock.now().isoformat(), **more}


def test_receipts_count_once_and_only_in_ones_own_places(program, cast, issued):
    li = program("li")
    mine, other = cast.households_in("001-1"), cast.households_in("002")
    rows = {"receipts": [receipt(one) for one in (*mine, *other)]}
    first = li.post(f"/alerts/{issued['id']}/receipts", rows)
    assert first.status == 200
    assert first.body["credited"] == sorted(one.pk for one in mine)
    assert first.body["unknown"] == sorted(one.pk for one in other)
    again = li.post(f"/alerts/{issued['id']}/receipts", rows)
    assert again.body["credited"] == []
    assert again.body["already"] == first.body["credited"]
    assert Answer.objects.filter(round__unit="household").count() == len(mine)
    at = li.get(f"/alerts/{issued['id']}/coverage", place="360103001001-1").body
    assert (at["place"]["reached"], at["place"]["missing"]) == (6, 0)
    assert [one["missing"] for one in at["below"]] == [0, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"how": "in_app"},
        {"at": "2026-03-02T08:00:00"},  # no time zone
        {"at": (clock.now() + timedelta(hours=2)).isoformat()},
        {"at": (clock.now() - timedelta(days=2)).isoformat()},
    ],
)
def test_a_receipt_that_can_not_be(chen, cast, issued, wrong):
    rows = {"receipts": [receipt(cast.households[0], **wrong)]}
    answer = chen.post(f"/alerts/{issued['id']}/receipts", rows)
    assert answer.status == 422
    assert answer.body["fields"]
    assert not Answer.objects.filter(round__unit="household").exists()


def test_an_ended_alert_takes_no_receipts(chen, cast, issued):
    chen.post(f"/alerts/{issued['id']}/cancel", {"id": uuid4(), "reason": "over"})
    rows = {"receipts": [receipt(cast.households[0])]}
    assert chen.post(f"/alerts/{issued['id']}/receipts", rows).status == 409


def test_a_knock_stands_once(program, cast, issued):
    zhou, home = program("zhou"), cast.households_in("001-1-1")[0]
    body = {"id": uuid4(), "household": home.pk, "outcome": "not_at_home", "note": "dog"}
    first, again = (zhou.post(f"/alerts/{issued['id']}/knocks", body) for _ in range(2))
    assert first.status == 201
    assert first.body == again.body
    assert zhou.post(f"/alerts/{issued['id']}/knocks", {**body, "outcome": "refused"}).status == 409
    spoken = {"id": uuid4(), "household": home.pk, "outcome": "spoken_to"}
    assert zhou.post(f"/alerts/{issued['id']}/knocks", spoken).status == 201
    assert zhou.get(f"/alerts/{issued['id']}/coverage", place=CELL).body["place"]["reached"] == 1
    elsewhere = {**spoken, "id": uuid4(), "household": cast.households_in("001-2-1")[0].pk}
    assert zhou.post(f"/alerts/{issued['id']}/knocks", elsewhere).status == 404


def test_coverage_of_a_place_beside_the_alert_is_not_there(program, chen):
    only = chen.post("/alerts", alert_body(places=[COMMUNITY])).body
    assert chen.get(f"/alerts/{only['id']}/coverage", place="360103001002").status == 404


@pytest.mark.parametrize("limit", [1, 4, 500])
def test_the_not_reached_are_walked_once_each(after, program, cast, limit):
    chen = program("chen")
    issued = chen.post("/alerts", alert_body()).body
    after(16)
    zhou, home = program("zhou"), cast.households_in("001-1-1")[0]
    zhou.post(f"/alerts/{issued['id']}/knocks", {"id": uuid4(), "household": home.pk, "outcome": "refused"})
    found = chen.walk(f"/alerts/{issued['id']}/not-reached", place=STREET, limit=limit)
    assert sorted(one["household"] for one in found) == sorted(one.pk for one in cast.households)
    assert all(one["responsible"] for one in found)
    assert {one["reason"] for one in found if one["household"] == home.pk} == {"refused"}
    mine = zhou.walk(f"/alerts/{issued['id']}/not-reached", place=CELL, limit=limit)
    assert [one["household"] for one in mine] == [one.pk for one in cast.households_in("001-1-1")]


# Tasks ----------------------------------------------------------------------------------------------------------------


def test_a_task_is_handed_over_once(after, program, cast):
    chen = program("chen")
    chen.post("/alerts", alert_body())
    after(16)
    zhou, li = program("zhou"), program("li")
    task = next(one for one in zhou.walk("/tasks", mine="true") if one["kind"] == "household_silence")
    holders = zhou.get(f"/tasks/{task['id']}/holders").body
    to_li = next(one for one in holders if one["name"] == "李梅")
    body = {"id": uuid4(), "appointment": to_li["appointment"], "note": "ill today"}
    answers = [li.post(f"/tasks/{task['id']}/hand-over", body) for _ in range(2)]
    assert [one.body["holder"] for one in answers] == ["李梅", "李梅"]
    assert TaskMove.objects.filter(task=task["id"]).count() == 1
    assert li.post(f"/tasks/{task['id']}/hand-over", {**body, "note": "other"}).status == 409
    assert task["id"] in {one["id"] for one in li.walk("/tasks", mine="true")}
    assert program("sun").get(f"/tasks/{task['id']}").status == 404
    stranger = Appointment.objects.get(account=cast.accounts["sun"])
    assert li.post(f"/tasks/{task['id']}/hand-over", {"id": uuid4(), "appointment": stranger.pk}).status == 404


@pytest.mark.parametrize("limit", [1, 3])
def test_tasks_are_walked_once_each_though_some_close_meanwhile(after, program, limit):
    chen = program("chen")
    chen.post("/alerts", alert_body())
    after(16)
    every = [one["id"] for one in chen.walk("/tasks")]
    assert len(every) == len(set(every)) == Task.objects.count() > 3
    assert [one["id"] for one in chen.walk("/tasks", limit=limit)] == every
    first = chen.get("/tasks", limit=2).body
    Task.objects.filter(pk=every[0]).update(closed_at=clock.now(), outcome="done")
    rest = chen.walk("/tasks", limit=limit)
    behind = chen.get("/tasks", limit=500, cursor=first["next"]).body["items"]
    assert [one["id"] for one in behind] == every[2:]  # an offset would have skipped one
    assert [one["id"] for one in rest] == every[1:]


# Places and posts -----------------------------------------------------------------------------------------------------


def test_places_are_walked_from_the_top_down(program, cast):
    found = program("wang").walk("/places", limit=2)
    assert [one["code"] for one in found] == sorted(
        (code for code in cast.places if code.startswith(COMMUNITY)), key=lambda code: cast.places[code].path
    )
    assert found[0]["committee"] == "residents"


def test_places_are_counted(program):
    wang = program("wang")
    assert wang.get("/places/count", under=COMMUNITY).body["cell"] == 4
    assert wang.get("/places/count", under=COMMUNITY, by="committee").body["residents"] == 1
    assert wang.get("/places/count", under=COMMUNITY, by="size").status == 422


def test_a_place_is_added_once(program):
    wang, body = program("wang"), {"id": uuid4(), "parent": COMMUNITY, "name": "第三网格"}
    first, again = wang.post("/places", body), wang.post("/places", body)
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert first.body["parent"] == COMMUNITY
    assert wang.post("/places", {**body, "name": "第四网格"}).status == 409
    assert Place.objects.filter(parent__code=COMMUNITY).count() == 3
    assert program("sun").post("/places", {**body, "id": uuid4()}).status == 404


def test_a_vacancy_shows_and_is_filled_and_falls_vacant_again(program, cast):
    wang = program("wang")

    def vacant():
        return wang.walk("/posts/vacancies", under=COMMUNITY, post="cell_leader", limit=1)

    assert [(one["place"], one["part_held_by"]) for one in vacant()] == [("360103001001-2-2", "赵敏")]
    body = {
        "id": uuid4(),
        "username": "nobody",
        "post": "cell_leader",
        "place": "360103001001-2-2",
        "paper": "南浦办〔2026〕2号",
    }
    first, again = wang.post("/posts/appointments", body), wang.post("/posts/appointments", body)
    assert first.status == 201
    assert first.body == again.body
    assert first.body["username"] == "nobody"
    assert vacant() == []
    end = {"id": uuid4(), "reason": "moved away"}
    ended = [wang.post(f"/posts/appointments/{first.body['id']}/end", end) for _ in range(2)]
    assert [one.status for one in ended] == [200, 200]
    assert ended[0].body == ended[1].body
    assert len(vacant()) == 1
    history = wang.walk("/posts/appointments", place="360103001001-2-2", limit=1)
    assert [one["id"] for one in history] == [first.body["id"]]


def test_vacancies_are_walked_once_each(program):
    wang = program("wang")
    every = wang.walk("/posts/vacancies", under=COMMUNITY)
    assert wang.walk("/posts/vacancies", under=COMMUNITY, limit=3) == every
    assert len({(one["post"], one["place"]) for one in every}) == len(every) > 10


# The register ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 5, 500])
def test_households_are_walked_once_each(program, cast, limit):
    found = program("chen").walk("/register/households", place=STREET, limit=limit)
    assert sorted(one["id"] for one in found) == sorted(one.pk for one in cast.households)


def test_a_household_shows_no_number_in_full(program, cast):
    wang, home = program("wang"), cast.households_in("001-1-1")[0]
    shown = wang.get(f"/register/households/{home.pk}")
    assert shown.status == 200
    assert len(shown.body["people"]) == 2
    assert all("****" in one["phone"] for one in shown.body["people"])
    assert AuditEntry.objects.filter(act="open_household", object_id=str(home.pk)).count() == 1
    assert program("sun").get(f"/register/households/{home.pk}").status == 404


def test_a_household_is_entered_grows_moves_and_departs(program, cast):
    wang = program("wang")
    entrance = Dwelling.objects.filter(entrance__placements__place=cast.place("001-1-1")).first().entrance
    for room in ("901", "902"):
        Dwelling.objects.create(entrance=entrance, room=room, sort=room)
    doors = {one["room"]: one["id"] for one in wang.walk("/register/dwellings", place=CELL, limit=2)}
    assert set(doors) == {"101", "201", "301", "901", "902"}
    body = {"id": uuid4(), "dwelling": doors["901"], "name": "周", "people": [{"name": "周一", "phone": "13800139999"}]}
    first, again = wang.post("/register/households", body), wang.post("/register/households", body)
    assert first.status == 201, first.body
    assert first.body["id"] == again.body["id"]
    home = f"/register/households/{first.body['id']}"
    assert wang.post("/register/households", {**body, "name": "吴"}).status == 409

    person = {"id": uuid4(), "name": "周二", "role": "child", "groups": ["student"]}
    grown = [wang.post(f"{home}/people", person) for _ in range(2)]
    assert [len(one.body["people"]) for one in grown] == [2, 2]
    child = next(one for one in grown[0].body["people"] if one["name"] == "周二")
    mark = {"id": uuid4(), "group": "disabled"}
    assert [wang.post(f"/register/people/{child['id']}/groups", mark).status for _ in range(2)] == [204, 204]
    assert wang.post(f"/register/people/{child['id']}/groups", {"id": uuid4(), "group": "none"}).status == 422

    move = {"id": uuid4(), "dwelling": doors["902"]}
    moved = [wang.post(f"{home}/move", move) for _ in range(2)]
    assert [one.status for one in moved] == [200, 200]
    assert moved[0].body["address"].endswith("902")

    gone = {"id": uuid4(), "reason": "studies elsewhere"}
    assert [wang.post(f"/register/people/{child['id']}/depart", gone).status for _ in range(2)] == [204, 204]
    left = {"id": uuid4(), "reason": "moved away"}
    departed = [wang.post(f"{home}/depart", left) for _ in range(2)]
    assert [one.body["is_present"] for one in departed] == [False, False]
    assert Household.objects.filter(name="周").count() == 1


def test_who_may_look_but_not_write(program, cast):
    zhou, home = program("zhou"), cast.households_in("001-1-1")[0]
    assert zhou.get(f"/register/households/{home.pk}").status == 200
    assert zhou.post(f"/register/households/{home.pk}/depart", {"id": uuid4()}).status == 403


def test_a_number_is_shown_for_a_purpose_by_a_token_that_names_the_scope(program, cast):
    home = cast.households_in("001-1-1")[0]
    person = Person.objects.filter(memberships__household=home).first()
    path, body = f"/register/people/{person.pk}/reveal", {"fields": ["phone"], "purpose": "emergency"}
    assert program("wang", []).post(path, body).status == 403  # the default scopes are without it
    wang = program("wang")
    assert wang.post(path, {"fields": ["phone"]}).status == 422
    assert wang.post(path, body).body == {"phone": person.phone}
    entry = AuditEntry.objects.get(act="reveal_numbers")
    assert (entry.fields, entry.reason) == (["phone"], "emergency")
    assert person.phone not in str(entry.__dict__)
    assert program("sun").post(path, body).status == 404


def test_a_program_reveals_no_more_than_a_person(program, cast):
    wang = program("wang")
    person = Person.objects.filter(memberships__household=cast.households_in("001-1-1")[0]).first()
    body = {"fields": ["phone"], "purpose": "visit"}
    answers = [wang.post(f"/register/people/{person.pk}/reveal", body) for _ in range(21)]
    assert [one.status for one in answers] == [200] * 20 + [429]
    assert answers[-1].headers["Retry-After"]


def test_a_program_reads_outlines_of_its_own_places(program, cast):
    box = [[115.0, 28.0], [115.1, 28.0], [115.1, 28.1], [115.0, 28.1], [115.0, 28.0]]
    for code in ("001", "001-1", "002"):
        shape = {"type": "Polygon", "coordinates": [box]}
        grid.save_outline(actor=SYSTEM, place=cast.place(code), geometry=shape, version=0, source="survey")
    wang = program("wang")
    found = wang.get(f"/places/{COMMUNITY}/outlines").body
    assert found["type"] == "FeatureCollection"
    assert [one["properties"]["code"] for one in found["features"]] == [COMMUNITY, f"{COMMUNITY}-1"]
    assert found["features"][0]["geometry"] == {"type": "Polygon", "coordinates": [box]}
    alone = wang.get(f"/places/{COMMUNITY}/outlines", levels=0).body["features"]
    assert [one["properties"]["depth"] for one in alone] == [0]
    assert wang.get("/places/360103001002/outlines").status == 404
    assert wang.get(f"/places/{COMMUNITY}/outlines", levels=9).status == 422
