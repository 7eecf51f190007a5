"""Appointing, ending, and what follows from the appointments."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.models import AuditEntry
from linli.grid import actions, queries
from linli.grid.actions import NewAppointment
from linli.grid.models import Account, Appointment
from linli.grid.queries import find_holder

PAPER = "南浦办〔2026〕9号"
DAY = timedelta(days=1)


def appoint(cast, by="wang", who="nobody", post="cell_leader", at="001-2-2", **more):
    more.setdefault("paper", PAPER)
    return actions.appoint(
        actor=cast.actor(by), account=cast.accounts[who], post_kind=post, place=cast.place(at), **more
    )


def held(cast, username, post):
    return Appointment.objects.get(account=cast.accounts[username], post_kind=post)


def test_an_appointment_opens_the_place_and_its_end_closes_it(cast):
    assert cast.actor("nobody").grants == ()
    made = appoint(cast)
    assert cast.actor("nobody").may("register.see", cast.place("001-2-2").path)
    assert find_holder(cast.place("001-2-2").path, queries.list_holders([""])).name == "无职"
    actions.end_appointment(actor=cast.actor("wang"), appointment=made, reason="moved away")
    assert cast.actor("nobody").grants == ()
    entry = AuditEntry.objects.get(act="end_appointment")
    assert (entry.reason, entry.path, entry.fields) == ("moved away", cast.place("001-2-2").path, ["until_at"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"post": "grid_administrator"}, "post_kind"),  # a grid's post at a cell
        ({"post": "emperor"}, "post_kind"),
        ({"paper": "   "}, "paper"),
        ({"paper": "x" * 121}, "paper"),
        ({"until_at": "before"}, "until_at"),
    ],
)
def test_what_is_refused(cast, change, field):
    if change.get("until_at"):
        change = {"until_at": clock.now() - DAY}
    with pytest.raises(Invalid) as caught:
        appoint(cast, **change)
    assert field in caught.value.fields
    assert not AuditEntry.objects.filter(act="appoint").exists()


def test_the_same_appointment_does_not_overlap_itself(cast):
    now = clock.now()
    appoint(cast, from_at=now, until_at=now + 10 * DAY)
    with pytest.raises(Conflict) as caught:
        appoint(cast, from_at=now + 5 * DAY)
    assert caught.value.code == "already-holds"
    with pytest.raises(Conflict):
        appoint(cast, from_at=now - 5 * DAY)
    appoint(cast, from_at=now + 10 * DAY)  # right after it


def test_a_double_booking_is_allowed_and_shown_unless_strict(cast):
    with pytest.raises(Conflict) as caught:
        appoint(cast, who="zhou", post="grid_administrator", at="001-2", strict=True)
    assert caught.value.code == "double-booking"
    made = appoint(cast, who="zhou", post="grid_administrator", at="001-2")
    shown = queries.list_double_bookings(actor=cast.actor("wang"), code=cast.place("001").code)[0:50]
    reasons = {(one.appointment.account.username, one.appointment.post_kind): one.reasons for one in shown}
    assert reasons == {("zhao", "grid_administrator"): ["seats"], ("zhou", "grid_administrator"): ["seats"]}
    assert [other.account.username for other in shown[0].against] in (["zhou"], ["zhao"])
    actions.end_appointment(actor=cast.actor("wang"), appointment=made, reason="mistake")
    assert len(queries.list_double_bookings(actor=cast.actor("wang"), code=cast.place("001").code)) == 0


def test_what_lies_outside_ones_places_is_counted_and_not_named(cast):
    actions.appoint(
        actor=SYSTEM,
        account=cast.accounts["li"],
        post_kind="grid_administrator",
        place=cast.place("002-1"),
        paper=PAPER,
    )
    shown = queries.list_double_bookings(actor=cast.actor("wang"), code=cast.place("001").code)[0:50]
    assert [(one.appointment.account.username, one.reasons, one.against, one.elsewhere) for one in shown] == [
        ("li", ["places"], [], 1)
    ]


def test_a_form_sent_twice_appoints_once(cast):
    key = uuid4()
    first, second = appoint(cast, write_id=key), appoint(cast, write_id=key)
    assert first.pk == second.pk
    with pytest.raises(Conflict):
        appoint(cast, write_id=key, at="001-2-1")
    with pytest.raises(Conflict):  # somebody else can't replay it either
        appoint(cast, by="chen", write_id=key)


# As an attacker would ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "error"), [("sun", Missing), ("qian", Missing), ("zhou", Missing), ("operator", Missing), ("li", Forbidden)]
)
def test_who_may_not_appoint_here(cast, by, error):
    with pytest.raises(error):
        appoint(cast, by=by, at="001-1-2")
    with pytest.raises(error):
        actions.end_appointment(actor=cast.actor(by), appointment=held(cast, "wu", "cell_leader"), reason="x")


def test_nobody_appoints_above_their_place(cast):
    with pytest.raises(Missing):
        appoint(cast, by="wang", post="street_officer", at="360103001")
    with pytest.raises(Missing):
        appoint(cast, by="wang", who="wang", post="street_officer", at="360103001")


def test_nobody_widens_their_own_reach(cast):
    """A street officer may not see protected addresses; she can't make herself a secretary to see them."""
    with pytest.raises(Forbidden):
        appoint(cast, by="chen", who="chen", post="community_secretary", at="001")
    made = appoint(cast, by="chen", who="chen", post="first_director", at="001-1")
    assert made.pk


