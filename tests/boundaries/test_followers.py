"""What waits for a place, or is on its way to its people, goes along when the place is redrawn, and back by an undo."""

from uuid import uuid4

import pytest

from linli.boundaries.actions import redraw, undo_redrawing
from linli.core.actors import SYSTEM
from linli.core.errors import Problem
from linli.grid.models import Dwelling, EntrancePlacement, Place
from linli.messages import actions as messages
from linli.messages.models import Delivery
from linli.messages.rules import Recipient, Sending
from linli.residents import actions as residents
from linli.residents.actions._grants import has_grant
from linli.residents.models import Household, RevealGrant, Transfer
from linli.rounds.models import Round
from linli.rounds.queries import read_coverage
from tests.boundaries.test_property import give, open_round
from tests.boundaries.wishes import entrances_at, merge, move, shift, split
from tests.conftest import make_household


def propose(cast):
    return residents.propose_transfer(
        actor=cast.actor("li"),
        household_id=cast.households[0].pk,
        to_place_id=cast.place("002").pk,
        reason="搬到儿子家",
        new_address="象山 5栋 201",
    )


def ends_of(made):
    fresh = Transfer.objects.get(pk=made.pk)
    return fresh.from_place.code, fresh.to_place.code


@pytest.mark.parametrize(
    ("build", "ends"),
    [
        (lambda cast: merge(cast.place("001"), cast.place("002")), ("360103001001", "360103001001")),
        (lambda cast: merge(cast.place("002"), cast.place("001")), ("360103001002", "360103001002")),
        (lambda cast: move(cast.place("001-1"), cast.place("002")), ("360103001002", "360103001002")),
    ],
)
def test_a_proposal_to_take_a_household_over_follows_both_communities(cast, build, ends):
    made = propose(cast)
    before = ends_of(made)
    done = redraw(actor=cast.actor("chen"), wish=build(cast))
    assert ends_of(made) == ends
    undo_redrawing(actor=cast.actor("chen"), redrawing_id=done.pk)
    assert ends_of(made) == before


def test_whoever_answered_and_moved_to_what_becomes_part_of_the_round_counts_there(cast):
    """The place merged into becomes one of the round's: it held somebody who had answered and left for it."""
    left, right = cast.place("001-1-1"), cast.place("001-1-2")
    found = open_round([left])
    home = Household.objects.below([left.path]).order_by("id").first()
    give(found, [home.pk])
    there = Dwelling.objects.filter(entrance__in=entrances_at(right)).order_by("id").first()
    residents.move_household(actor=SYSTEM, household_id=home.pk, dwelling_id=there.pk)
    before = answered(found, left, right)
    assert before == [0, 0], "moved out of the round's places it counts nothing there"
    done = redraw(actor=cast.actor("chen"), wish=merge(right, left))
    assert answered(found, right) == [1]
    undo_redrawing(actor=cast.actor("chen"), redrawing_id=done.pk)
    assert answered(found, left, right) == before
    residents.move_household(actor=SYSTEM, household_id=home.pk, dwelling_id=Dwelling.objects.filter(
        entrance__in=entrances_at(left)).order_by("id").first().pk)  # fmt: skip
    assert answered(found, left, right) == [1, 0]


def answered(found, *places):
    fresh = Round.objects.get(pk=found.pk)
    read = read_coverage(found=fresh, places=[(one.pk, one.path) for one in places])
    return [read[one.pk].answered for one in places]


def test_a_proposal_follows_the_household_that_was_split_off(cast):
    made = propose(cast)
    wish = split(cast.place("001"), "新社区", children=[cast.place("001-1")])
    part = wish.parts[0].__class__(wish.parts[0].name, "360103001077", children=wish.parts[0].children)
    done = redraw(actor=cast.actor("chen"), wish=wish.__class__(**{**vars(wish), "parts": (part,)}))
    assert ends_of(made) == ("360103001077", "360103001002")
    undo_redrawing(actor=cast.actor("chen"), redrawing_id=done.pk)
    assert ends_of(made) == ("360103001001", "360103001002")


def test_a_settled_proposal_stays_as_it_was(cast):
    made = propose(cast)
    residents.refuse_transfer(actor=cast.actor("sun"), transfer_id=made.pk, answer="不在本社区")
    redraw(actor=cast.actor("chen"), wish=merge(cast.place("001"), cast.place("002")))
    assert ends_of(made) == ("360103001001", "360103001002")


