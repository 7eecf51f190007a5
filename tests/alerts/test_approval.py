"""A second person's word, where a rule asks for it."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.alerts import actions, queries
from linli.alerts.actions import approvals
from linli.alerts.models import Alert, AlertFact, Approval, Spread
from linli.alerts.profile import read_approval_rule
from linli.alerts.rules import ISSUED, STATES, WAITING, ApprovalRule
from linli.core import clock
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.grid import actions as grid
from linli.grid.models import Appointment
from linli.messages.models import Delivery
from linli.rounds.models import Answer


@pytest.fixture
def cast(after, cast, monkeypatch):
    monkeypatch.setattr(approvals, "approval_rules", lambda: (ApprovalRule(households=6, lapses=30),))
    return cast


@pytest.fixture
def waiting(cast, issued):
    """Wang's notice for her community of twelve households: Chen is to approve."""
    return issued("wang", "001")


def test_it_waits_and_whoever_may_approve_is_told(cast, waiting, after):
    assert waiting.state == WAITING
    assert not Spread.objects.exists()
    told = Delivery.objects.filter(dispatch__source_id=str(waiting.pk), kind="account")
    assert list(told.values_list("recipient", flat=True)) == [cast.accounts["chen"].pk]
    assert [one.name for one in queries.list_approvers(alert=waiting)] == ["陈书琴"]
    assert queries.list_to_approve(actor=cast.actor("chen")) == [waiting]
    for other in ("wang", "li", "sun"):
        assert queries.list_to_approve(actor=cast.actor(other)) == []
    with pytest.raises(Missing):
        queries.get_alert(actor=cast.actor("li"), alert_id=waiting.pk)
    after(1)
    assert Alert.objects.get(pk=waiting.pk).state == WAITING


def test_a_small_one_goes_out_at_once(issued):
    assert issued("wang", "001-1-1").state == ISSUED


def test_sent_again_it_still_waits_once(cast, notice, waiting):
    again = actions.issue_alert(actor=cast.actor("wang"), alert_id=waiting.pk, notice=notice("001"))
    assert again.state == WAITING
    assert Approval.objects.count() == 1


def test_approved_it_goes_out_as_its_writers(cast, waiting):
    for _again in range(2):
        made = actions.approve_alert(actor=cast.actor("chen"), alert=waiting)
    assert (made.state, made.issued_by, made.issued_post) == (ISSUED, cast.accounts["wang"], "community_secretary")
    assert Spread.objects.count() == 1
    assert AlertFact.objects.filter(alert=made, kind="approved").count() == 1
    assert Answer.objects.filter(round=made.posts, how="issued").count() == 1


def test_who_may_not_approve(cast, waiting):
    away = grid.Away(clock.now() + timedelta(days=1), cast.accounts["li"], "leave")
    post = Appointment.objects.select_related("account", "place").get(account=cast.accounts["wang"])
    grid.record_absence(actor=cast.actor("wang"), appointments=[post], away=away)
    for username in ("wang", "li", "sun", "zhou"):  # Li holds the writer's own post meanwhile: no second opinion
        with pytest.raises(Forbidden):
            actions.approve_alert(actor=cast.actor(username), alert=waiting)
        with pytest.raises(Forbidden):
            actions.refuse_alert(actor=cast.actor(username), alert=waiting, reason="x")
    assert Alert.objects.get(pk=waiting.pk).state == WAITING


def test_refused_with_a_reason_it_is_a_draft_again(cast, notice, waiting):
    with pytest.raises(Invalid):
        actions.refuse_alert(actor=cast.actor("chen"), alert=waiting, reason=" ")
    for _again in range(2):
        actions.refuse_alert(actor=cast.actor("chen"), alert=waiting, reason="地点写错了")
    assert Alert.objects.get(pk=waiting.pk).state == "draft"
    with pytest.raises(Conflict):
        actions.approve_alert(actor=cast.actor("chen"), alert=waiting)
    again = actions.issue_alert(actor=cast.actor("wang"), alert_id=waiting.pk, notice=notice("001"))
    assert again.state == WAITING
    assert Approval.objects.count() == 2


def test_undecided_it_lapses(waiting, after):
    after(31)
    assert Alert.objects.get(pk=waiting.pk).state == "draft"
    assert Approval.objects.get().decision == "lapsed"
    assert not Delivery.objects.filter(state="queued").exists()


