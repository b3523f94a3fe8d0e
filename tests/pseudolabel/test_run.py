"""A run on real pixels: right against exact truth, resumable at any point, the same bytes however it is run."""

import fcntl
import json
import os
import re
import shutil
import signal
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.moving_texture import truth_of
from bleedkit.datasets.schema import LabelState, Review
from bleedkit.models.stage import Resources
from bleedkit.pseudolabel.engines import EngineChoice
from bleedkit.pseudolabel.run import RunResult, run_pseudolabels


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
    """Everything a run leaves, by name; locks, ledger and log left out."""
    files = {
        **{f"out/{p.relative_to(out)}": p for p in out.rglob("*")},
        **{p.name: p for p in cohort.folder.glob("*.parquet")},
    }
    own = re.compile(r"\.lock|log\.jsonl|ledger\.sqlite.*")
    return {name: path.read_bytes() for name, path in files.items() if path.is_file() and not own.fullmatch(path.name)}


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


def test_two_workers_give_the_same_bytes(cohort, finished, tmp_path):
    run_pseudolabels(cohort, out=tmp_path / "out", engine=EngineChoice(workers=2))
    assert left(tmp_path / "out", cohort) == finished.files


def test_lost_and_damaged_shards_are_made_again_and_a_lost_ledger_costs_nothing(cohort, finished, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    gone, torn, *_ = sorted((out / "shards").iterdir())
    gone.unlink()
    torn.write_bytes(torn.read_bytes()[:100])
    (out / "shards" / f".{gone.name}.x1y2").write_bytes(b"a killed writer's")
    (out / "ledger.sqlite").write_bytes(b"not a database" * 400)
    notes = []
    again = run_pseudolabels(cohort, out=out, say=notes.append)
    assert again.reused == again.segments + again.checks - 2
    assert ["was damaged" in note for note in notes] == [True]
    (out / "ledger.sqlite.damaged").unlink()
    assert left(out, cohort) == finished.files


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


def test_two_runs_into_one_cohort_at_once_take_turns(stills, tmp_path):
    outs = [tmp_path / "a", tmp_path / "b"]
    told = {"tracker": "hold_still"}
    threads = [threading.Thread(target=run_pseudolabels, args=(stills,), kwargs={**told, "out": out}) for out in outs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert left(outs[0], stills) == left(outs[1], stills)
    flagged = [item.frame for item in stills.review_items()]
    assert len(flagged) == len(set(flagged)) == 2 * 29, "none is there twice"


def test_what_an_unreadable_frame_stops_is_named_and_the_rest_goes_on(stills, tmp_path):
    image = stills.media_path(stills.frames("p01-trk1")[40].path)
    data = image.read_bytes()
    image.write_bytes(data[:-50])
    result = run_pseudolabels(stills, tracker="hold_still", out=tmp_path / "out")
    assert [(unit.first, unit.last) for unit in result.left_out] == [(30, 60), (0, 60)]
    assert "frame 40" in str(result.left_out[0])
    assert result.labelled + result.flagged == 29, "0-30 is done"
    assert json.loads((tmp_path / "out" / "run.json").read_text())["left_out"][0]["clip_id"] == "p01-trk1"

    image.write_bytes(data)
    notes = []
    result = run_pseudolabels(stills, tracker="hold_still", out=tmp_path / "out", say=notes.append)
    assert notes == ["trying 2 units again that were set aside"]
    assert (result.left_out, result.reused, result.labelled + result.flagged) == ((), 1, 2 * 29)


@pytest.mark.slow
def test_a_unit_that_kills_every_worker_is_set_aside_and_the_rest_goes_on(stills, tmp_path):
    image = stills.media_path(stills.frames("p01-trk1")[40].path)
    image.unlink()
    os.mkfifo(image)  # a worker that reads it waits for ever; the test is what kills it
    out, over = tmp_path / "out", threading.Event()

    def kill():
        killed = 0
        while not over.wait(0.02):
            lines = (out / "log.jsonl").read_text().splitlines() if (out / "log.jsonl").exists() else []
            started = [json.loads(line) for line in lines if '"started"' in line]
            if started and '"started"' in lines[-1] and len(started) > killed and len(started) > 1:
                killed = len(started)
                os.kill(int(started[-1]["worker"].rpartition(":")[2]), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        result = run_pseudolabels(stills, tracker="hold_still", out=out)
    finally:
        over.set()
        killer.join()
    assert [(unit.first, unit.last) for unit in result.left_out] == [(30, 60), (0, 60)]
    assert all("killed by SIGKILL" in unit.error for unit in result.left_out)
    lost = [json.loads(line)["event"] for line in (out / "log.jsonl").read_text().splitlines()].count("worker lost")
    assert lost == 6, "three tries of each"
    assert result.labelled + result.flagged == 29


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
    with pytest.raises(BleedkitError, match="no preset 'worst'"):
        run_pseudolabels(cohort, preset="worst", out=tmp_path / "out")


def test_missing_weights_are_told_before_anything_starts(cohort, tmp_path):
    with pytest.raises(BleedkitError, match="nowhere"):
        run_pseudolabels(
            cohort,
            tracker="track_on",
            out=tmp_path / "out",
            resources=Resources(weights={"track_on": tmp_path / "nowhere.pt"}),
        )
    assert not (tmp_path / "out").exists()
