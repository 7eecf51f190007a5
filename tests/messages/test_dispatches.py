"""The outbox as the rooms above see it: begin, enqueue, stop, and how it stands."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Invalid
from linli.messages import actions, queries
from linli.messages.actions import Recipient, Sending
from linli.messages.models import Delivery

SOURCE = ("alerts", "a1")
TEXTS = {"zh-hans": {"headline": "明天停水", "body": "请储水。"}, "en": {"headline": "No water", "body": "Store some."}}


def begin(source=SOURCE, **more):
    sending = Sending(source=source, kind=more.pop("kind", "notice"), texts=more.pop("texts", TEXTS), **more)
    return actions.begin_dispatch(actor=SYSTEM, dispatch_id=more.pop("id", uuid4()), sending=sending)


def people(*ids, kind="household", path="36/01/"):
    return [Recipient(kind, one, path) for one in ids]


def enqueue(dispatch, *recipients):
    return actions.enqueue(actor=SYSTEM, dispatch=dispatch, recipients=recipients)


@pytest.mark.django_db
def test_the_same_id_is_the_same_dispatch():
    key = uuid4()
    sending = Sending(source=SOURCE, kind="notice", texts=TEXTS)
    first = actions.begin_dispatch(actor=SYSTEM, dispatch_id=key, sending=sending)
    assert actions.begin_dispatch(actor=SYSTEM, dispatch_id=key, sending=sending).pk == first.pk
    other = Sending(source=SOURCE, kind="notice", texts={"en": {"headline": "Other"}})
    with pytest.raises(Conflict):
        actions.begin_dispatch(actor=SYSTEM, dispatch_id=key, sending=other)
    with pytest.raises(Invalid):
        begin(texts={"en": {"headline": " "}})


@pytest.mark.django_db
def test_nobody_is_twice_in_a_dispatch_and_everybody_may_be_in_two():
    one, two = begin(), begin(kind="reminder")
    assert enqueue(one, *people(1, 2, 2), *people(1, kind="account")) == 3
    assert enqueue(one, *people(2, 3)) == 1
    assert enqueue(two, *people(1)) == 1
    assert Delivery.objects.count() == 5
    row = Delivery.objects.filter(kind="household").earliest("id")
    assert (row.state, row.tried, row.maybe_twice, row.tries) == ("queued", [], False, 0)
    assert abs(row.next_at - clock.now()) < timedelta(minutes=1)


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_recipients():
    counts = []
    for n in (3, 3_000):
        dispatch = begin()
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert enqueue(dispatch, *people(*range(n))) == n
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_who_confirmed_is_left_in_peace_on_every_message_of_the_matter():
    notice, reminder, other = begin(), begin(kind="reminder"), begin(source=("alerts", "a2"))
    for dispatch in (notice, reminder, other):
        enqueue(dispatch, *people(1, 2), *people(1, kind="account"))
    assert actions.stop(actor=SYSTEM, source=SOURCE, kind="household", ids=[1, 9]) == 2
    assert actions.stop(actor=SYSTEM, source=SOURCE, kind="household", ids=[1, 9]) == 0
    assert queries.states_of(source=SOURCE, kind="household", ids=[1, 2, 3])[1].state == "confirmed"
    assert queries.states_of(source=SOURCE, kind="household", ids=[1, 2, 3])[2].state == "queued"
    assert queries.states_of(source=SOURCE, kind="account", ids=[1])[1].state == "queued"
    assert queries.states_of(source=("alerts", "a2"), kind="household", ids=[1])[1].state == "queued"


@pytest.mark.django_db
def test_what_has_ended_sends_nothing_more():
    notice, reminder = begin(), begin(kind="reminder")
    enqueue(notice, *people(1, 2, 3))
    enqueue(reminder, *people(3))
    Delivery.objects.filter(dispatch=notice, recipient=1).update(state="sent")
    assert actions.stop_source(actor=SYSTEM, source=SOURCE) == 3
    states = queries.states_of(source=SOURCE, kind="household", ids=[1, 2, 3])
    assert {key: one.state for key, one in states.items()} == {1: "sent", 2: "stopped", 3: "stopped"}
    assert enqueue(notice, *people(4)) == 0, "whoever was on the way meanwhile is not told any more"
    told = queries.list_told(source=SOURCE, kind="household")
    assert [one.id for one in told] == [1, 2, 3]
    assert next(queries.list_told(source=SOURCE, kind="household")) == Recipient("household", 1, "36/01/")


@pytest.mark.django_db
def test_counts_are_scoped(cast):
    dispatch = begin()
    inside, outside = cast.place("001-1-1").path, cast.place("002-1-1").path
    enqueue(dispatch, *people(1, 2, path=inside), *people(3, path=outside))
    Delivery.objects.filter(recipient=2).update(state="claimed")
    assert queries.count_states(actor=cast.actor("wang"), source=SOURCE) == {"queued": 2}
    assert queries.count_states(actor=cast.actor("sun"), source=SOURCE) == {"queued": 1}
    assert queries.count_states(actor=cast.actor("nobody"), source=SOURCE) == {}