def test_nobody_prolongs_their_own_reach(cast):
    mine = held(cast, "wang", "community_secretary")
    mine.until_at = clock.now() + 10 * DAY
    mine.save()
    with pytest.raises(Forbidden):
        appoint(cast, who="wang", post="community_director", at="001")
    with pytest.raises(Forbidden):
        appoint(cast, who="wang", post="community_director", at="001", until_at=clock.now() + 11 * DAY)
    appoint(cast, who="wang", post="community_director", at="001", until_at=clock.now() + 9 * DAY)
    rows = [NewAppointment(cast.accounts["wang"].pk, "community_secretary", cast.place("001").pk, PAPER, mine.until_at)]
    with pytest.raises(Forbidden):
        actions.appoint_many(actor=cast.actor("wang"), rows=rows)


def test_an_ended_appointment_appoints_nobody(cast):
    """The actor is made afresh on every request; one made a moment ago still can't act in another's place."""
    actions.end_appointment(actor=SYSTEM, appointment=held(cast, "wang", "community_secretary"), reason="left")
    with pytest.raises(Missing):
        appoint(cast)


def test_a_token_without_the_scope_appoints_nobody(cast):
    actor = queries.actor_for(cast.accounts["wang"], token_scopes=frozenset({"posts.see"}))
    with pytest.raises(Forbidden):
        actions.appoint(
            actor=actor,
            account=cast.accounts["nobody"],
            post_kind="cell_leader",
            place=cast.place("001-2-2"),
            paper=PAPER,
        )


def test_a_closed_account_is_not_appointed_and_a_closed_place_not_staffed(cast):
    Account.objects.filter(username="nobody").update(is_active=False)
    cast.accounts["nobody"].refresh_from_db()
    with pytest.raises(Conflict) as caught:
        appoint(cast)
    assert caught.value.code == "account-closed"
    place = cast.place("001-2-2")
    place.until_on = clock.today()
    place.save()
    with pytest.raises(Conflict) as caught:
        appoint(cast, who="li")
    assert caught.value.code == "place-ended"


# Organisations -------------------------------------------------------------------------------------------------------


def test_an_organisation_lends_people_to_its_own_place_and_below(cast):
    station = actions.add_organisation(
        actor=cast.actor("chen"), place=cast.place("360103001"), name="南浦派出所", kind="police"
    )
    made = appoint(cast, post="police_officer", at="001-1", organisation=station)
    assert made.organisation == station
    foreign = actions.add_organisation(
        actor=cast.actor("sun"), place=cast.place("002"), name="象山物业", kind="property"
    )
    with pytest.raises(Missing):
        appoint(cast, post="property_supervisor", at="001-1", organisation=foreign)
    with pytest.raises(Invalid):
        actions.add_organisation(actor=cast.actor("sun"), place=cast.place("002"), name="象山物业 ", kind="property")
    assert station in queries.list_organisations(actor=cast.actor("wang"), place=cast.place("001-1"))
    assert foreign not in queries.list_organisations(actor=cast.actor("wang"), place=cast.place("001-1"))


# Ending --------------------------------------------------------------------------------------------------------------


def test_ending_needs_a_reason_and_comes_once(cast):
    mine = held(cast, "zheng", "cell_leader")
    with pytest.raises(Invalid):
        actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason=" ")
    with pytest.raises(Invalid):
        actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason="x", at=mine.from_at - DAY)
    actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason="x")
    with pytest.raises(Conflict):
        actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason="x")


def test_an_end_to_come_is_moved_forward_never_back(cast):
    mine = held(cast, "zheng", "cell_leader")
    later = clock.now() + 10 * DAY
    actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason="x", at=later)
    assert cast.actor("zheng").grants
    with pytest.raises(Invalid):
        actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason="x", at=later + DAY)
    actions.end_appointment(actor=cast.actor("wang"), appointment=mine, reason="x", at=later - DAY)


