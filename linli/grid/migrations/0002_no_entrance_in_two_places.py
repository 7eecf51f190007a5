"""No entrance stands in two places on the same day: an exclusion constraint on PostgreSQL, triggers on SQLite."""

from django.db import migrations

TABLE = "grid_entranceplacement"
OVERLAP = f"""
    SELECT RAISE(ABORT, 'entrance_in_two_places') FROM {TABLE} other
    WHERE other.entrance_id = NEW.entrance_id AND other.id IS NOT NEW.id
      AND other.from_on < COALESCE(NEW.until_on, '9999-12-31')
      AND NEW.from_on < COALESCE(other.until_on, '9999-12-31')
      AND NEW.from_on < COALESCE(NEW.until_on, '9999-12-31')
      AND other.from_on < COALESCE(other.until_on, '9999-12-31');
"""


def forwards(apps, schema_editor):
    run = schema_editor.execute
    if schema_editor.connection.vendor == "postgresql":
        run("CREATE EXTENSION IF NOT EXISTS btree_gist")
        run(
            f"ALTER TABLE {TABLE} ADD CONSTRAINT entrance_in_two_places EXCLUDE USING gist "
            "(entrance_id WITH =, daterange(from_on, until_on) WITH &&)"
        )
        return
    for moment in ("INSERT", "UPDATE"):
        run(f"CREATE TRIGGER entrance_in_two_places_{moment.lower()} BEFORE {moment} ON {TABLE} BEGIN {OVERLAP} END")


def backwards(apps, schema_editor):
    run = schema_editor.execute
    if schema_editor.connection.vendor == "postgresql":
        run(f"ALTER TABLE {TABLE} DROP CONSTRAINT entrance_in_two_places")
        return
    run("DROP TRIGGER entrance_in_two_places_insert")
    run("DROP TRIGGER entrance_in_two_places_update")


class Migration(migrations.Migration):
    dependencies = [("grid", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