def test_thrown_away_it_is_over(cast, waiting, after):
    actions.cancel_alert(actor=cast.actor("wang"), alert=waiting, reason="不用了")
    after(31)
    assert Alert.objects.get(pk=waiting.pk).state == "cancelled"


def test_a_writer_whose_post_ended_issues_nothing_any_more(cast, waiting):
    Appointment.objects.filter(account=cast.accounts["wang"]).update(until_at=clock.now())
    with pytest.raises(Conflict):
        actions.approve_alert(actor=cast.actor("chen"), alert=waiting)


def test_where_nobody_else_may_it_goes_out_and_the_timeline_says_so(cast, issued):
    alert = issued("chen")
    assert alert.state == ISSUED
    assert AlertFact.objects.filter(alert=alert, kind="nobody_to_approve").exists()


def test_before_issuing_the_page_says_who_will_be_asked_or_that_nobody_can_be(cast, notice, sign_in):
    said = {"wang": "审批前不会发出", "chen": "没有其他人可以审批"}
    for (username, words), code in zip(said.items(), ("001", "360103001"), strict=True):
        draft = actions.draft_alert(actor=cast.actor(username), alert_id=uuid4(), notice=notice(code))
        page = sign_in(username).get(f"/alerts/{draft.pk}/preview").content.decode()
        assert words in page, username
        assert not any(other in page for name, other in said.items() if name != username)
    small = actions.draft_alert(actor=cast.actor("wang"), alert_id=uuid4(), notice=notice("001-1-1"))
    page = sign_in("wang").get(f"/alerts/{small.pk}/preview").content.decode()
    assert not any(words in page for words in said.values())


def test_that_one_person_decided_stands_on_the_timeline(issued, sign_in):
    alert = issued("chen")
    page = sign_in("chen").get(f"/alerts/{alert.pk}/timeline").content.decode()
    assert "当时没有其他人可以审批" in page


def test_an_update_waits_and_the_old_notice_runs_on(cast, issued, notice, waiting):
    old = actions.approve_alert(actor=cast.actor("chen"), alert=waiting)
    new = actions.update_alert(actor=cast.actor("wang"), alert=old, alert_id=uuid4(), notice=notice("001"))
    assert (new.state, Alert.objects.get(pk=old.pk).state) == (WAITING, ISSUED)
    actions.approve_alert(actor=cast.actor("chen"), alert=new)
    assert Alert.objects.get(pk=old.pk).state == "updated"


def test_pages(cast, waiting, sign_in):
    page = sign_in("wang").get(f"/alerts/{waiting.pk}").content.decode()
    assert "陈书琴" in page
    assert "/approve" not in page
    client = sign_in("chen")
    assert str(waiting.pk) in client.get("/").content.decode()
    assert client.post(f"/alerts/{waiting.pk}/refuse", {"reason": ""}).status_code == 422
    assert client.post(f"/alerts/{waiting.pk}/approve").status_code == 302
    assert Alert.objects.get(pk=waiting.pk).state == ISSUED
    assert sign_in("sun").post(f"/alerts/{uuid4()}/approve").status_code == 404


# The rule ------------------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(["immediate", "expected"]),
    st.lists(st.sampled_from(["cell", "district"]), min_size=1),
    st.integers(0, 100),
    st.times(),
    st.booleans(),
)
def test_every_condition_of_a_rule_must_hold(urgency, kinds, households, local, drill):
    rule = ApprovalRule(("immediate",), ("district",), 50, (time(7), time(21)))
    fits = rule.fits(urgency=urgency, kinds=kinds, households=households, local=local, drill=drill)
    inside = time(7) <= local < time(21)
    assert fits == (urgency == "immediate" and "district" in kinds and households >= 50 and not inside and not drill)
    assert ApprovalRule().fits(urgency=urgency, kinds=kinds, households=households, local=local, drill=False)


@pytest.mark.parametrize(
    "raw",
    [
        {"outside": ["21:00", "07:00"]},
        {"outside": ["7 o'clock", "8"]},
        {"kinds": ["planet"]},
        {"urgencies": ["soon"]},
        {"households": "many"},
        {"lapses": 0},
        {"hours": 3},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_one_line(raw):
    assert read_approval_rule({"outside": ["07:00", "21:00"], "kinds": ["district"]}).lapses == 60
    with pytest.raises(SystemExit, match=r"\[\[approval\]\] of the profile: .+"):
        read_approval_rule(raw)


def test_nothing_goes_out_past_an_end():
    assert set(STATES[WAITING]) == {"issued", "draft", "cancelled"}
