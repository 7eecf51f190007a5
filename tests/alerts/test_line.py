"""From issue to the last household: what the line owes, what the clock does, what the account says."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.alerts import actions, queries
from linli.alerts.models import Alert
from linli.core.actors import SYSTEM, Actor
from linli.core.errors import Conflict, Forbidden, Missing
from linli.core.models import AuditEntry
from linli.duties.models import Task
from linli.duties.queries import list_my_tasks
from linli.grid.models import Appointment
from linli.rounds.actions import withdraw_receipt
from linli.rounds.models import Answer

LINK = Actor(kind="link", id=1)


def confirm(alert, household, how="own_tap"):
    return actions.confirm_household(actor=LINK, alert=alert, household=household.pk, receipt_id=uuid4(), how=how)


def knock(cast, alert, username, household, outcome):
    return actions.record_knock(
        actor=cast.actor(username), alert=alert, household=household.pk, outcome=outcome, attempt_id=uuid4()
    )


def account(alert):
    return queries.accounting(actor=SYSTEM, alert=alert)


def reasons(alert):
    return {row.household: (row.reason, row.responsible) for row in account(alert).not_reached}


@pytest.fixture
def scene(after, cast, issued):
    """The clock first, then the cast, then an alert over the street."""
    return cast, issued(), after


@pytest.fixture
def cast(after, cast):
    return cast


def test_issuing_writes_the_same_rows_for_a_grid_and_for_a_street(cast, notice):
    def writes(username, code):
        with CaptureQueriesContext(connection) as captured:
            actions.issue_alert(actor=cast.actor(username), alert_id=uuid4(), notice=notice(code))
        return sum("INSERT" in query["sql"] for query in captured)

    assert writes("chen", "001-1-1") <= writes("chen", "360103001") <= writes("chen", "001-1-1") + 3


def test_the_same_id_issues_once(cast, notice):
    key = uuid4()
    first, second = (actions.issue_alert(actor=cast.actor("chen"), alert_id=key, notice=notice()) for _ in range(2))
    assert first.pk == second.pk
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    ("username", "code", "error"),
    [("sun", "001", Missing), ("li", "001-1", Forbidden), ("zhou", "001-1-1", Forbidden), ("nobody", "001", Missing)],
)
def test_who_may_not_issue(cast, notice, username, code, error):
    with pytest.raises(error):
        actions.issue_alert(actor=cast.actor(username), alert_id=uuid4(), notice=notice(code))


def test_a_post_confirms_once_for_itself_and_for_the_vacant_part_it_holds(scene):
    cast, alert, _after = scene
    assert [one.pk for one in queries.list_owed(actor=cast.actor("zhao"))] == [alert.pk]
    assert (
        actions.acknowledge_alert(actor=cast.actor("zhao"), alert=alert) == 2
    )  # her grid, and cell 2-2 that is vacant
    assert actions.acknowledge_alert(actor=cast.actor("zhao"), alert=alert) == 0
    assert queries.list_owed(actor=cast.actor("zhao")) == []


def test_a_vacant_part_is_held_by_the_nearest_post_above(scene):
    cast, alert, _after = scene
    assert actions.acknowledge_alert(actor=cast.actor("sun"), alert=alert) == 1  # the cell below is Qian's to hold
    assert actions.acknowledge_alert(actor=cast.actor("qian"), alert=alert) == 2


def test_a_household_confirms_once(scene):
    cast, alert, _after = scene
    assert confirm(alert, cast.households[0])
    assert not confirm(alert, cast.households[0], how="relative")
    assert account(alert).by_how["own_tap"] == 1


def test_before_the_visits_the_silent_are_nobodys_task_yet(scene):
    _cast, alert, after = scene
    after(1)
    assert account(alert).unaccounted == 15


def test_the_silent_become_tasks_of_those_who_can_knock(scene):
    cast, alert, after = scene
    confirm(alert, cast.households[0])
    after(16)
    found = account(alert)
    assert (found.households, found.reached, found.unaccounted) == (15, 1, 0)
    by_place = {row.path: (row.reason, row.responsible) for row in found.not_reached}
    assert by_place[cast.place("001-1-1").path] == ("not_yet_visited", "周大勇")
    assert by_place[cast.place("001-2-2").path] == ("post_vacant", "赵敏")
    assert by_place[cast.place("002-1-1").path] == ("post_vacant", "钱芬")
    assert [task.area.code for task in list_my_tasks(actor=cast.actor("zhou"))] == ["360103001001-1-1"]


@pytest.mark.parametrize("outcome", ["not_at_home", "notice_left", "refused", "vacant", "moved", "wrong_address"])
def test_only_spoken_to_is_a_receipt(scene, outcome):
    cast, alert, after = scene
    after(16)
    knock(cast, alert, "zhou", cast.households[0], outcome)
    assert reasons(alert)[cast.households[0].pk] == (outcome, "周大勇")
    knock(cast, alert, "zhou", cast.households[0], "spoken_to")
    assert cast.households[0].pk not in reasons(alert)
    assert account(alert).by_how == {"at_door": 1}


def test_a_knock_taken_back_takes_its_receipt_along(scene):
    cast, alert, _after = scene
    attempt = knock(cast, alert, "zhou", cast.households[0], "spoken_to")
    actions.undo_knock(actor=cast.actor("zhou"), attempt=attempt)
    assert account(alert).reached == 0


def test_a_neighbours_leader_can_not_knock_here(scene):
    cast, alert, _after = scene
    with pytest.raises(Missing):
        knock(cast, alert, "sun", cast.households[0], "spoken_to")


def test_silence_of_a_post_passes_to_the_level_above(scene):
    cast, alert, after = scene
    actions.acknowledge_alert(actor=cast.actor("zhou"), alert=alert)
    after(11)
    silent = queries.silent_posts_of(actor=cast.actor("li"), alert=alert, path=cast.place("001-1").path)
    assert [path for _key, path, _kind in silent] == [cast.place("001-1-2").path]
    kinds = {task.kind for task in list_my_tasks(actor=cast.actor("li"))}
    assert kinds == {"post_silence"}
    actions.acknowledge_alert(actor=cast.actor("wu"), alert=alert)
    after(1)
    assert list_my_tasks(actor=cast.actor("li")) == []


def test_a_task_not_begun_climbs_and_one_begun_stays(scene):
    cast, alert, after = scene
    after(16)
    knock(cast, alert, "zhou", cast.households[0], "not_at_home")
    after(25)
    held = {path: name for _key, (path, name) in _holders(alert).items()}
    assert held[cast.place("001-1-1").path] == "周大勇"
    assert held[cast.place("001-1-2").path] == "李梅"
    assert account(alert).unaccounted == 0


def _holders(alert):
    rows = Task.objects.filter(source_id=str(alert.pk), kind="household_silence", closed_at=None)
    return {task.pk: (task.area_path, task.holder.name) for task in rows.select_related("holder")}


def test_ending_an_appointment_leaves_the_households_unaccounted_until_they_are_given_on(scene):
    cast, alert, after = scene
    after(16)
    Appointment.objects.filter(account=cast.accounts["zhou"]).update(until_at=alert.issued_at)
    assert account(alert).unaccounted == 3
    after(1)
    found = account(alert)
    assert found.unaccounted == 0
    here = [row for row in found.not_reached if row.path == cast.place("001-1-1").path]
    assert {(row.reason, row.responsible) for row in here} == {("post_vacant", "李梅")}


def test_removing_a_receipt_shows(scene):
    cast, alert, after = scene
    confirm(alert, cast.households[0])
    after(16)
    assert account(alert).reached == 1
    withdraw_receipt(actor=SYSTEM, found=alert.households, member=cast.households[0].pk)
    assert account(alert).reached == 0
    assert Answer.objects.filter(round=alert.households, withdrawn_at=None).count() == 0


def test_a_finished_cell_closes_its_task(scene):
    cast, alert, after = scene
    after(16)
    for household in cast.households[:3]:
        knock(cast, alert, "zhou", household, "spoken_to")
    after(1)
    assert list_my_tasks(actor=cast.actor("zhou")) == []


def test_cancelling_closes_rounds_and_tasks_and_keeps_the_figures(scene):
    cast, alert, after = scene
    confirm(alert, cast.households[0])
    after(16)
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="解除")
    assert not Task.objects.filter(source_id=str(alert.pk), closed_at=None).exists()
    with pytest.raises(Conflict):
        confirm(Alert.objects.get(pk=alert.pk), cast.households[1])
    assert account(Alert.objects.get(pk=alert.pk)).reached == 1


def test_an_update_replaces_and_is_owed_anew(scene, notice):
    cast, alert, _after = scene
    actions.acknowledge_alert(actor=cast.actor("li"), alert=alert)
    new = actions.update_alert(actor=cast.actor("chen"), alert=alert, alert_id=uuid4(), notice=notice())
    assert Alert.objects.get(pk=alert.pk).state == "updated"
    assert [one.pk for one in queries.list_owed(actor=cast.actor("li"))] == [new.pk]


def test_an_alert_expires_by_the_clock(cast, issued, after):
    from datetime import timedelta

    from linli.core import clock

    alert = issued(expires_at=clock.now() + timedelta(minutes=30))
    after(31)
    assert Alert.objects.get(pk=alert.pk).state == "expired"


def test_the_picture_puts_gaps_first_and_costs_the_same_at_any_height(scene):
    cast, alert, after = scene
    for household in cast.households[:6]:
        confirm(alert, household)
    after(1)
    counts = []
    for code in ("360103001", "001", "001-1"):
        with CaptureQueriesContext(connection) as captured:
            node, below = queries.picture(actor=cast.actor("chen"), alert=alert, place=cast.place(code))
        counts.append(len(captured))
        assert node.households.missing == sum(one.households.missing for one in below)
        assert [one.households.missing for one in below] == sorted(
            (one.households.missing for one in below), reverse=True
        )
    assert len(set(counts)) == 1


def test_a_knock_is_recorded_only_where_the_notice_concerns_the_household(cast, issued):
    alert = issued("chen", "002")
    with pytest.raises(Missing):
        knock(cast, alert, "zhou", cast.households[0], "refused")
    of_a_group = issued("chen", groups=["pregnant"])
    with pytest.raises(Missing):
        knock(cast, of_a_group, "zhou", cast.households[0], "refused")


def test_a_notice_stands_in_the_audit_trail_of_its_places(cast, issued):
    alert = issued("chen", "001", "002")
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="解除")
    entries = AuditEntry.objects.filter(object_id=str(alert.pk))
    told = {entry.act: entry.path for entry in entries if entry.object_type == "alerts.alert"}
    street = cast.place("360103001").path
    assert told == {"draft_alert": street, "issue_alert": street, "end_alert": street}
