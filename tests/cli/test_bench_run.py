"""`bleedkit bench list|evaluate|run`, as a user types them."""

import json

import pytest
from bleedkit_test_layouts.surgblood import write_surgblood

from bleedkit.benchmarks.entries.registry import ENTRIES
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs.suites import SUITES
from bleedkit.cli import bench_options
from bleedkit.cli.main import main
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.split import save_split
from bleedkit.datasets.split_build import build_split
from bleedkit.models.flows import FLOWS


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    write_surgblood(folder / "src", patients=4, frames=9)
    made = build_cohort(DATASETS["surgblood"], folder / "src", folder / "cohort").cohort
    save_split(made, build_split(made, name="main", ratio=(1, 0, 1)))
    return made.folder


def bleedkit(*args: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["bench", *(str(arg) for arg in args)])
    return int(stop.value.code or 0)


def test_what_is_offered_is_what_there_is():
    assert list(bench_options.PROTOCOLS) == list(PROTOCOLS)
    assert list(bench_options.SUITES) == list(SUITES)
    assert list(bench_options.FLOWS) == list(FLOWS)


def test_the_list_names_all_there_is(capsys):
    assert bleedkit("list") == 0
    text = capsys.readouterr().out
    assert bleedkit("list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {model["name"] for model in found["models"]} == {*ENTRIES, "human"}
    assert [protocol["name"] for protocol in found["protocols"]] == list(PROTOCOLS)
    assert [suite["name"] for suite in found["suites"]] == list(SUITES)
    for name in (*PROTOCOLS, *ENTRIES, *SUITES):
        assert name in text


def test_evaluate_leaves_a_run_and_says_its_score(cohort, tmp_path, capsys):
    asked = ("evaluate", "hold_still", "--protocol", "track", "--cohort", cohort, "--split", "main", "--out", tmp_path)
    assert bleedkit(*asked, "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["state"], row["metric"], row["leaky"]) == ("done", PROTOCOLS["track"].primary, False)
    folder = tmp_path / "track" / "surgblood" / "main" / "hold_still" / "0"
    assert row["folder"] == str(folder)
    record = json.loads((folder / "run.json").read_text())
    assert row["value"] == record["scores"][row["metric"]]["value"]
    assert bleedkit(*asked) == 0
    text = capsys.readouterr().out
    assert "was done" in text
    assert f"bleedkit bench leaderboard --runs {tmp_path} --out site" in text


def test_a_leak_needs_a_word_and_is_marked(cohort, tmp_path, capsys):
    asked = ("evaluate", "red_centroid", "--protocol", "region-point", "--cohort", cohort, "--out", tmp_path)
    assert bleedkit(*asked, "--split", "official") == 1
    assert "split official leaks" in capsys.readouterr().err
    assert bleedkit(*asked, "--split", "official", "--allow-leak") == 0
    told = capsys.readouterr()
    assert "LEAKY" in told.out
    assert "every figure is marked" in told.err


def test_run_trains_asks_and_goes_on_where_something_fails(cohort, tmp_path, capsys):
    asked = (
        "run", "unet", "red_centroid", "--protocol", "region-point", "--cohort", cohort, "--split", "main",
        "--out", tmp_path, "--size", "tiny", "--seeds", 1, "--steps", 1, "--device", "cpu", "--json",
    )  # fmt: skip
    assert bleedkit(*asked) == 1
    told = capsys.readouterr()
    assert [row["state"] for row in json.loads(told.out)] == ["failed", "done"]
    assert told.err.count("say --init random") == 1
    assert bleedkit(*asked, "--init", "random") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["model"], row["seed"], row["state"]) for row in rows] == [
        ("unet", 0, "done"), ("red_centroid", 0, "there"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("run", "--cohort", "."), "name MODELS, or say --all, or --suite"),
        (("run", "unet", "--all", "--cohort", "."), "name MODELS, or say --all, or --suite"),
        (("run", "unet", "--cohort", "."), "say --protocol"),
        (("run", "--suite", "ci", "--protocol", "track", "--cohort", "phantom"), "a suite has its own"),
        (("run", "unet", "--protocol", "track", "--cohort", "phantom"), "`phantom` is for --suite"),
        (("run", "unet", "--protocol", "track", "--cohort", ".", "--seed", 1, "--seeds", 2), "one of --seed and"),
        (("run", "unet", "--protocol", "track", "--cohort", ".", "--steps", 1, "--epochs", 2), "one of --epochs and"),
        (("run", "unet", "--protocol", "track", "--cohort", ".", "--gpus-per-worker", 1), "for --engine ray"),
        (("evaluate", "hold_still", "--cohort", "."), "say --protocol"),
    ],
)
def test_misuse_is_told(args, told, tmp_path, capsys):
    assert bleedkit(*args, "--out", tmp_path) == 2
    assert told in capsys.readouterr().err