def test_one_that_had_not_begun_is_taken_back(cast):
    made = appoint(cast, from_at=clock.now() + DAY)
    ended = actions.end_appointment(actor=cast.actor("wang"), appointment=made, reason="changed our minds")
    assert ended.until_at == ended.from_at
    rows = queries.list_posts_on(actor=cast.actor("wang"), code=cast.place("001-2-2").code, day=clock.today() + DAY)
    assert [(one.kind.code, one.held) for one in rows] == [("cell_leader", [])]


# Who held it on that day ---------------------------------------------------------------------------------------------


def test_who_held_the_post_on_that_day(cast):
    now, code = clock.now(), cast.place("001-1").code
    li = held(cast, "li", "grid_administrator")
    actions.end_appointment(actor=cast.actor("wang"), appointment=li, reason="x", at=now - 5 * DAY)
    appoint(cast, post="grid_administrator", at="001-1", from_at=now - 3 * DAY)

    def on(days):
        rows = queries.list_posts_on(actor=cast.actor("wang"), code=code, day=clock.today() - days * DAY)
        assert rows[0].kind.code == "grid_administrator"  # the post of the line first, the other six after it
        assert len(rows) == 7
        return [one.account.username for one in rows[0].held]

    assert (on(20), on(4), on(0)) == (["li"], [], ["nobody"])
    history = queries.list_post_history(actor=cast.actor("wang"), code=code, post_kind="grid_administrator")
    assert [one.account.username for one in history] == ["nobody", "li"]
    for outsider in ("sun", "zhou", "operator"):
        with pytest.raises(Missing):
            queries.list_posts_on(actor=cast.actor(outsider), code=code, day=clock.today())
        with pytest.raises(Missing):
            queries.list_post_history(actor=cast.actor(outsider), code=code)


# Vacancies -----------------------------------------------------------------------------------------------------------


def test_vacancies_come_line_first_with_who_holds_the_part(cast):
    found = queries.list_vacancies(actor=cast.actor("wang"), code=cast.place("001").code)
    rows = found[0:100]
    assert len(rows) == len(found)
    first = rows[0]
    assert (first.kind.code, first.code, first.above) == ("cell_leader", cast.place("001-2-2").code, ["第二网格"])
    assert first.part_held_by.name == "赵敏"
    counts = {one.kind.code: (one.posts, one.vacant) for one in found.counts}
    assert counts["cell_leader"] == (4, 1)
    assert counts["community_director"] == (1, 1)
    assert counts["police_officer"] == (2, 2)
    assert counts["grid_administrator"] == (2, 0)
    assert "street_officer" not in counts
    assert queries.count_line_posts(cast.place("001").path) == (7, 1)
    assert queries.count_line_posts("") == (1 + 2 + 3 + 5, 2)


def test_pages_of_vacancies_make_the_whole(cast):
    found = queries.list_vacancies(actor=cast.actor("chen"), code="360103001")
    whole = [(one.kind.code, one.path) for one in found]
    for size in (1, 2, 3, 7):
        parts = [found[at : at + size] for at in range(0, len(found), size)]
        assert [(one.kind.code, one.path) for part in parts for one in part] == whole
    only = queries.list_vacancies(actor=cast.actor("chen"), code="360103001", kind="cell_leader")
    assert [(one.kind.code, one.code[-6:]) for one in only] == [("cell_leader", "01-2-2"), ("cell_leader", "02-1-1")]


def test_a_post_of_a_closed_account_is_vacant(cast):
    actions.deactivate_account(actor=SYSTEM, account=cast.accounts["li"], reason="left")
    assert queries.count_line_posts(cast.place("001").path) == (7, 2)
    assert Appointment.objects.valid_at(clock.now()).filter(account=cast.accounts["li"]).count() == 0


@pytest.mark.parametrize("outsider", ["sun", "zhou", "operator", "nobody"])
def test_vacancies_of_another_place_look_like_nothing(cast, outsider):
    for ask in (queries.list_vacancies, queries.list_double_bookings, queries.list_staffing):
        with pytest.raises(Missing):
            ask(actor=cast.actor(outsider), code=cast.place("001").code)


# Staffing ------------------------------------------------------------------------------------------------------------


def people(cast, code, n):
    change = [actions.Change(to_path=cast.place(code).path, n=n)]
    actions.record_headcount_changes(actor=SYSTEM, unit="person", changes=change)


