from linli.grid.queries import read_headcounts


def test_the_cast_stands(cast):
    street = cast.place("360103001")
    found = read_headcounts(places=[(street.pk, street.path)], unit="household")
    assert found[street.pk].count == len(cast.households) == 15
    assert cast.actor("wang").may("register.see", cast.place("001-1").path)
    assert not cast.actor("sun").may("register.see", cast.place("001-1").path)