def granted(cast, *, allow):
    cell = cast.place("001-1-1")
    made = residents.ask_reveal_grant(actor=cast.actor("zhou"), place_id=cell.pk, act="reveal", reason="逐户核对电话")
    if allow:
        residents.decide_reveal_grant(actor=cast.actor("wang"), grant_id=made.pk, allow=True)
    return made


def test_a_second_persons_word_goes_along_with_its_cell(cast):
    made = granted(cast, allow=True)
    done = redraw(actor=cast.actor("chen"), wish=move(cast.place("001-1"), cast.place("002")))
    cell = RevealGrant.objects.get(pk=made.pk).place
    assert cell.until_on is None
    assert has_grant(cast.actor("zhou"), "reveal", cell.path)
    undo_redrawing(actor=cast.actor("chen"), redrawing_id=done.pk)
    assert RevealGrant.objects.get(pk=made.pk).place == cast.place("001-1-1")


def test_a_word_once_given_is_not_widened_by_a_merger_but_a_request_follows(cast):
    made, wish = granted(cast, allow=True), merge(cast.place("001-1-2"), cast.place("001-1-1"))
    asked = RevealGrant.objects.create(
        asked_by=cast.accounts["li"], place=cast.place("001-1-1"), act="export", reason="对账", asked_at=made.asked_at
    )
    redraw(actor=cast.actor("wang"), wish=wish)
    assert not has_grant(cast.actor("zhou"), "reveal", cast.place("001-1-2").path)
    assert RevealGrant.objects.get(pk=asked.pk).place == cast.place("001-1-2")


def sent(cast, households, cell):
    texts = {"zh-hans": {"headline": "停水", "body": "明天停水"}}
    sending = Sending(source=("tests", str(uuid4())), kind="notice", texts=texts, path=cast.place("001").path)
    dispatch = messages.begin_dispatch(actor=SYSTEM, dispatch_id=uuid4(), sending=sending)
    people = [Recipient("household", one.pk, cell.path) for one in households]
    people.append(Recipient("account", cast.accounts["zhou"].pk, cell.path))
    messages.enqueue(actor=SYSTEM, dispatch=dispatch, recipients=people)
    return dispatch


def paths_of(dispatch):
    return {(one.kind, one.recipient): one.path for one in Delivery.objects.filter(dispatch=dispatch)}


def test_messages_that_are_out_are_listed_where_their_people_stand_now(cast):
    cell = cast.place("001-1-1")
    out, over = sent(cast, cast.households[:3], cell), sent(cast, cast.households[:3], cell)
    messages.stop_source(actor=SYSTEM, source=(over.source_room, over.source_id))
    before = paths_of(out)
    done = redraw(actor=cast.actor("chen"), wish=move(cast.place("001-1"), cast.place("002")))
    new = EntrancePlacement.objects.get(entrance=entrance_of(cell), until_on=None).place
    assert set(paths_of(out).values()) == {new.path}
    assert set(paths_of(over).values()) == {cell.path}  # what has ended stays where it was sent
    undo_redrawing(actor=cast.actor("chen"), redrawing_id=done.pk)
    assert paths_of(out) == before


def entrance_of(cell):
    return EntrancePlacement.objects.filter(place=cell).values_list("entrance", flat=True)[0]


def test_of_a_cell_that_gives_entrances_away_only_their_messages_go(cast):
    cell, there = cast.place("001-1-1"), cast.place("001-1-2")
    more = make_household(cell, 9)
    new_entrance = sorted(entrances_at(cell))[1:]
    out = sent(cast, [*cast.households[:3], *([more] if not isinstance(more, list) else more)], cell)
    before = paths_of(out)
    done = redraw(actor=cast.actor("wang"), wish=shift(cell, there, new_entrance))
    changed = {key for key, path in paths_of(out).items() if path != cell.path}
    assert changed
    assert {kind for kind, _key in changed} == {"household"}
    assert not changed & {("household", one.pk) for one in cast.households[:3]}
    assert {paths_of(out)[key] for key in changed} == {there.path}
    undo_redrawing(actor=cast.actor("wang"), redrawing_id=done.pk)
    assert paths_of(out) == before


def test_only_one_who_keeps_what_stands_above_both_cells_gives_entrances_away(cast):
    here, there = cast.place("001-1-1"), cast.place("001-1-2")
    for username in ("zhou", "sun", "nobody"):
        with pytest.raises(Problem):
            redraw(actor=cast.actor(username), wish=shift(here, there, entrances_at(here)))
    with pytest.raises(Problem):  # Chen may both, but an entrance stays in its building's community
        redraw(actor=cast.actor("chen"), wish=shift(here, cast.place("002-1-1"), entrances_at(here)))
    assert Place.objects.get(pk=here.pk).until_on is None