def test_residents_for_each_staff_worst_first(cast):
    people(cast, "001-1-1", 500)
    people(cast, "001-2-1", 900)
    people(cast, "002-1-1", 100)
    actions.fold_headcounts(actor=SYSTEM)
    people(cast, "001-1-1", 1)  # not folded yet: the figure is exact all the same
    actions.end_appointment(actor=SYSTEM, appointment=held(cast, "qian", "grid_administrator"), reason="x")
    rows = queries.list_staffing(actor=cast.actor("chen"), code="360103001", kind="grid")[0:50]
    shown = [(one.place.code[-5:], one.residents, one.staff, one.each, one.lacking) for one in rows]
    assert shown == [
        ("002-1", 100, 0, None, 1),  # nobody at all is worst
        ("001-2", 900, 1, 900, 2),
        ("001-1", 501, 1, 501, 1),
    ]
    by_community = queries.list_staffing(actor=cast.actor("chen"), code="360103001")[0:50]
    assert [(one.place.code[-3:], one.residents, one.staff) for one in by_community] == [
        ("002", 100, 0),
        ("001", 1401, 2),
    ]
    assert [kind.code for kind in queries.staffing_kinds(cast.place("360103001"))] == ["community", "grid"]
    assert queries.staffing_aim() == 300


# Whose posts, and whom one finds -------------------------------------------------------------------------------------


def test_posts_of_an_account_are_shown_within_ones_places(cast):
    actions.appoint(
        actor=SYSTEM,
        account=cast.accounts["li"],
        post_kind="grid_administrator",
        place=cast.place("002-1"),
        paper=PAPER,
    )
    li = cast.accounts["li"]
    codes = lambda actor: [one.place.code[-5:] for one in queries.list_posts_of(actor=actor, account=li)]  # noqa: E731
    assert codes(cast.actor("li")) == ["001-1", "002-1"]
    assert codes(cast.actor("wang")) == ["001-1"]
    assert codes(cast.actor("zhou")) == []


def test_one_finds_people_of_ones_own_places(cast):
    found = lambda by, text: [one.username for one in queries.search_accounts(actor=cast.actor(by), text=text)]  # noqa: E731
    assert found("wang", "周") == ["zhou"]
    assert found("sun", "周") == []
    assert found("sun", "qia") == ["qian"]
    assert found("li", "周") == []  # sees posts, appoints nobody
    assert found("chen", "") == []
    assert queries.get_account_by_username(actor=cast.actor("sun"), username="nobody").name == "无职"
    with pytest.raises(Missing):
        queries.get_account_by_username(actor=cast.actor("li"), username="nobody")


# Batches -------------------------------------------------------------------------------------------------------------


def rows_for(cast, n):
    accounts = actions.make_accounts(
        actor=SYSTEM, rows=[actions.NewAccount(username=f"p{i}", name=f"人{i}") for i in range(n)]
    )
    place = cast.place("001-2-2").pk
    return [NewAppointment(one.pk, "cell_leader", place, PAPER) for one in accounts.values()]


def test_a_batch_sent_again_doubles_nothing(cast):
    rows = rows_for(cast, 5)
    assert len(actions.appoint_many(actor=cast.actor("chen"), rows=[*rows, rows[0]])) == 5
    assert actions.appoint_many(actor=cast.actor("chen"), rows=rows) == []
    again = actions.make_accounts(actor=SYSTEM, rows=[actions.NewAccount(username="p1", name="别人")])
    assert again["p1"].name == "人1"
    entry = AuditEntry.objects.get(act="appoint_many")
    assert entry.path == cast.place("001-2-2").path


def test_one_wrong_row_refuses_the_batch(cast):
    rows = rows_for(cast, 2)
    bad = NewAppointment(rows[0].account_id, "grid_administrator", rows[0].place_id, PAPER)
    with pytest.raises(Invalid) as caught:
        actions.appoint_many(actor=cast.actor("chen"), rows=[rows[1], bad])
    assert set(caught.value.fields) == {"1"}
    with pytest.raises(Missing):
        actions.appoint_many(actor=cast.actor("sun"), rows=rows)
    assert Appointment.objects.filter(place=cast.place("001-2-2")).count() == 0


def count_queries(do):
    with CaptureQueriesContext(connection) as seen:
        do()
    return len(seen)


def test_the_number_of_queries_does_not_grow(cast):
    few, many = rows_for(cast, 3), rows_for(cast, 90)[3:]
    batch = [count_queries(lambda: actions.appoint_many(actor=SYSTEM, rows=rows)) for rows in (few, many)]  # noqa: B023
    assert batch[0] == batch[1]
    wang, code = cast.actor("wang"), cast.place("001").code
    assert count_queries(lambda: queries.list_vacancies(actor=wang, code=code)[0:50]) == 5
    assert count_queries(lambda: queries.list_double_bookings(actor=wang, code=code)[0:50]) == 4
    assert count_queries(lambda: queries.list_staffing(actor=wang, code=code)[0:50]) <= 6
    assert count_queries(lambda: queries.count_line_posts("")) == 2
