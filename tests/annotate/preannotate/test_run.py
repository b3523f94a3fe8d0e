"""Runs with tiny networks: labels with provenance, resumable at any moment, the same bytes however they are run."""

import importlib.util
import json
import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bleedkit.annotate.preannotate.annotator import ModelChoice
from bleedkit.annotate.preannotate.answer_shard import read_shard
from bleedkit.annotate.preannotate.clip_job import PreannotateSetup
from bleedkit.annotate.preannotate.plan import plan_preannotation
from bleedkit.annotate.preannotate.registry import ANNOTATORS
from bleedkit.annotate.preannotate.run import PreannotateResult, preannotate
from bleedkit.cli.main import cli
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import LabelState, PointLabel, Review
from bleedkit.models.stage import Resources
from bleedkit.pseudolabel.clip_job import Done, Failed, Started, jobs_of
from bleedkit.pseudolabel.engines import EngineChoice
from bleedkit.pseudolabel.ray_engine import ClipActor

with_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the ray extra is not installed")


@dataclass(frozen=True)
class Finished:
    """One undisturbed run and what it left; tests copy it."""

    cohort: Cohort
    out: Path
    result: PreannotateResult
    files: dict[str, bytes]


@pytest.fixture(scope="module", autouse=True)
def fixed_time():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "0")
        yield


def chosen(weights, name="bloodet"):
    return ModelChoice("bloodet", Resources(weights={"bloodet": weights[name]}), "tiny")


@pytest.fixture(scope="module")
def finished(_block_cohort, weights, tmp_path_factory, fixed_time) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(_block_cohort.folder, folder / "cohort")
    cohort = Cohort(folder / "cohort")
    result = preannotate(cohort, chosen(weights), out=folder / "out")
    return Finished(cohort, folder / "out", result, left(folder / "out", cohort))


def left(out: Path, cohort: Cohort) -> dict[str, bytes]:
    """Everything a run leaves, by name; locks, ledger and log left out."""
    own = re.compile(r"\.lock|log\.jsonl|ledger\.sqlite.*")
    roots = {"out": out, "cohort": cohort.folder}
    return {
        f"{name}/{path.relative_to(root)}": path.read_bytes()
        for name, root in roots.items()
        for path in root.rglob("*")
        if path.is_file() and not own.fullmatch(path.name)
    }


@pytest.fixture
def copied(finished, tmp_path) -> tuple[Cohort, Path]:
    """The finished cohort and run's folder, of one's own."""
    shutil.copytree(finished.cohort.folder, tmp_path / "done")
    shutil.copytree(finished.out, tmp_path / "out")
    return Cohort(tmp_path / "done"), tmp_path / "out"


def test_every_frame_gets_a_point_and_a_mask_that_say_who_made_them(finished, weights):
    cohort, result = finished.cohort, finished.result
    assert (result.clips, result.points, result.masks, result.onsets, result.left_out) == (2, 12, 12, 0, ())
    for rows in (cohort.points(), cohort.masks()):
        assert [(row.clip_id, row.frame) for row in rows] == [(f"clip{i}", t) for i in range(2) for t in range(6)]
        assert {(row.state, row.review, row.provenance) for row in rows} == {
            (LabelState.MODEL, Review.UNREVIEWED, result.provenance)
        }
    run = cohort.provenance()[result.provenance]
    assert run.kind == "model"
    assert run.weights_digest == file_digest(weights["bloodet"])
    config = json.loads(run.config_json)
    assert (config["model"], config["size"], config["flow"]["name"]) == ("bloodet", "tiny", "dis")
    assert json.loads((finished.out / "run.json").read_text())["clips"] == ["clip0", "clip1"]
    assert all(0.5 <= point.confidence <= 1 for point in cohort.points())


def test_the_same_again_computes_nothing_and_changes_no_byte(finished, copied, weights):
    cohort, out = copied
    again = preannotate(cohort, chosen(weights), out=out)
    assert (again.reused, again.points, again.masks) == (2, 0, 0)
    assert left(out, cohort) == finished.files


