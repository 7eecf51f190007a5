"""Every write stands in an action, where it is checked, audited and in one transaction."""

import pytest

from tests.architecture.source import Source, findings, sources
from tests.architecture.writes import database_writes

# The intake lane shares its one statement with the action that is a batch of one. Core writes its own tables in the
# writer's transaction. The deployment's one row is written before anybody can act.
ALLOWED = {
    "rounds/intake.py",
    "core/audit.py",
    "core/chain.py",
    "core/erasures.py",
    "core/events.py",
    "core/jobs.py",
    "core/throttle.py",
    "core/writes.py",
    "config/archive/loading.py",
    "config/operate.py",
    "config/rotation.py",
}


def may_write(source: Source) -> bool:
    return source.kind == "actions" or source.path in ALLOWED


def test_only_actions_write():
    found = findings(database_writes, [one for one in sources() if not may_write(one)])
    assert not found, "\n".join(found)


def test_the_exceptions_are_used():
    idle = {one.path for one in sources() if one.path in ALLOWED and not list(database_writes(one))}
    assert idle == set(), "these write nothing any more: take them off the list"


@pytest.mark.parametrize(
    "line",
    [
        "Place.objects.create(name='x')",
        "Place.objects.bulk_create([a])",
        "Place.objects.bulk_update([a], ['name'])",
        "Place.objects.get_or_create(code='1')",
        "Place.objects.update_or_create(code='1')",
        "Place.objects.filter(code='1').update(name='x')",
        "rows.update(name='x')",
        "alert.places.create(place=place)",
        "place.save()",
        "place.save(update_fields=['name'])",
        "await place.asave()",
        "await Place.objects.acreate(name='x')",
        "Place.objects.filter(code='1').delete()",
        "rows._raw_delete('default')",
        "cursor.execute('INSERT INTO grid_place VALUES (1)')",
        "cursor.executemany('UPDATE grid_place SET name = %s', names)",
        "cursor.execute('WITH old AS (SELECT 1) DELETE FROM grid_place')",
        "cursor.execute(f'DELETE FROM {table}')",
        "SQL = '''\n  UPDATE grid_place SET x = 1'''\ncursor.execute(SQL)",
        "with cursor.copy('COPY grid_place FROM STDIN') as copy: ...",
    ],
)
def test_a_planted_write_is_found(line):
    assert list(database_writes(Source("grid/views.py", line)))
    assert not may_write(Source("grid/views.py", line))


@pytest.mark.parametrize(
    "line",
    [
        "names.update(more)",
        "digest.update(b'x')",
        "image.save(file, kind='svg')",
        "cursor.execute('SELECT 1')",
        "'''UPDATE in a docstring'''",
        "Place.objects.filter(code='1').first()",
        "request.session.save",
    ],
)
def test_a_read_is_no_write(line):
    assert list(database_writes(Source("grid/views.py", line))) == []


def test_a_package_of_actions_may_write():
    assert may_write(Source("grid/actions/posts.py", ""))
    assert not may_write(Source("grid/queries/posts.py", ""))
