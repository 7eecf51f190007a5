"""An alert comes in, a person looks at it, and what goes out goes through the actions of alerts."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from linli.alerts import actions as alert_actions
from linli.alerts.actions import Notice, approvals
from linli.alerts.models import Alert
from linli.alerts.queries import list_places_of
from linli.alerts.rules import WAITING, ApprovalRule
from linli.core import events
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.models import AuditEntry
from linli.duties.models import Task
from linli.duties.rules import SCREENING
from linli.exchange import actions, queries
from linli.exchange.models import Incoming
from linli.exchange.rules.cap import Reference
from tests.exchange.conftest import COMMUNITY, STREET, make_message

APPROVERS = ("wang", "chen")  # who wrote it, and who is asked


def open_tasks():
    return Task.objects.open().filter(kind=SCREENING)


def issue_draft(cast, username, draft):
    notice = Notice(
        texts=draft.texts,
        urgency=draft.urgency,
        places=list_places_of(alert=draft),
        groups=draft.groups,
        expires_at=draft.expires_at,
    )
    actor = cast.actor(username)
    if draft.replaces:
        made = alert_actions.update_alert(actor=actor, alert=draft.replaces, alert_id=draft.pk, notice=notice)
    else:
        made = alert_actions.issue_alert(actor=actor, alert_id=draft.pk, notice=notice)
    while events.deliver_due():
        pass
    return made


def about(earlier, msg_type, identifier="CMA-2", **more):
    reference = Reference(earlier.sender, earlier.identifier, earlier.sent_at)
    return make_message(identifier, msg_type=msg_type, references=(reference,), **more)


def test_it_becomes_a_task_of_whoever_may_issue_there_and_nothing_goes_out(cast, take):
    one = take()
    assert one.state == "new"
    assert open_tasks().get().holder == cast.accounts["chen"]
    assert Alert.objects.count() == 0
    below = take(make_message("CMA-9", codes=(COMMUNITY,)))
    assert below.place.code == COMMUNITY
    assert open_tasks().get(source_id=str(below.pk)).holder == cast.accounts["wang"]


def test_the_same_again_changes_nothing_and_another_under_its_name_is_refused(cast, take):
    message = make_message()
    first = take(message)
    assert take(message) == first
    assert Incoming.objects.count() == 1
    with pytest.raises(Conflict) as refused:
        take(replace(message, note="other words"))
    assert refused.value.code == "identifier_reused"
    assert Incoming.objects.get().said["note"] == ""


def test_a_code_padded_with_zeros_and_a_larger_area_are_understood(cast, take):
    assert take(make_message("a", codes=("360103001000",))).paths == [cast.place(STREET).path]
    wide = take(make_message("b", codes=("360000",)))
    assert wide.is_matched
    assert wide.place.code == STREET  # as far as the file is for
    assert take(make_message("c", codes=("110000",))).state == "elsewhere"
    assert open_tasks().count() == 2


def test_without_known_codes_names_count_and_else_a_person_is_told(cast, take):
    from linli.exchange.rules.cap import Area

    def named(identifier, desc):
        message = make_message(identifier)
        infos = tuple(type(info)(**{**vars(info), "areas": (Area(desc=desc),)}) for info in message.infos)
        return make_message(identifier, infos=infos)

    assert take(named("a", "二郎庙社区居委会、象山社区居委会")).place.code == STREET
    assert take(named("b", "二郎庙社区居委会")).place.code == COMMUNITY
    lost = take(named("c", "somewhere on the moon"))
    assert not lost.is_matched
    assert lost.state == "new"


def test_a_notice_is_written_from_it_and_settles_it_once_issued(cast, take):
    one = take()
    draft = actions.begin_notice(actor=cast.actor("chen"), incoming=one)
    assert draft.state == "draft"
    assert draft.texts["zh-hans"] == {"headline": "暴雨红色预警", "body": "未来3小时有特大暴雨。\n\n请勿外出。"}
    assert draft.texts["en"]["headline"] == "Red rainstorm warning"
    assert draft.urgency == "immediate"
    assert draft.expires_at == one.expires_at
    assert [place.code for place in list_places_of(alert=draft)] == [STREET]
    assert Incoming.objects.get().state == "drafted"
    assert open_tasks().get().begun_at is not None
    Alert.objects.filter(pk=draft.pk).update(texts={"en": {"headline": "Mended", "body": ""}})
    again = actions.begin_notice(actor=cast.actor("chen"), incoming=one)
    assert again.texts["en"]["headline"] == "Mended"  # asked again, nothing that was written is lost
    issue_draft(cast, "chen", again)
    assert Incoming.objects.get().state == "issued"
    assert not open_tasks().exists()


def test_too_long_words_are_cut_for_a_person_to_read(cast, take):
    message = make_message()
    long = tuple(
        type(info)(**{**vars(info), "headline": "长" * 90, "description": "x" * 3_000}) for info in message.infos
    )
    draft = actions.begin_notice(actor=cast.actor("chen"), incoming=take(make_message(infos=long)))
    assert draft.texts["zh-hans"]["headline"] == "长" * 59 + "…"
    assert len(draft.texts["en"]["body"]) == 2_000


def test_who_has_only_a_part_writes_for_that_part_and_decides_nothing(cast, take):
    one = take()
    draft = actions.begin_notice(actor=cast.actor("wang"), incoming=one)
    assert [place.code for place in list_places_of(alert=draft)] == [COMMUNITY]
    assert Incoming.objects.get().state == "new"
    with pytest.raises(Forbidden):
        actions.dismiss_incoming(actor=cast.actor("wang"), incoming=one, reason="no")
    with pytest.raises(Missing):
        actions.begin_notice(actor=cast.actor("li"), incoming=one)


def test_dismissed_with_a_reason_and_taken_up_again(cast, take):
    one, chen = take(), cast.actor("chen")
    with pytest.raises(Invalid):
        actions.dismiss_incoming(actor=chen, incoming=one, reason="  ")
    key = uuid4()
    for _twice in range(2):
        actions.dismiss_incoming(actor=chen, incoming=one, reason="Not our river", write_id=key)
    assert AuditEntry.objects.filter(act="dismiss_incoming").count() == 1
    assert not open_tasks().exists()
    assert [row.state for row in queries.list_incoming(actor=chen, which="done")] == ["dismissed"]
    for _twice in range(2):
        actions.reopen_incoming(actor=chen, incoming=one)
    assert Incoming.objects.get().state == "new"
    assert open_tasks().count() == 1


def test_an_update_is_proposed_as_an_update_of_what_was_issued(cast, take):
    one = take()
    ours = issue_draft(cast, "chen", actions.begin_notice(actor=cast.actor("chen"), incoming=one))
    one.refresh_from_db()
    later = take(about(one, "Update"))
    assert later.about == one
    draft = actions.begin_notice(actor=cast.actor("chen"), incoming=later)
    assert draft.replaces == ours
    issue_draft(cast, "chen", draft)
    ours.refresh_from_db()
    assert ours.state == "updated"


def test_a_cancellation_calls_our_notice_back_when_a_person_says_so(cast, take):
    one = take()
    ours = issue_draft(cast, "chen", actions.begin_notice(actor=cast.actor("chen"), incoming=one))
    one.refresh_from_db()
    later = take(about(one, "Cancel", note="The rain has passed by"))
    assert later.state == "new"
    ours.refresh_from_db()
    assert ours.state == "issued"
    key = uuid4()
    for _twice in range(2):
        actions.call_back(actor=cast.actor("chen"), incoming=later, reason="The rain has passed by", write_id=key)
    ours.refresh_from_db()
    assert (ours.state, ours.end_reason) == ("cancelled", "The rain has passed by")
    assert Incoming.objects.get(pk=later.pk).state == "called_back"
    assert not open_tasks().exists()


def test_what_nobody_had_looked_at_is_overtaken(cast, take):
    one = take()
    update = take(about(one, "Update"))
    one.refresh_from_db()
    assert one.state == "superseded"
    assert open_tasks().get().source_id == str(update.pk)
    cancel = take(about(update, "Cancel", "CMA-3"))
    update.refresh_from_db()
    assert (update.state, cancel.state) == ("superseded", "superseded")
    assert not open_tasks().exists()


def test_two_offices_apart_look_at_it_apart(cast):
    from linli.exchange.rules.writing import write_message
    from linli.grid.models import Appointment

    Appointment.objects.filter(account=cast.accounts["chen"]).delete()
    from linli.core.actors import SYSTEM

    rows = actions.take_in(actor=SYSTEM, document=write_message(make_message()))
    assert sorted(one.place.code for one in rows) == [COMMUNITY, "360103001002"]
    first = next(one for one in rows if one.place.code == COMMUNITY)
    actions.dismiss_incoming(actor=cast.actor("wang"), incoming=first, reason="no")
    assert queries.count_to_screen(actor=cast.actor("sun")) == 1
    with pytest.raises(Missing):
        queries.get_incoming(actor=cast.actor("sun"), incoming_id=first.pk)


def test_an_ended_alert_leaves_no_end_in_the_past(cast, take):
    message = make_message()
    past = message.sent - timedelta(hours=1)
    infos = tuple(type(info)(**{**vars(info), "expires": past}) for info in message.infos)
    assert actions.begin_notice(actor=cast.actor("chen"), incoming=take(make_message(infos=infos))).expires_at is None


@pytest.mark.parametrize(
    "more", [{"msg_type": "Ack"}, {"msg_type": "Error"}, {"status": "System"}, {"status": "Draft"}]
)
def test_what_is_for_machines_is_refused(cast, take, more):
    with pytest.raises(Invalid) as refused:
        take(make_message(**more))
    assert refused.value.code == "not_for_people"


def test_one_that_waits_for_approval_is_told_as_such_and_not_offered_to_be_written_again(
    cast, take, sign_in, monkeypatch
):
    monkeypatch.setattr(approvals, "approval_rules", lambda: (ApprovalRule(households=6),))
    one = take(make_message(codes=(COMMUNITY,)))
    draft = actions.begin_notice(actor=cast.actor("wang"), incoming=one)
    assert issue_draft(cast, "wang", draft).state == WAITING
    english = {"Accept-Language": "en"}
    pages = {
        who: sign_in(who).get(f"/exchange/incoming/{one.pk}", headers=english).content.decode() for who in APPROVERS
    }
    for page in pages.values():
        assert "waits for a second person" in page
        assert f'href="/alerts/{draft.pk}"' in page
        assert "Write the notice" not in page
        assert "Go on writing" not in page
    assert Incoming.objects.get().state == "drafted"
    alert_actions.approve_alert(actor=cast.actor("chen"), alert=draft)
    while events.deliver_due():
        pass
    assert Incoming.objects.get().state == "issued"
