"""An alert by Chen over her whole street, and the clock that moves with the test."""

import pytest


@pytest.fixture
def larger(cast):
    """`larger()`: nine more grids of a cell each stand in the first community, with a household of two behind a door."""

    def grow(grids=9):
        from linli.core.actors import SYSTEM
        from linli.grid import actions as grid
        from linli.grid.models import Place
        from linli.grid.models.places import path_of
        from linli.grid.queries import line_unit
        from tests.conftest import make_household

        community = cast.place("001")
        for number in range(3, grids + 3):
            above = community
            for kind in ("grid", "cell"):
                code = f"{above.code}-{number if kind == 'grid' else 1}"
                path = path_of(code, above)
                place = Place.objects.create(
                    code=code, name=f"{kind} {number}", kind=kind, parent=above, path=path, sort=code
                )
                change = [grid.Change(to_path=above.path)]
                grid.record_headcount_changes(actor=SYSTEM, unit=line_unit(kind), changes=change)
                above = place
            make_household(above, 10 + number, rooms=1)
        grid.fold_headcounts(actor=SYSTEM)

    return grow


@pytest.fixture
def count_queries():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(act):
        with CaptureQueriesContext(connection) as captured:
            response = act()
        assert response.status_code == 200
        return len(captured)

    return count
