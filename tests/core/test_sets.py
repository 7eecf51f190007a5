"""Long lists as one parameter, and sums along paths."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.core.paths import add_up, ancestors
from linli.core.sets import among
from linli.grid.models import Place

PATHS = st.lists(st.sampled_from(["1", "2", "10", "三"]), min_size=1, max_size=4).map(
    lambda parts: "/".join(parts) + "/"
)


@given(PATHS)
def test_the_ancestors_of_a_path_are_its_beginnings_from_the_outermost(path: str) -> None:
    found = ancestors(path)
    assert found[-1] == path
    assert [one.count("/") for one in found] == list(range(1, path.count("/") + 1))
    assert all(path.startswith(one) and one.endswith("/") for one in found)


@given(st.dictionaries(PATHS, st.integers(-3, 3)))
def test_sums_along_paths_are_those_of_every_path_counted_at_each_of_its_ancestors(by_path: dict[str, int]) -> None:
    wanted: Counter[str] = Counter()
    for path, n in by_path.items():
        for one in ancestors(path):
            wanted[one] += n
    assert add_up(by_path) == {path: n for path, n in wanted.items() if n}


@pytest.mark.django_db
def test_rows_among_thousands_are_found_by_number_and_by_path() -> None:
    Place.objects.bulk_create(
        Place(code=f"s{at}", name="x", kind="street", path=f"s/{at}/", sort=f"{at}") for at in range(3_000)
    )
    keys = list(Place.objects.filter(path__startswith="s/").values_list("pk", flat=True))
    assert Place.objects.filter(among("pk", keys)).count() == 3_000
    assert Place.objects.filter(among("pk", keys[:2])).count() == 2
    assert Place.objects.filter(among("path", [f"s/{at}/" for at in range(2_999)])).count() == 2_999
    assert not Place.objects.filter(among("pk", [])).exists()
