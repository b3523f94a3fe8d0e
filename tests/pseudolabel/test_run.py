"""A run on real pixels: right against exact truth, resumable at any point, the same bytes however it is run."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.moving_texture import truth_of
from bleedkit.datasets.schema import LabelState, Review
from bleedkit.pseudolabel.run import RunResult, run_pseudolabels

RUN = """
import sys
from bleedkit.datasets.cohort import Cohort
from bleedkit.pseudolabel.run import run_pseudolabels
from pathlib import Path
run_pseudolabels(Cohort(sys.argv[1], sys.argv[2]), out=Path(sys.argv[3]))
"""


@dataclass(frozen=True)
class Finished:
    """One undisturbed run, and what it left; tests read it, or do it again and find nothing to do."""

    cohort: Cohort
    out: Path
    result: RunResult
    files: dict[str, bytes]


@pytest.fixture(scope="session", autouse=True)
def fixed_time():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "0")
        yield


@pytest.fixture(scope="session")
def finished(texture, tmp_path_factory, fixed_time) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(texture / "cohort", folder / "cohort")
    cohort = Cohort(folder / "cohort", texture / "clips")
    result = run_pseudolabels(cohort, out=folder / "out")
    return Finished(cohort, folder / "out", result, left(folder / "out", cohort))


def left(out: Path, cohort: Cohort) -> dict[str, bytes]:
    """Everything a run leaves, by name; locks left out."""
    files = {
        **{f"out/{p.relative_to(out)}": p for p in out.rglob("*")},
        **{p.name: p for p in cohort.folder.glob("*.parquet")},
    }
    return {name: path.read_bytes() for name, path in files.items() if path.is_file() and path.name != ".lock"}


def test_labels_are_near_the_truth_and_flagged_frames_have_a_reason(finished):
    cohort, result = finished.cohort, finished.result
    errors, said = [], []
    for clip in cohort.clips.values():
        truth = truth_of(cohort, clip)
        for p in cohort.points(clip.clip_id):
            if p.state is LabelState.PSEUDO:
                off = np.array([p.x, p.y]) - truth.xy[p.frame, int(p.target[-1])]
                errors.append(np.linalg.norm(off))
                said.append(off @ np.linalg.inv([[p.var_x, p.cov_xy], [p.cov_xy, p.var_y]]) @ off)
                assert 0 < p.confidence <= 1
                assert p.provenance == result.provenance
    assert len(errors) == result.labelled > 60
    assert np.mean(errors) < 2
    assert max(errors) < 10
    assert 0.75 < np.mean(np.array(said) <= -2 * np.log(0.1)) <= 1, "coverage of the 90 % ellipse"
    items = cohort.review_items()
    assert len(items) == result.flagged
    assert all(item.reason for item in items)
    assert result.labelled + result.flagged == 2 * 2 * (41 - 3), "every frame between labels is labelled or listed"


def test_a_second_run_computes_nothing_and_changes_no_byte(finished):
    again = run_pseudolabels(finished.cohort, out=finished.out)
    assert (finished.result.reused, again.reused) == (0, again.segments + again.checks)
    assert again.new_rows == 0
    assert left(finished.out, finished.cohort) == finished.files


@pytest.mark.parametrize("killed", [False, True])
def test_two_workers_and_a_killed_run_give_the_same_bytes(texture, cohort, finished, tmp_path, killed):
    out = tmp_path / "out"
    if killed:
        _kill_after_first_shard(cohort.folder, texture / "clips", out)
        assert 0 < len(list((out / "shards").glob("*.parquet"))) < finished.result.segments + finished.result.checks
    run_pseudolabels(cohort, out=out, workers=1 if killed else 2)
    assert left(out, cohort) == finished.files


def _kill_after_first_shard(cohort: Path, media: Path, out: Path) -> None:
    child = subprocess.Popen([sys.executable, "-P", "-c", RUN, str(cohort), str(media), str(out)])
    while child.poll() is None and not list(out.glob("shards/*.parquet")):
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()


def test_a_changed_label_recomputes_its_segments_only(cohort, finished, tmp_path):
    shutil.copytree(finished.out, tmp_path / "out")
    old = next(p for p in cohort.points() if p.frame == 40 and p.visible)
    cohort.append(points=[replace(old, x=old.x + 1, annotator="kim", supersedes=old.label_id)])
    again = run_pseudolabels(cohort, out=tmp_path / "out")
    # The segment that ends there, and the check that spans it where there is one.
    assert again.segments + again.checks - 2 <= again.reused < again.segments + again.checks


def test_a_second_run_at_once_says_so(cohort, tmp_path):
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(BleedkitError, match="another run is writing"):
            run_pseudolabels(cohort, out=tmp_path / "out")


def test_an_unreadable_clip_is_named_and_the_rest_goes_on(texture, tmp_path):
    shutil.copytree(texture, tmp_path / "t")
    clip = sorted((tmp_path / "t" / "clips" / "tissue").iterdir())[0]
    (clip / "clip.mp4").write_bytes(b"no video")
    cohort = Cohort(tmp_path / "t" / "cohort", tmp_path / "t" / "clips")
    result = run_pseudolabels(cohort, out=tmp_path / "out")
    assert list(result.failed) == [next(iter(cohort.clips))]
    assert {p.clip_id for p in cohort.points() if p.state is LabelState.PSEUDO} == {list(cohort.clips)[1]}


def test_the_record_and_the_report_are_whole(finished):
    result = finished.result
    record = json.loads((finished.out / "run.json").read_text())
    assert record["provenance"] == result.provenance
    assert record["counts"]["labelled"] == result.labelled
    page = result.report.read_text()
    assert "http" not in page.replace("http-equiv", ""), "self-contained"
    assert page.count("<figure") >= 2
    assert "Against exact truth" in page
    assert "patient" not in page


def test_no_labels_is_told_with_what_to_do(cohort, tmp_path):
    rejected = [replace(p, review=Review.REJECTED, supersedes=p.label_id) for p in cohort.points()]
    cohort.append(points=rejected)
    with pytest.raises(BleedkitError, match="no human point labels"):
        run_pseudolabels(cohort, out=tmp_path / "out")
    with pytest.raises(BleedkitError, match="no preset 'best'"):
        run_pseudolabels(cohort, preset="best", out=tmp_path / "out")
