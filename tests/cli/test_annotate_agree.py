"""`bleedkit annotate agree` on a small cohort of two annotators."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bleedkit.annotate.consensus.rules import RULES
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.cli.annotate_agree import RULE_NAMES, agree
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import Clip, Frame, ImageSize, LabelState, OnsetLabel, PointLabel
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One clip of 10 frames without images, labelled by kim and lee: 3-4-5 apart, then one sees nothing."""
    places = {"kim": [(13.0, 14.0), (5.0, 5.0)], "lee": [(10.0, 10.0), None]}
    points = [
        PointLabel(clip_id="c", frame=frame, annotator=name, visible=xy is not None, x=x, y=y)
        for name, of_frame in places.items()
        for frame, xy in enumerate(of_frame)
        for x, y in [xy or (np.nan, np.nan)]
    ]
    rows = {
        "clips": [Clip("c", "p", "p", 10, ImageSize(1240, 1080), 10)],
        "frames": [Frame("c", frame, "", frame / 10, "", has_image=False) for frame in range(10)],
        "points": points,
        "masks": [],
        "onsets": [OnsetLabel(clip_id="c", frame=frame, annotator=name) for name, frame in (("kim", 2), ("lee", 4))],
        "review": [],
        "provenance": [],
    }
    out = tmp_path / "cohort"
    with locked(out), transaction(out) as staging:
        meta = CohortMeta("toy", "toy", "1", "none", "none", "1", "0", str(tmp_path))
        write_tables(staging, meta, {table: table_of(table, rows[table]) for table in rows})
    return out


def run(*arguments) -> str:
    done = CliRunner().invoke(agree, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_tables_say_what_was_measured_and_nothing_is_written(folder):
    before = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    said = run(folder)
    assert "5.0 px" in said
    assert "kim sees it, lee does not" in said
    assert "Rule majority" in said
    assert {path.name: path.read_bytes() for path in folder.glob("*.parquet")} == before


def test_json_alone_is_on_stdout(folder, tmp_path):
    said = json.loads(run(folder, "--json", "--out", tmp_path / "out", "--target", "source", "--limit", "4"))
    assert said["points"]["median_px"]["value"] == 5
    assert [one["reason"] for one in said["disagreements"]] == [
        "kim sees it, lee does not",
        "kim and lee are 5 px apart",
    ]
    assert (tmp_path / "out" / "agreement.html").is_file()


def test_queue_and_write_change_the_cohort_and_say_how_much(folder):
    said = json.loads(run(folder, "--json", "--queue", "--write", "--rule", "mean"))
    assert said["queued"] == 1
    assert said["written"] == {"points": 2, "masks": 0, "onsets": 1}
    cohort = Cohort(folder)
    assert [item.reason for item in cohort.review_items()] == ["kim sees it, lee does not"]
    assert sum(point.state is LabelState.PSEUDO for point in cohort.points()) == 2
    again = json.loads(run(folder, "--json", "--queue", "--write", "--rule", "mean"))
    assert again["written"] == {"points": 0, "masks": 0, "onsets": 0}
    assert again["points"] == said["points"]
    assert f"review queue of {folder}: 1" in run(folder, "--queue").replace("\n", "")


def test_teams_are_named(folder):
    assert "Rule two_teams" in run(folder, "--rule", "two_teams", "--team", "kim", "--team", "lee")
    with pytest.raises(BleedkitError, match="no annotator is called roy"):
        run(folder, "--rule", "two_teams", "--team", "kim, lee", "--team", "roy")


def test_what_the_help_states_is_what_holds():
    assert tuple(RULES) == RULE_NAMES
    defaults = {option.name: option.default for option in agree.params}
    assert Terms(defaults["limit"], defaults["onset_s"], defaults["dice"]) == Terms()
