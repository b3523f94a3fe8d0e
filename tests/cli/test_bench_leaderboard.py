import json

import pytest
from click.testing import CliRunner

from bleedkit.cli.main import cli


@pytest.fixture
def invoke():
    return lambda *arguments: CliRunner().invoke(cli, ["bench", "leaderboard", *map(str, arguments)])


def test_a_folder_without_runs_gives_a_site_that_says_so(invoke, tmp_path):
    (tmp_path / "runs").mkdir()
    done = invoke("--runs", tmp_path / "runs", "--out", tmp_path / "site")
    assert done.exit_code == 0, done.output
    assert "There is no finished run." in done.output
    assert "There is no finished run." in (tmp_path / "site" / "index.html").read_text()


def test_a_broken_run_is_named_and_the_site_is_written_all_the_same(invoke, tmp_path):
    folder = tmp_path / "runs" / "track" / "toy" / "main" / "hold_still" / "0"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"format": 1, ')
    done = invoke("--runs", tmp_path / "runs", "--out", tmp_path / "site", "--json")
    assert done.exit_code == 1, done.output
    said = json.loads(done.stdout)
    assert [one["run"] for one in said["left_out"]] == ["track/toy/main/hold_still/0"]
    assert said["boards"] == []
    assert "hold_still/0 was left out: " in done.stderr
    assert "hold_still" in (tmp_path / "site" / "index.html").read_text()


def test_a_folder_of_other_things_is_left_alone(invoke, tmp_path):
    from bleedkit.datasets.errors import BleedkitError

    (tmp_path / "runs").mkdir()
    (tmp_path / "thesis.tex").write_text("years of work")
    done = invoke("--runs", tmp_path / "runs", "--out", tmp_path)
    assert isinstance(done.exception, BleedkitError)  # which main() says in a line, with exit code 1
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_too_few_draws_are_misuse(invoke, tmp_path):
    assert invoke("--runs", tmp_path, "--out", tmp_path / "site", "--draws", 10).exit_code == 2
