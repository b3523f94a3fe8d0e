"""`bleedkit bench ... --truth consensus`, as a user types it, from the command that writes the consensus on."""

import json

import pytest
from bleedkit_test_layouts import two_annotators as two

from bleedkit.benchmarks.evaluation import whose_truth
from bleedkit.cli import bench_options, bench_run
from bleedkit.cli.main import main


@pytest.fixture
def cohort(tmp_path):
    return two.write_two_annotators(tmp_path / "cohort").folder


def bleedkit(*args: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(arg) for arg in args])
    return int(stop.value.code or 0)


def test_what_is_offered_is_what_there_is():
    assert bench_options.TRUTHS == (whose_truth.PEOPLE, whose_truth.CONSENSUS)
    assert bench_run.PEOPLE == whose_truth.PEOPLE


def test_from_the_rule_to_two_boards_and_a_chosen_table(cohort, tmp_path, capsys):
    out = tmp_path / "runs"
    asked = ("bench", "run", "hold_still", "--protocol", "track", "--cohort", cohort, "--split", "main", "--out", out)
    assert bleedkit(*asked, "--truth", "consensus") == 1
    told = capsys.readouterr().err
    command = f"bleedkit annotate agree {cohort} --rule majority --write"
    assert command in told
    assert bleedkit(*command.split()[1:], "--limit", two.TERMS.within_px) == 0
    assert bleedkit(*asked) == 0
    capsys.readouterr()

    assert bleedkit(*asked, "--truth", "consensus", "--json") == 0
    shown = capsys.readouterr()
    assert "2 of 8 points, 2 of 4 regions, 0 of 2 onsets" in shown.err
    (row,) = json.loads(shown.out)
    assert row["truth"] == "consensus"
    assert row["folder"] == str(out / "track/two/main.consensus-majority/hold_still/0")

    assert bleedkit("bench", "leaderboard", "--runs", out, "--out", tmp_path / "site", "--draws", 1000, "--json") == 0
    boards = json.loads(capsys.readouterr().out)["boards"]
    assert sorted(board["truth"] for board in boards) == ["consensus-majority", "people"]
    pages = {board["truth"]: (tmp_path / "site" / board["page"]).read_text() for board in boards}
    assert "the consensus in the cohort" in pages["consensus-majority"]
    assert "the consensus in the cohort" not in pages["people"]
    for name in ("index.html", "leaderboard.md", "leaderboard.csv"):
        assert "consensus-majority" in (tmp_path / "site" / name).read_text().replace("\\", "")

    table = ("bench", "table", "bleedorigin-7", "--runs", out)
    assert bleedkit(*table) == 1
    assert "--truth consensus-majority; --cohort two --split main --fold 0 --truth people" in capsys.readouterr().err
    assert bleedkit(*table, "--truth", "consensus-majority") == 0
    assert "split main, part test, truth consensus-majority;" in " ".join(capsys.readouterr().out.split())


def test_people_and_phantoms_have_no_place_in_it(cohort, tmp_path, capsys):
    assert bleedkit("annotate", "agree", cohort, "--write") == 0
    human = ("evaluate", "human", "--protocol", "track", "--cohort", cohort, "--split", "main", "--out", tmp_path / "o")
    assert bleedkit("bench", *human, "--truth", "consensus") == 1
    assert "leave out --truth" in capsys.readouterr().err
    assert bleedkit("bench", *human) == 0
    suite = ("bench", "run", "--suite", "ci", "--cohort", "phantom", "--out", tmp_path / "o", "--truth", "consensus")
    assert bleedkit(*suite) == 2
    assert "hold no consensus" in capsys.readouterr().err


def test_training_is_by_the_consensus_and_says_so(cohort, tmp_path, capsys):
    assert bleedkit("annotate", "agree", cohort, "--rule", "majority", "--write", "--limit", two.TERMS.within_px) == 0
    out = tmp_path / "run"
    asked = (
        "bench", "train", "unet", "--cohort", cohort, "--split", "main", "--out", out, "--size", "tiny",
        "--init", "random", "--steps", 1, "--device", "cpu", "--workers", 0,
    )  # fmt: skip
    assert bleedkit(*asked, "--truth", "consensus") == 0
    assert "2 of 8 points, 2 of 4 regions, 0 of 2 onsets" in capsys.readouterr().err
    record = json.loads((out / "run.json").read_text())
    assert record["facts"]["truth"]["settings"]["rule"] == "majority"
    assert bleedkit(*asked) == 1, "people's labels are another training"
    assert "other settings" in capsys.readouterr().err
