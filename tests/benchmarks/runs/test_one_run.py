"""One run: killed and gone on with to the same bytes, failed and told, finished and never written again."""

import json
import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from bleedkit.benchmarks.runs.one_run import Registries, run_one
from bleedkit.benchmarks.runs.read_runs import read_runs
from bleedkit.benchmarks.runs.run_plan import RunJob
from bleedkit.benchmarks.training.recipe import Recipe
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError


def predictions(out, job):
    return (
        out / job.protocol / "surgblood" / job.split / job.model / str(job.seed) / "predictions.parquet"
    ).read_bytes()


def test_what_a_run_leaves(cohort, track_job, drifting, tmp_path):
    registries, asked = drifting(by=1.0)
    done = run_one(track_job, tmp_path, registries=registries)
    assert done.done_now
    assert len(asked) == 6  # three patients with two clips each
    record = done.record
    assert (record.state, record.leaky, record.data["clips"], record.data["patients"]) == ("done", False, 6, 3)
    assert record.data["cohort_digest"] == cohort.digest
    assert record.predictions_digest == file_digest(done.folder / "predictions.parquet")
    assert {path.name for path in done.folder.iterdir()} == {".lock", "predictions.parquet", "run.json", "samples"}
    good, bad = read_runs(tmp_path)
    assert bad == []
    table = good[0].predictions.to_pandas()
    later = table[~table.is_query]
    query = table[table.is_query].set_index("clip_id")
    for row in later.itertuples():  # the tracker moves by a pixel a frame, right and down
        first = query.loc[row.clip_id]
        np.testing.assert_allclose(row.x - first.true_x, row.frame - first.frame, atol=1e-4)


def test_a_finished_run_is_not_done_again(track_job, drifting, tmp_path):
    registries, asked = drifting()
    first = run_one(track_job, tmp_path, registries=registries)
    before = {path: path.read_bytes() for path in first.folder.iterdir() if path.is_file()}
    again = run_one(track_job, tmp_path, registries=registries)
    assert (again.done_now, again.record.scores) == (False, first.record.scores)
    assert len(asked) == 6
    assert {path: path.read_bytes() for path in first.folder.iterdir() if path.is_file()} == before
    with pytest.raises(BleedkitError, match="finished run of other settings"):
        run_one(replace(track_job, size="tiny"), tmp_path, registries=registries)


def test_killed_in_the_middle_it_goes_on_and_ends_with_the_same_bytes(track_job, drifting, tmp_path):
    whole, _ = drifting(by=1.5)
    run_one(track_job, tmp_path / "whole", registries=whole)

    def die(asked_before):
        if asked_before == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    killed, _ = drifting(by=1.5, before_clip=die)
    child = os.fork()
    if child == 0:
        try:
            run_one(track_job, tmp_path / "killed", registries=killed)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    good, bad = read_runs(tmp_path / "killed")
    assert (good, bad[0].what) == ([], "is not finished")
    folder = bad[0].folder
    shards = sorted(folder.glob("shards/*.parquet"))
    assert len(shards) == 3
    shards[0].write_bytes(b"half a fi")  # as a full disk may leave it; this clip is asked again
    (folder / "shards" / ".half.parquet.x7").write_bytes(b"left by the killed one")

    resumed, asked = drifting(by=1.5)
    run_one(track_job, tmp_path / "killed", registries=resumed)
    assert len(asked) == 4
    assert predictions(tmp_path / "killed", track_job) == predictions(tmp_path / "whole", track_job)
    assert not (folder / "shards").exists()


def test_clips_of_other_settings_are_not_taken_for_these(track_job, drifting, tmp_path):
    def stop(asked_before):
        if asked_before == 3:
            raise KeyboardInterrupt

    one, _ = drifting(before_clip=stop)
    with pytest.raises(KeyboardInterrupt):
        run_one(track_job, tmp_path, registries=one)
    other, asked = drifting()
    run_one(replace(track_job, size="tiny"), tmp_path, registries=other)
    assert len(asked) == 6


def test_what_breaks_is_in_the_record_and_can_be_tried_again(track_job, drifting, tmp_path):
    def break_once(asked_before):
        if asked_before == 2:
            raise RuntimeError("out of memory")

    broken, _ = drifting(before_clip=break_once)
    with pytest.raises(RuntimeError, match="out of memory"):
        run_one(track_job, tmp_path, registries=broken)
    _, bad = read_runs(tmp_path)
    assert bad[0].what == "failed: RuntimeError: out of memory"
    mended, asked = drifting()
    assert run_one(track_job, tmp_path, registries=mended).record.error == ""
    assert len(asked) == 4  # two clips were done before it broke
    assert len(read_runs(tmp_path)[0]) == 1


def test_two_processes_are_not_at_one_run(track_job, drifting, tmp_path):
    inner, _ = drifting()

    def meddle(asked_before):
        if asked_before == 1:
            with pytest.raises(BleedkitError, match="another process is at the run"):
                run_one(track_job, tmp_path, registries=inner)

    outer, asked = drifting(before_clip=meddle)
    run_one(track_job, tmp_path, registries=outer)
    assert len(asked) == 6


def test_a_leaking_split_is_refused_or_marked(track_job, drifting, tmp_path):
    registries, _ = drifting()
    official = replace(track_job, split="official")
    with pytest.raises(BleedkitError, match=r"split official leaks.*--allow-leak"):
        run_one(official, tmp_path, registries=registries)
    assert list(tmp_path.iterdir()) == []
    said = []
    done = run_one(replace(official, allow_leak=True), tmp_path, registries=registries, say=said.append)
    assert done.record.leaky
    assert any("every figure is marked" in note for note in said)
    good, bad = read_runs(tmp_path)
    assert (good[0].record.leaky, bad) == (True, [])
    honest = run_one(replace(track_job, allow_leak=True), tmp_path, registries=registries)
    assert not honest.record.leaky  # allowed is not done


def test_a_model_that_learns_is_trained_asked_and_reproduced(cohort, tmp_path):
    job = RunJob("region-point", "unet", 3, cohort.folder, "main", size="tiny", init="random", recipe=Recipe(steps=2))
    first = run_one(job, tmp_path / "a")
    run_one(job, tmp_path / "b")
    other = replace(job, seed=4)
    run_one(other, tmp_path / "a")
    assert predictions(tmp_path / "a", job) == predictions(tmp_path / "b", job)
    assert predictions(tmp_path / "a", job) != predictions(tmp_path / "a", other)
    record = first.record
    training = json.loads((first.folder / "training" / "run.json").read_text())
    assert record.weights == {"trained": training["weights_digest"], "first model": "random"}
    assert (record.data["training"]["part"], record.data["part"]) == ("train", "test")
    assert (training["recipe"]["seed"], training["recipe"]["steps"]) == (3, 2)
    assert record.efficiency.parameters > 1000
    assert record.efficiency.frames_per_s > 0

    weights = first.folder / "training"
    asked = replace(job, train=False, trained=weights, recipe=None, model="unet", seed=0)
    again = run_one(asked, tmp_path / "c")
    assert predictions(tmp_path / "c", asked) == predictions(tmp_path / "a", job)
    assert not again.record.leaky


def test_people_are_scored_against_each_other(cohort, tmp_path):
    with pytest.raises(BleedkitError, match="no annotator number 0 beside others"):
        run_one(RunJob("track", "human", 0, cohort.folder, "main"), tmp_path, registries=Registries())
