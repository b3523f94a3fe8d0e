"""`bleedkit doctor` tries the real parts of the machine that runs the tests."""

import importlib.util
import json

from click.testing import CliRunner

from bleedkit.cli.main import cli


def test_doctor_finds_the_real_mongod_and_video_codecs():
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.exit_code == 0
    assert checks["mongod"]["works"]
    assert checks["mongod"]["found"].startswith("db version v")
    assert checks["video (PyAV)"]["works"]
    assert all(check["works"] or check["remedy"] for check in checks.values())


def test_doctor_says_how_to_get_a_missing_browser(monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = CliRunner().invoke(cli, ["doctor"])
    assert "missing  browser" in done.stdout
    assert "apt-get install chromium" in done.stdout
    assert done.exit_code == 0  # nothing the main job needs is missing


def test_doctor_says_what_an_extra_that_is_not_there_is_for(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "peft" else found(name))
    done = CliRunner().invoke(cli, ["doctor"])
    assert "peft not installed" in done.stdout
    assert "pip install 'bleedkit[train]'" in done.stdout
    assert done.exit_code == 0
