"""Drills of the line: the same engine, announced on every message, scored, compared, and led into tasks."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.alerts import actions
from linli.alerts.jobs import hold_drills, spread_alerts
from linli.alerts.models import Alert, Drill
from linli.alerts.rules import (
    CALLED_OFF,
    IN_TIME,
    LAPSED_DRILL,
    LATE,
    RESULTS,
    RUNNING,
    SCORED,
    SILENT,
    UNREACHED,
    VACANT_POST,
    PostResult,
    next_time,
    result_of,
    score_posts,
)
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Forbidden, Invalid, Missing
from linli.duties.jobs import review_standing_tasks
from linli.duties.models import Task
from linli.grid.models import Appointment
from linli.messages.jobs import send_what_is_due
from linli.messages.models import Delivery, Dispatch, Means
from linli.messages.texts import choose
from linli.rounds.rules import AT_DOOR

TEXTS = {
    "zh-hans": {"headline": "联络线测试", "body": "这是演练，请确认。"},
    "en": {"headline": "Test of the line", "body": "This is a drill."},
}


@pytest.fixture
def plan(after, cast):
    """`plan()` writes a drill down for the street, ten minutes from now; `after` then moves the clock."""

    def go(who="chen", place="360103001", **more):
        values = {
            "texts": TEXTS,
            "urgency": "immediate",
            "places": [cast.place(place)],
            "planned_at": clock.now() + timedelta(minutes=10),
            "scope": "line",
            **more,
        }
        return actions.plan_drill(actor=cast.actor(who), drill_id=uuid4(), plan=actions.Plan(**values))

    return go


def begun(drill, after):
    after(10)
    hold_drills()
    spread_alerts()
    drill.refresh_from_db()
    return Alert.objects.select_related("households", "posts").get(pk=drill.alert_id)


# Rules ---------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.none() | st.floats(0, 600), st.booleans(), st.booleans()), max_size=40))
def test_a_score_counts_every_post_once(rows):
    results = [
        PostResult(
            place_id=at, path="a/", account_id=1, minutes=minutes, channel="sms" if told else "",
            result=result_of(minutes=minutes, held=held, told=told, within=5),
        )
        for at, (minutes, held, told) in enumerate(rows)
    ]  # fmt: skip
    score = score_posts(results)
    assert sum(score[name] for name in RESULTS) == score["posts"] == len(rows)
    assert score["answered"] == score[IN_TIME] + score[LATE]
    assert 0 <= score["percent"] <= 100
    assert (score["percent"] == 100) == (score["answered"] == score["posts"])
    taken = [one.minutes for one in results if one.minutes is not None]
    if taken:
        assert min(taken) - 0.1 <= score["median_min"] <= score["p90_min"] <= max(taken) + 0.1


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["month", "quarter"]))
def test_the_next_time_is_the_same_day_or_the_last_of_its_month(at, repeat):
    at = at.replace(year=2020 + at.year % 20, day=min(at.day, 28) if at.month == 2 else at.day)
    found = next_time(at, repeat)
    months = (found.year - at.year) * 12 + found.month - at.month
    assert months == (1 if repeat == "month" else 3)
    assert found.time() == at.time()
    assert found.day == at.day or (found.day < at.day and (found + timedelta(days=1)).day == 1)


# One drill -----------------------------------------------------------------------------------------------------------


def test_it_begins_at_its_time_and_says_so_in_every_message(plan, after, cast):
    drill = plan()
    hold_drills()
    assert not Alert.objects.exists()
    alert = begun(drill, after)
    assert drill.state == RUNNING
    assert alert.texts["zh-hans"]["headline"] == "【演练】联络线测试"
    assert alert.texts["en"]["headline"] == "[DRILL] Test of the line"
    assert Dispatch.objects.exists()
    assert all(Dispatch.objects.values_list("drill", flat=True))
    assert not Delivery.objects.filter(kind="household").exists(), "only those who hold posts take part"
    hold_drills()
    assert Alert.objects.count() == 1


def test_a_reminder_of_a_drill_is_marked_once(plan, after, cast):
    alert = begun(plan(), after)
    after(6)
    actions.advance_alert(actor=SYSTEM, alert=alert)
    spread_alerts()
    texts = Dispatch.objects.get(kind="reminder").texts
    assert choose(texts, "zh-hans", "", drill=True).headline == "【演练】提醒：联络线测试"
    assert choose(texts, "en", "", drill=True).headline == "[DRILL] Reminder: Test of the line"


def test_nobody_is_sent_to_the_doors(plan, after, cast):
    alert = begun(plan(scope="homes"), after)
    assert Delivery.objects.filter(kind="household").exists()
    after(40)
    actions.advance_alert(actor=SYSTEM, alert=alert)
    assert not Task.objects.filter(kind="household_silence").exists()
    assert Task.objects.filter(kind="post_silence").exists()


def test_it_ends_in_a_score_and_in_tasks_for_whom_nothing_reached(plan, after, cast):
    Means.objects.create(
        account=cast.accounts["li"], kind="email", address="li@example.org", address_index="x", order=1,
        made_at=clock.now(),
    )  # fmt: skip
    drill = plan()
    alert = begun(drill, after)
    after(2)
    actions.acknowledge_alert(actor=cast.actor("wang"), alert=alert)
    after(6)
    actions.acknowledge_alert(actor=cast.actor("zhao"), alert=alert)
    send_what_is_due()
    hold_drills()
    drill.refresh_from_db()
    assert drill.state == RUNNING
    after(60)
    hold_drills()
    drill.refresh_from_db()
    assert drill.state == SCORED
    score = drill.score
    # Two communities, three grids, five cells; the street's own post ordered it.
    assert score["posts"] == 10
    assert (score[IN_TIME], score[LATE], score[VACANT_POST]) == (1, 2, 1)  # Zhao answered for the vacant cell too
    assert score["answered"] == 3
    assert score["percent"] == 30
    assert score[SILENT] + score[UNREACHED] == 6
    assert score["median_min"] == pytest.approx(8, abs=0.2)
    assert cast.accounts["li"].pk not in {one["account"] for one in score["failed"] if one["failure"] == "no_means"}
    assert "李" not in str(score)
    assert Alert.objects.get(pk=alert.pk).state == "expired"
    tasks = Task.objects.open().filter(kind="means")
    assert {one.area_id for one in tasks} == {one["place"] for one in score["failed"]}
    hold_drills()
    assert Task.objects.open().filter(kind="means").count() == tasks.count()


def test_a_task_to_mend_closes_once_there_are_means(plan, after, cast):
    drill = plan()
    begun(drill, after)
    send_what_is_due()
    after(71)
    hold_drills()
    place = cast.place("001-1-1")
    assert Task.objects.open().filter(kind="means", area=place).exists()
    review_standing_tasks()
    assert Task.objects.open().filter(kind="means", area=place).exists()
    after(80)
    Means.objects.create(
        account=cast.accounts["zhou"], kind="sms", address="+8613800130009", address_index="y", order=1,
        made_at=clock.now(),
    )  # fmt: skip
    review_standing_tasks()
    assert not Task.objects.open().filter(kind="means", area=place).exists()


def test_the_next_one_is_compared_with_the_last_of_the_same_places(plan, after, cast):
    first = plan()
    begun(first, after)
    after(71)
    hold_drills()
    second = plan(planned_at=clock.now() + timedelta(minutes=10))
    elsewhere = plan("wang", "001", planned_at=clock.now() + timedelta(minutes=10))
    after(90)
    hold_drills()
    for one in (second, elsewhere):
        one.refresh_from_db()
    assert second.before_id == first.pk
    assert elsewhere.before_id is None


def test_a_repeated_one_is_planned_anew_and_an_old_one_surprises_nobody(plan, after, cast):
    drill = plan(repeat="month")
    after(60 * 24 * 3)  # the worker was away for three days
    hold_drills()
    drill.refresh_from_db()
    assert drill.state == LAPSED_DRILL
    assert not Alert.objects.exists()
    following = Drill.objects.exclude(pk=drill.pk).get()
    assert following.planned_at > clock.now()
    assert [one.path for one in following.places.all()] == [one.path for one in drill.places.all()]
    hold_drills()
    assert Drill.objects.count() == 2


def test_a_planner_who_may_no_longer_issue_holds_no_drill(plan, after, cast):
    drill = plan("wang", "001")
    Appointment.objects.filter(account=cast.accounts["wang"]).update(until_at=clock.now())
    after(10)
    hold_drills()
    drill.refresh_from_db()
    assert drill.state == LAPSED_DRILL
    assert not Alert.objects.exists()


def test_called_off_in_the_middle_everybody_hears_of_it(plan, after, cast):
    drill = plan()
    alert = begun(drill, after)
    with pytest.raises(Invalid):
        actions.call_off_drill(actor=cast.actor("chen"), drill=drill, reason=" ")
    with pytest.raises((Forbidden, Missing)):
        actions.call_off_drill(actor=cast.actor("sun"), drill=drill, reason="x")
    for _twice in range(2):
        assert actions.call_off_drill(actor=cast.actor("chen"), drill=drill, reason="暴雨").state == CALLED_OFF
    assert Alert.objects.get(pk=alert.pk).state == "cancelled"
    spread_alerts()
    assert Dispatch.objects.filter(kind="cancel").exists()


def test_planned_twice_it_is_planned_once(plan, after, cast):
    key, values = uuid4(), {
        "texts": TEXTS, "urgency": "immediate", "places": [cast.place("001")], "scope": "line",
        "planned_at": clock.now() + timedelta(hours=1),
    }  # fmt: skip
    for _twice in range(2):
        actions.plan_drill(actor=cast.actor("wang"), drill_id=key, plan=actions.Plan(**values))
    assert Drill.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"texts": {"en": {"headline": "x" * 51}}}, "headline"),
        ({"scope": "everybody"}, "scope"),
        ({"repeat": "daily"}, "repeat"),
        ({"planned_at": datetime(2020, 1, 1, tzinfo=UTC)}, "planned_at"),
        ({"places": []}, "places"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(plan, wrong, field):
    with pytest.raises(Invalid) as problem:
        plan(**wrong)
    assert field in problem.value.fields


def test_a_receipt_at_a_door_counts_in_a_drill_with_households(plan, after, cast):
    drill = plan(scope="homes")
    alert = begun(drill, after)
    actions.confirm_household(
        actor=SYSTEM, alert=alert, household=cast.households[0].pk, receipt_id=uuid4(), how=AT_DOOR
    )
    after(71)
    hold_drills()
    drill.refresh_from_db()
    assert (drill.score["homes"], drill.score["homes_answered"]) == (15, 1)


# Pages ---------------------------------------------------------------------------------------------------------------


def test_the_pages_of_a_drill_take_few_queries(plan, after, cast, sign_in, django_assert_max_num_queries):
    drill = plan()
    begun(drill, after)
    after(71)
    hold_drills()
    client = sign_in("chen")
    for address, most in (("/drills/", 12), (f"/drills/{drill.pk}", 16), ("/drills/new", 16)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200, address
    assert sign_in("sun").get(f"/drills/{drill.pk}").status_code == 404, (
        "the sums are those of whoever holds all its places"
    )
    assert sign_in("nobody").get(f"/drills/{drill.pk}").status_code == 404


def test_where_only_posts_take_part_the_notice_shows_no_households(plan, after, cast, sign_in):
    line, homes = begun(plan(), after), begun(plan(scope="homes"), after)
    client = sign_in("chen")
    for alert, shows in ((line, False), (homes, True)):
        page = client.get(f"/alerts/{alert.pk}").content.decode()
        assert ("未送达的住户" in page) is shows
        assert ("已送达住户随时间的变化" in page) is shows
        assert ('class="place-of">住户' in page) is shows
        assert "联络线上尚未确认的岗位" in page
    bar = client.get(f"/alerts/{line.pk}/bar").content.decode()
    assert "没有应送达的住户" not in bar, "in the list it is the posts that are counted"


def test_names_stand_in_the_page_as_text(plan, after, cast, sign_in):
    cast.accounts["zhou"].name = "<script>x</script>"
    cast.accounts["zhou"].save()
    drill = plan()
    begun(drill, after)
    after(71)
    hold_drills()
    page = sign_in("chen").get(f"/drills/{drill.pk}").content.decode()
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
