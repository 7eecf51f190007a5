"""A demonstration has a home of its own and never comes near a deployment's."""

import json
import os
import stat

import pytest

from linli.config.demonstration import join_demonstration, prepare_environment


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("LINLI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    os.environ.clear()
    os.environ.update(kept)


def test_the_database_and_keys_of_a_deployment_are_left_alone(monkeypatch):
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://somewhere/real")
    monkeypatch.setenv("LINLI_SECRET_KEY", "x" * 40)
    prepare_environment(["demo"])
    assert "LINLI_DATABASE_URL" not in os.environ
    assert "LINLI_SECRET_KEY" not in os.environ
    assert os.environ["LINLI_DEMO"] == "1"


def test_a_kept_home_for_each_profile_and_seed(tmp_path):
    prepare_environment(["demo", "--profile", "barangay", "--seed=9"])
    assert os.environ["LINLI_HOME"] == str(tmp_path / "cache" / "linli-demo-barangay-9")
    assert os.environ["LINLI_PROFILE"] == "barangay"


def test_without_a_browser_each_run_has_a_fresh_home():
    prepare_environment(["demo", "--headless"])
    first = os.environ.pop("LINLI_HOME")
    prepare_environment(["demo", "--headless"])
    assert os.environ["LINLI_HOME"] != first
    assert os.environ["LINLI_DEMO_TEMPORARY"] == os.environ["LINLI_HOME"]


def test_its_key_is_its_own_and_readable_by_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setenv("LINLI_HOME", str(tmp_path / "home"))
    prepare_environment(["demo"])
    assert stat.S_IMODE((tmp_path / "home" / "keys.toml").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "home" / "demo.json").read_text()) == {"profile": "china"}


def test_the_home_of_a_deployment_is_refused(tmp_path, monkeypatch, capsys):
    (tmp_path / "linli.sqlite3").write_bytes(b"")
    monkeypatch.setenv("LINLI_HOME", str(tmp_path))
    with pytest.raises(SystemExit):
        prepare_environment(["demo"])
    assert "holds a deployment" in capsys.readouterr().err
    assert not (tmp_path / "demo.json").exists()


@pytest.mark.parametrize(("command", "joins"), [("coverage", True), ("serve", False), ("worker", False)])
def test_other_commands_find_the_profile_of_a_demonstration_but_no_server_does(tmp_path, monkeypatch, command, joins):
    (tmp_path / "demo.json").write_text('{"profile": "barangay"}')
    monkeypatch.setenv("LINLI_HOME", str(tmp_path))
    join_demonstration([command])
    assert (os.environ.get("LINLI_DEMO") == "1") is joins


def test_a_deployment_on_postgresql_is_never_made_a_demonstration(tmp_path, monkeypatch):
    (tmp_path / "demo.json").write_text('{"profile": "barangay"}')
    monkeypatch.setenv("LINLI_HOME", str(tmp_path))
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://somewhere/real")
    join_demonstration(["coverage"])
    assert "LINLI_DEMO" not in os.environ
