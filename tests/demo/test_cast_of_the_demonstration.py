"""The world of the demonstration before anything is written: as large and as fine as promised, and invented."""

from collections import Counter
from functools import cache

import pytest
from stdnum.cn import ric

from linli.demo import district, municipality, people
from linli.demo.world import World
from linli.residents.numbers import birth_date_of, normalise_phone
from tests.conftest import CAST


@cache
def xihu(seed: int = 7) -> World:
    return district.build(seed)


def everybody(world: World):
    return [person for homes in world.homes.values() for home in homes for person in home.row.people]


def test_the_district_is_as_fine_as_the_source():
    world = xihu()
    grids, cells = world.levels
    communities = {area.parent for area in grids}
    assert len(communities) == len(world.homes) == 172
    assert len(grids) / 172 >= 143 / 137
    assert len(cells) / 172 >= 880 / 137
    assert {area.parent for area in cells} == {area.code for area in grids}
    assert min(Counter(area.parent for area in cells).values()) >= 2


def test_every_community_has_thirty_households_and_one_is_complete():
    world = xihu()
    assert world.households >= 8_000
    assert min(len(homes) for homes in world.homes.values()) >= 30
    complete = [home.row for home in world.homes[district.COMPLETE]]
    residents = [person for row in complete if row.kind != "premises" for person in row.people]
    assert len(residents) == 12_000
    assert {row.kind for row in complete} == {"family", "collective", "premises"}
    assert any(row.answerers for row in complete)
    assert any(not any(person.phone for person in row.people) for row in complete)
    assert 12 <= sum(area.parent == district.COMPLETE for area in world.levels[0]) <= 40


def test_every_cell_holds_somebody_and_no_door_stands_twice():
    world = xihu()
    assert {home.leaf for homes in world.homes.values() for home in homes} == {area.code for area in world.levels[1]}
    for code, homes in world.homes.items():
        doors = [home.row.door for home in homes]
        doors += [(one.estate, one.building, one.entrance, one.room) for one in world.empty.get(code, ())]
        assert [door for door, count in Counter(doors).items() if count > 1] == []
        of_entrance = {(home.row.door[:3], home.leaf) for home in homes}
        assert len(of_entrance) == len({entrance for entrance, _leaf in of_entrance}), "an entrance stands in two cells"


def test_identity_numbers_are_valid_and_belong_to_nobody():
    numbers = [person.id_number for person in everybody(xihu()) if person.id_number]
    assert len(numbers) == len(set(numbers)) > 20_000
    for number in numbers[::97]:
        assert number[:6] == "999999"
        assert ric.calc_check_digit(number) == number[-1]
        assert birth_date_of(number) is not None


def test_phones_can_be_stored_and_lie_in_blocks_that_no_resident_was_given():
    phones = {person.phone for person in everybody(xihu()) if person.phone}
    assert {phone[:4] for phone in phones} == {"1349"}
    assert all(normalise_phone(phone, "CN") for phone in sorted(phones)[::997])
    theirs = {person.phone for person in everybody(municipality.build(7)) if person.phone}
    assert {phone[:4] for phone in theirs} == {"0952"}
    assert all(normalise_phone(phone, "PH") for phone in sorted(theirs)[::97])


def test_names_beyond_the_basic_plane_and_of_33_characters_are_there():
    names = [person.name for person in everybody(xihu())]
    assert len(people.LONGEST_NAME) == 33
    assert people.LONGEST_NAME in names
    assert any(ord(sign) > 0x20000 for name in names for sign in name)


def test_the_fixed_cast_is_that_of_the_tests():
    names = {worker.username: worker.name for worker in xihu().workers}
    held = {(one.username, one.post, one.place) for one in xihu().holdings}
    for username, name, post, place in CAST:
        assert names[username] == name
        assert (username, post, place) in held


def test_the_line_is_filled_but_for_a_few_vacancies():
    world = xihu()
    held = Counter((one.post, one.place) for one in world.holdings)
    grids, cells = world.levels
    vacant = [area.code for area in grids if not held[("grid_administrator", area.code)]]
    open_cells = [area.code for area in cells if not held[("cell_leader", area.code)]]
    assert 1 <= len(vacant) <= 5
    assert f"{district.COMPLETE}-2-2" in open_cells
    assert 5 <= len(open_cells) <= 60
    assert sum(not worker.reachable for worker in world.workers) == 1
    twice = [key for key, count in held.items() if count > 1 and key[0] != "district_officer"]
    assert twice == [("grid_supervisor", f"{district.COMPLETE}-1")], "one double booking to be seen"


@pytest.mark.parametrize("build", [district.build, municipality.build])
def test_the_same_seed_gives_the_same_world_and_another_seed_another(build):
    assert build(7) == build(7)
    assert build(7).homes != build(8).homes
