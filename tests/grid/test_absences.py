"""Who stands at a post while its holder is away: deputies, ends, and that a part is never nobody's."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.models import AuditEntry
from linli.grid import actions, queries
from linli.grid.models import Absence, Account, Appointment
from linli.grid.queries import actor_for, find_holder, holders_on_the_way_up, list_holders, list_vacant_parts


def post_of(cast, username):
    return Appointment.objects.select_related("account", "place").get(account=cast.accounts[username])


def away(cast, username, deputy=None, *, by=None, days=3, **more):
    return actions.record_absence(
        actor=cast.actor(by or username),
        appointments=[post_of(cast, username)],
        away=actions.Away(
            until_at=clock.now() + timedelta(days=days),
            deputy=cast.accounts[deputy] if deputy else None,
            reason="leave",
            **more,
        ),
        write_id=uuid4(),
    )[0]


def stands_at(cast, code):
    path = cast.place(code).path
    one = find_holder(path, holders_on_the_way_up([path]))
    assert one == find_holder(path, list_holders([path]))
    return (one.name, one.stands_in_for)


def test_a_deputy_stands_at_the_post_until_it_ends_by_itself(cast):
    with time_machine.travel("2026-03-02T08:00:00+00:00", tick=False) as clock_hand:
        Appointment.objects.update(from_at=clock.now() - timedelta(days=30))
        assert stands_at(cast, "001-1") == ("李梅", "")
        away(cast, "li", "zhao")
        assert stands_at(cast, "001-1") == ("赵敏", "李梅")
        clock_hand.shift(timedelta(days=3))
        assert stands_at(cast, "001-1") == ("李梅", "")


def test_a_deputy_acts_with_the_post_while_it_lasts_and_the_trail_names_both(cast):
    path = cast.place("001-1-1").path
    assert not cast.actor("zhao").may("register.edit", path)
    one = away(cast, "li", "zhao")
    actor = cast.actor("zhao")
    assert actor.may("register.edit", path)
    from linli.core.audit import record

    record(actor, "change_household", ("residents.household", 1), path=path)
    record(actor, "change_household", ("residents.household", 2), path=cast.place("001-2").path)
    acted_for = dict(AuditEntry.objects.filter(act="change_household").values_list("object_id", "acted_for"))
    assert acted_for == {"1": f"account:{cast.accounts['li'].pk}", "2": ""}
    actions.end_absence(actor=cast.actor("li"), absence=one)
    assert not cast.actor("zhao").may("register.edit", path)


def test_the_trail_names_both_where_only_the_lent_post_allowed_it(cast):
    away(cast, "wang", "li")
    actor = cast.actor("li")
    own = cast.place("001-1").path  # her own grid, where her own post appoints nobody
    assert actor.acts_for(own) == ""
    assert actor.may("posts.appoint", own)
    assert actor.acts_for(own) == f"account:{cast.accounts['wang'].pk}"


def test_what_is_lent_opens_nothing_to_programs(cast):
    away(cast, "li", "zhao")
    program = actor_for(cast.accounts["zhao"], token_scopes=frozenset({"register.see"}))
    assert program.paths("register.see") == [cast.place("001-2").path]


def test_without_a_deputy_the_level_above_holds_the_part(cast):
    away(cast, "zhou")
    assert stands_at(cast, "001-1-1") == ("李梅", "")
    assert cast.place("001-1-1") in queries.list_own_parts(actor=cast.actor("li"))
    to_fill = [place.code for place, _by in list_vacant_parts(paths=[cast.place("001").path], away=False)]
    assert to_fill == [cast.place("001-2-2").code]  # one who is away has not left


def test_a_deputy_who_is_away_too_stands_in_for_nobody(cast):
    away(cast, "li", "zhao")
    away(cast, "zhao", "zhou")
    assert stands_at(cast, "001-1") == ("王建国", "")  # not Zhou: what is lent is not lent on
    assert stands_at(cast, "001-2") == ("周大勇", "赵敏")


def test_a_deputy_whose_account_was_closed_stands_in_for_nobody(cast):
    away(cast, "li", "zhao")
    Account.objects.filter(pk=cast.accounts["zhao"].pk).update(is_active=False)
    assert stands_at(cast, "001-1") == ("王建国", "")


def test_a_deputy_who_left_every_post_of_their_own_stands_in_for_nobody(cast):
    path = cast.place("001-1-1").path
    away(cast, "li", "zhao")
    Appointment.objects.filter(account=cast.accounts["zhao"]).update(until_at=clock.now())
    assert stands_at(cast, "001-1") == ("王建国", "")
    assert not cast.actor("zhao").grants
    assert not cast.actor("zhao").may("register.see", path)
    lent = (post_of(cast, "li").pk, cast.accounts["zhao"].pk)
    assert queries.valid_holdings([lent]) == set()


def test_at_the_top_somebody_must_stand_in(cast):
    with pytest.raises(Invalid) as refused:
        away(cast, "chen")
    assert "deputy" in refused.value.fields
    away(cast, "chen", "wang")
    assert stands_at(cast, "360103001") == ("王建国", "陈书琴")


def test_where_everybody_is_away_the_part_stays_with_the_top(cast):
    away(cast, "chen", "wang")
    away(cast, "wang", "li")
    away(cast, "li", "zhao")
    away(cast, "zhao", "zhou")
    assert stands_at(cast, "360103001") == ("陈书琴", "")
    assert stands_at(cast, "001") == ("陈书琴", "")
    assert all(by is not None for _place, by in list_vacant_parts(paths=[cast.place("001").path]))


@pytest.mark.parametrize(
    ("username", "deputy", "by", "error"),
    [
        ("li", "zhao", "sun", Missing),  # appoints elsewhere
        ("zhou", "wu", "li", Forbidden),  # sees the post, appoints nobody
        ("li", "sun", "li", Missing),  # of another community
        ("li", "nobody", "li", Missing),  # holds no post
        ("li", "li", "li", Invalid),
    ],
)
def test_what_is_refused(cast, username, deputy, by, error):
    with pytest.raises(error):
        away(cast, username, deputy, by=by)
    assert not Absence.objects.exists()


def test_days_that_make_no_sense(cast):
    for more in ({"days": 61}, {"days": -1}, {"from_at": clock.now() - timedelta(days=2)}):
        with pytest.raises(Invalid):
            away(cast, "li", "zhao", **more)


def test_one_absence_at_a_time(cast):
    away(cast, "li", "zhao")
    with pytest.raises(Conflict):
        away(cast, "li", "zhou", from_at=clock.now() + timedelta(days=2))
    away(cast, "li", "zhou", from_at=clock.now() + timedelta(days=4), days=6)


def test_a_deputy_can_neither_prolong_nor_keep_what_was_lent(cast):
    away(cast, "wang", "li")
    with pytest.raises(Conflict):
        away(cast, "wang", "li", by="li", days=60)  # for she appoints there meanwhile
    with pytest.raises(Forbidden):
        away(cast, "wang", "li", by="li", from_at=clock.now() + timedelta(days=4), days=60)
    with pytest.raises(Forbidden):
        actions.appoint(
            actor=cast.actor("li"),
            account=cast.accounts["li"],
            post_kind="community_director",
            place=cast.place("001"),
            paper="自己",
        )


def test_written_down_once_ended_once(cast):
    key, post = uuid4(), post_of(cast, "li")
    what = actions.Away(until_at=clock.now() + timedelta(days=1), deputy=cast.accounts["zhao"], reason="other")
    for _again in range(2):
        made = actions.record_absence(actor=cast.actor("li"), appointments=[post], away=what, write_id=key)
    for who in ("zhao", "li"):  # who stands in may lay it down
        actions.end_absence(actor=cast.actor(who), absence=made[0])
    assert Absence.objects.count() == 1
    assert AuditEntry.objects.filter(act="end_absence").count() == 1


NAMES = ["chen", "wang", "li", "zhao", "zhou", "wu", "zheng", "sun", "qian"]
absences = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([None, *NAMES])), max_size=12)
CODES = ["360103001", "001", "001-1", "001-1-1", "001-1-2", "001-2", "001-2-1", "001-2-2", "002", "002-1", "002-1-1"]


@given(absences=absences, gone=st.sets(st.sampled_from(NAMES), max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_part_is_never_nobodys(cast, absences, gone):
    """Whoever is away, whoever stands in, whoever can't be reached: as long as one reachable person holds a post on the
    way up, somebody answers, and everybody who reads the line finds the same person."""
    Absence.objects.all().delete()
    Account.objects.update(reachable=True)
    Account.objects.filter(username__in=gone).update(reachable=False)
    now = clock.now()
    for username, deputy in dict(absences).items():
        Absence.objects.create(
            appointment=post_of(cast, username),
            deputy=cast.accounts[deputy] if deputy and deputy != username else None,
            from_at=now - timedelta(hours=1),
            until_at=now + timedelta(hours=1),
            reason="leave",
            made_by=SYSTEM.ref,
            made_at=now,
        )
    off = {username for username, _deputy in dict(absences).items()}
    parts = {place.path: by for place, by in list_vacant_parts(paths=[cast.place("360103001").path])}
    holders = list_holders([cast.place("360103001").path])
    for code in CODES:
        path = cast.place(code).path
        one = find_holder(path, holders)
        chain = [post_of(cast, name) for name in NAMES if path.startswith(post_of(cast, name).place.path)]
        expected = any(post.account.reachable for post in chain) or any(post.account.username in off for post in chain)
        if any(post.account.reachable for post in chain):
            assert one is not None
        assert expected or one is None
        assert one == find_holder(path, holders_on_the_way_up([path]))
        assert one == find_holder(path, list_holders([path]))
        here = [name for name in off if one and cast.accounts[name].pk == one.account_id]
        if here:  # away, and yet it is theirs: nobody else was there
            assert all(post.account.username in off or not post.account.reachable for post in chain)
        if path in parts:
            assert parts[path] == find_holder(path, holders, above=True)
        else:
            assert one is None or one.path == path