def test_the_command_does_the_same_and_status_knows_the_run(finished, copied, weights):
    cohort, out = copied
    told = ["annotate", "preannotate", cohort.folder, "--model", "bloodet", "--size", "tiny", "--out", out]
    said = CliRunner().invoke(cli, [str(word) for word in (*told, "--weights", weights["bloodet"])])
    assert said.exit_code == 0, said.output
    assert "2 clips (2 answers were there already)" in said.output
    assert "0 points, 0 masks, 0 onsets" in said.output
    assert left(out, cohort) == finished.files
    as_json = CliRunner().invoke(cli, [*map(str, told), "--json", "--weights", f"bloodet={weights['bloodet']}"])
    assert json.loads(as_json.output)["reused"] == 2
    status = CliRunner().invoke(cli, ["pseudolabel", "status", str(out)])
    assert "2 of 2 units are done, bloodet on" in status.output


def test_what_people_say_while_a_run_goes_on_stays(finished, copied, weights):
    cohort, out = copied
    (old,) = [p for p in cohort.points("clip0") if p.frame == 2]
    moved = replace(old, x=1.0, y=2.0, visible=True, state=LabelState.HUMAN, annotator="kim", supersedes=old.label_id)
    cohort.append(points=[moved, PointLabel(clip_id="clip1", frame=3, x=3, y=4, annotator="kim")])
    assert preannotate(cohort, chosen(weights), out=out).kept == 2
    assert [(p.x, p.y) for p in cohort.points("clip0") if p.frame == 2] == [(1.0, 2.0)]


def test_a_run_that_is_on_a_missing_file_and_an_unknown_clip_are_told(block_cohort, tmp_path, weights):
    with pytest.raises(BleedkitError, match="nowhere"):
        preannotate(
            block_cohort,
            ModelChoice("bloodet", Resources(weights={"bloodet": tmp_path / "nowhere"})),
            out=tmp_path / "out",
        )
    with pytest.raises(BleedkitError, match="no clip 'clip9'"):
        preannotate(block_cohort, chosen(weights), out=tmp_path / "out", clips=["clip9"])
    assert not (tmp_path / "out").exists(), "told before anything is written"


def damaged(cohort, folder, clip_id="clip1", frame=4):
    """The same cohort with media of its own, one picture of which is cut short; the picture and its whole bytes."""
    shutil.copytree(cohort.media_root, folder / "media")
    path = folder / "media" / clip_id / f"{frame:06d}.png"
    data = path.read_bytes()
    path.write_bytes(data[:-30])
    return Cohort(cohort.folder, folder / "media"), path, data


def test_a_worker_answers_clip_by_clip_and_names_what_it_cannot_read(finished, block_cohort, tmp_path, weights):
    cohort, _, _ = damaged(block_cohort, tmp_path)
    setup = PreannotateSetup.of(cohort, chosen(weights))
    units = plan_preannotation(cohort, setup.choice, ANNOTATORS["bloodet"], setup.settings()).units
    worker = setup.worker()
    said = [answer for job in jobs_of(units, 1) for answer in worker.run(job)]
    assert [type(answer) for answer in said] == [Started, Done, Started, Failed]
    assert "clip clip1 frame 4" in said[3].what
    shard = tmp_path / "s.parquet"
    shard.write_bytes(said[1].shard)
    assert [region.frame for region in read_shard(shard).regions] == list(range(6))
    assert said[1].shard in finished.files.values(), "as from a process of its own"


@pytest.mark.slow
def test_a_clip_that_cannot_be_read_is_left_out_until_it_can(finished, block_cohort, tmp_path, weights):
    cohort, path, data = damaged(block_cohort, tmp_path)
    result = preannotate(cohort, chosen(weights), out=tmp_path / "out")
    assert [unit.clip_id for unit in result.left_out] == ["clip1"]
    assert "frame 4" in result.left_out[0].error
    assert (result.points, {p.clip_id for p in cohort.points()}) == (6, {"clip0"})
    path.write_bytes(data)
    result = preannotate(cohort, chosen(weights), out=tmp_path / "out")
    assert (result.reused, result.points, result.left_out) == (1, 6, ())
    labels = [(p.clip_id, p.frame, p.label_id) for p in cohort.points()]
    assert labels == [(p.clip_id, p.frame, p.label_id) for p in finished.cohort.points()]


