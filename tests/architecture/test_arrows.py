"""Arrows that imports don't show: foreign keys, and the contracts of `.importlinter` themselves."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from tests.architecture.source import PACKAGE, ROOT, rooms


def room_of(model: Any) -> str:
    return apps.get_app_config(model._meta.app_label).name.removeprefix("linli.")


def relations_in_breach(found: Any) -> Iterator[str]:
    """Foreign keys that point up, and reverse accessors: hidden arrows from a lower room to a higher one."""
    order = rooms()
    for model in found:
        for field in model._meta.get_fields():
            if field.auto_created or not field.is_relation or not field.related_model:
                continue
            source, target = room_of(model), room_of(field.related_model)
            if source == target or source not in order or target not in order:
                continue
            if order.index(target) > order.index(source):
                yield f"{model.__name__}.{field.name} points up to {target}"
            if not field.remote_field.hidden:
                yield f"{model.__name__}.{field.name} needs related_name='+'"


def test_the_rooms_are_those_of_the_map():
    assert rooms()[:8] == ("core", "grid", "residents", "messages", "duties", "surveys", "rounds", "alerts")
    assert {"boundaries", "exchange"} <= set(rooms()[8:-1])
    assert "desk" in rooms()
    written = (ROOT / "docs" / "rooms.md").read_text()
    assert [room for room in rooms() if room not in written] == []


def test_foreign_keys_point_down_and_hide_their_reverse():
    assert list(relations_in_breach(apps.get_models())) == []


def test_a_planted_relation_is_found():
    class Upward(models.Model):
        alert = models.ForeignKey("alerts.Alert", on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "core"
            managed = False

    class Loud(models.Model):
        place = models.ForeignKey("grid.Place", on_delete=models.CASCADE)

        class Meta:
            app_label = "alerts"
            managed = False

    try:
        assert list(relations_in_breach([Upward, Loud])) == [
            "Upward.alert points up to alerts",
            "Loud.place needs related_name='+'",
        ]
    finally:
        for model in (Upward, Loud):
            del apps.all_models[model._meta.app_label][model._meta.model_name or ""]
        apps.clear_cache()


PLANTED = {  # file → line; one for each contract
    "core/clock.py": "import linli.desk",
    "messages/queries.py": "import linli.messages.planted",
    "messages/planted.py": "",
    "residents/rules.py": "import django",
    "residents/events.py": "import linli.residents.models",
    "duties/queries.py": "import ninja",
    "duties/views.py": "",
    "duties/jobs.py": "import linli.duties.views",
    "alerts/api.py": "",
    "desk/queries.py": "import linli.alerts.api\nimport linli.grid.actions",
    "demo/play.py": "import linli.grid.models",
}


def test_every_contract_catches_what_it_is_for(tmp_path):
    """A copy of the package with one breach of each contract: all of them must break."""
    shutil.copytree(PACKAGE, tmp_path / "linli", ignore=shutil.ignore_patterns("__pycache__", "vendor", "static"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    for name, line in PLANTED.items():
        with (tmp_path / "linli" / name).open("a") as file:
            file.write(f"\n{line}\n")
    found = subprocess.run(  # noqa: S603
        [f"{os.path.dirname(sys.executable)}/lint-imports", "--no-cache", "--no-logo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = found.stdout.splitlines()
    contracts = [line for line in (ROOT / ".importlinter").read_text().splitlines() if line.startswith("name = ")]
    assert [line for line in lines if " KEPT" in line] == [], found.stdout + found.stderr
    assert len([line for line in lines if " BROKEN" in line]) == len(contracts)
