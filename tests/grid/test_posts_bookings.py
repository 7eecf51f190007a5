"""The database's finding of double bookings says the same as the rule, whatever is booked."""

from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.core import clock
from linli.grid.models import Appointment
from linli.grid.profile import post_kinds
from linli.grid.queries.bookings import DoubleBookings, in_breach, list_near
from linli.grid.rules import Held, find_bookings_in_breach

SHORT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Posts that combine and posts that don't, with one seat and with three, at one place and at many.
POSTS = [
    ("community_secretary", "001"),
    ("community_secretary", "002"),
    ("community_director", "001"),
    ("grid_director", "001-1"),
    ("grid_director", "001-2"),
    ("police_officer", "001-1"),
    ("grid_administrator", "001-1"),
    ("grid_administrator", "002-1"),
    *[("cell_leader", code) for code in ("001-1-1", "001-1-2", "001-2-1", "001-2-2", "002-1-1")],
    ("district_officer", "360103"),
]
PEOPLE = ["chen", "wang", "li", "nobody"]
SPANS = [(-9, None), (-9, 9), (-9, -1), (1, None)]
BOOKINGS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(POSTS), st.sampled_from(SPANS)), max_size=14, unique=True
)


@SHORT
@given(BOOKINGS)
def test_the_database_and_the_rule_agree(cast, bookings):
    now = clock.now()
    with transaction.atomic():
        Appointment.objects.all().delete()
        for person, (kind, code), (start, end) in bookings:
            Appointment.objects.create(
                account=cast.accounts[person],
                post_kind=kind,
                place=cast.place(code),
                from_at=now + timedelta(days=start),
                until_at=None if end is None else now + timedelta(days=end),
                paper="x",
            )
        valid = Appointment.objects.valid_at(now)
        held = [Held(one.pk, one.account_id, one.post_kind, one.place_id) for one in valid]
        expected = find_bookings_in_breach(held, post_kinds())
        assert set(in_breach().values_list("pk", flat=True)) == set(expected)
        shown = DoubleBookings(cast.actor("chen"), cast.place("36"))
        parts = [booking for at in range(0, len(shown), 3) for booking in shown[at : at + 3]]
        assert {one.appointment.pk: set(one.reasons) for one in parts} == expected
        assert all(one.against or one.elsewhere for one in parts), "what stands against a booking is always there"
        assert list_near([]) == []
        transaction.set_rollback(True)


HELD = st.lists(
    st.builds(
        Held,
        appointment_id=st.integers(1, 10_000),
        account_id=st.integers(1, 4),
        post_kind=st.sampled_from(sorted(post_kinds())),
        place_id=st.integers(1, 5),
    ),
    max_size=20,
    unique_by=lambda one: one.appointment_id,
)


@given(HELD)
def test_ending_an_appointment_never_makes_another_wrong(held):
    before = find_bookings_in_breach(held, post_kinds())
    for gone in held:
        after = find_bookings_in_breach([one for one in held if one != gone], post_kinds())
        assert all(reasons <= before[key] for key, reasons in after.items())


@given(HELD)
def test_the_order_does_not_matter(held):
    assert find_bookings_in_breach(held, post_kinds()) == find_bookings_in_breach(held[::-1], post_kinds())