@pytest.mark.slow
def test_other_weights_replace_what_nobody_reviewed_and_back_again(finished, copied, weights, tmp_path):
    cohort, out = copied
    (old,) = [m for m in cohort.masks("clip0") if m.frame == 1]
    cohort.append(masks=[replace(old, review=Review.ACCEPTED, annotator="kim", supersedes=old.label_id)])
    other = preannotate(cohort, chosen(weights, "bloodet 2"), out=tmp_path / "other", engine=EngineChoice(workers=2))
    assert (other.points, other.masks, other.kept) == (12, 11, 1)
    assert {p.provenance for p in cohort.points()} == {other.provenance}
    assert [m.review for m in cohort.masks("clip0")].count(Review.ACCEPTED) == 1
    back = preannotate(cohort, chosen(weights), out=out)
    assert (back.reused, back.points, back.masks) == (2, 12, 11)
    assert len(cohort.points()) == 12
    assert len(cohort.points(history=True)) == 36


@pytest.mark.slow
def test_a_driver_that_is_killed_loses_nothing(finished, block_cohort, tmp_path, weights):
    out, rng = tmp_path / "out", random.Random(7)
    command = [sys.executable, "-c", "import sys; from bleedkit.cli.main import main; main(sys.argv[1:])"]
    told = ["annotate", "preannotate", str(block_cohort.folder), "--model", "bloodet", "--size", "tiny"]
    command += [*told, "--weights", str(weights["bloodet"]), "--out", str(out), "--device", "cpu"]
    for event in ('"started"', '"done"'):
        driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 240
        while event not in (log.read_text() if (log := out / "log.jsonl").exists() else ""):
            assert driver.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.3))
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
    preannotate(block_cohort, chosen(weights), out=out)
    assert left(out, block_cohort) == finished.files


def test_an_actor_of_rays_takes_the_set_up_and_answers_as_other_workers(finished, block_cohort, weights):
    setup = pickle.loads(pickle.dumps(PreannotateSetup.of(block_cohort, chosen(weights))))
    settings = setup.settings()
    actor = ClipActor(setup, settings)
    assert actor.fault() == ""
    assert "its torch is not the driver's" in ClipActor(setup, {**settings, "torch": "1.0"}).fault()
    units = plan_preannotation(block_cohort, setup.choice, ANNOTATORS["bloodet"], settings, clips=["clip0"]).units
    (job,) = jobs_of(units, 1)
    _, done = actor.run(job)
    assert done.shard in finished.files.values()


@pytest.mark.slow
@with_ray
def test_ray_gives_the_same_bytes(finished, block_cohort, tmp_path, weights):
    preannotate(block_cohort, chosen(weights), out=tmp_path / "out", engine=EngineChoice("ray"))
    assert left(tmp_path / "out", block_cohort) == finished.files


@pytest.mark.slow
def test_bleedorigin_and_sam2_run_as_jobs_too(block_cohort, tmp_path, weights):
    block_cohort.append(points=[PointLabel(clip_id="clip1", frame=2, x=42, y=44, annotator="lee")])
    sam2 = ModelChoice("sam2", Resources(weights={"sam2_base_plus": weights["sam2_base_plus"]}), "tiny")
    result = preannotate(block_cohort, sam2, out=tmp_path / "sam2")
    assert (result.clips, result.unprompted, result.masks, result.points) == (1, ("clip0",), 6, 0)
    assert all(0 <= mask.confidence <= 1 for mask in block_cohort.masks("clip1"))
    files = {name: weights[name] for name in ("bleedorigin_onset", "bleedorigin_source")}
    chain = ModelChoice("bleedorigin", Resources(weights=files), "tiny", tracker="hold_still")
    result = preannotate(block_cohort, chain, out=tmp_path / "chain")
    assert (result.clips, result.points, result.onsets, result.left_out) == (2, 0, 0, ()), "too short for its window"
