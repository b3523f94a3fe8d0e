"""A matrix: real runs in processes of their own, one model that cannot, and nothing done twice."""

import importlib.util
from dataclasses import replace

import pytest

from bleedkit.benchmarks.runs.matrix import jobs_of, outcome_of, run_matrix
from bleedkit.benchmarks.runs.one_run import Registries, run_one
from bleedkit.benchmarks.runs.outcome_text import outcome_rows, outcome_text
from bleedkit.benchmarks.runs.read_runs import read_runs
from bleedkit.benchmarks.runs.run_plan import RunJob
from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.stage import Resources
from bleedkit.pseudolabel.engines import EngineChoice

with_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the ray extra is not installed")


@pytest.fixture
def base(cohort):
    return RunJob("track", "", 0, cohort.folder, "main")


def test_models_that_learn_nothing_have_one_run_whatever_the_seeds(base):
    jobs = jobs_of(base, ["hold_still", "bleedorigin_track", "human"], 2, [0, 1])
    assert [(job.model, job.fold, job.seed) for job in jobs] == [
        ("hold_still", 0, 0), ("hold_still", 1, 0),
        ("bleedorigin_track", 0, 0), ("bleedorigin_track", 0, 1),
        ("bleedorigin_track", 1, 0), ("bleedorigin_track", 1, 1),
        ("human", 0, 0), ("human", 0, 1), ("human", 1, 0), ("human", 1, 1),
    ]  # fmt: skip
    with pytest.raises(BleedkitError, match="no model 'magic'"):
        jobs_of(base, ["magic"], 1, [0])


@pytest.fixture
def broken_weights(base, tmp_path):
    """track_on with weights that are none."""
    (tmp_path / "track_on.pt").write_bytes(b"no weights")
    resources = Resources("cpu", {"track_on": tmp_path / "track_on.pt"})
    return replace(base, model="track_on", resources=resources)


def test_a_model_that_fails_is_told_and_the_others_go_on(base, broken_weights, tmp_path):
    jobs = [*jobs_of(base, ["hold_still"], 1, [0]), broken_weights, *jobs_of(base, ["red_centroid"], 1, [0])]
    jobs += jobs_of(base, ["lucas_kanade"], 1, [0])
    out = tmp_path / "runs"
    found = run_matrix(jobs, out)
    assert [one.state for one in found] == ["done", "failed", "failed", "done"]
    assert [one.job for one in found] == jobs
    assert "track_on.pt must be whole" in found[1].error
    assert "does not do track" in found[2].error
    assert "TraceBack" not in (out / ".log.txt").read_text()
    good, bad = read_runs(out)
    assert [run.record.key.model for run in good] == ["hold_still", "lucas_kanade"]
    assert [run.what.partition(":")[0] for run in bad] == ["failed"]

    again = run_matrix(jobs, out)
    assert [one.state for one in again] == ["there", "failed", "failed", "there"]
    assert again[0].primary == found[0].primary


def test_what_became_of_them_as_a_table(base, broken_weights, tmp_path, drifting):
    registries, _ = drifting()
    done = outcome_of(replace(base, model="drifting"), tmp_path, registries)
    leaky = outcome_of(replace(base, model="drifting", split="official", allow_leak=True), tmp_path, registries)
    failed = outcome_of(broken_weights, tmp_path)
    text = outcome_text([done, leaky, failed])
    lines = text.splitlines()
    assert lines[0] == "3 runs, 1 failed"
    assert f"acc_50 {100 * done.primary.value:.1f} %" in lines[3]
    assert "LEAKY" in lines[4]
    assert "FAILED" in lines[5]
    assert "not to be compared" in lines[6]
    rows = outcome_rows([done, leaky, failed])
    assert [row["state"] for row in rows] == ["done", "done", "failed"]
    assert (rows[0]["value"], rows[0]["n"], rows[2]["value"]) == (done.primary.value, done.primary.n, None)


@pytest.mark.slow
@with_ray
def test_runs_on_ray_leave_the_same_bytes(base, broken_weights, tmp_path):
    jobs = [*jobs_of(base, ["hold_still", "lucas_kanade"], 1, [0]), broken_weights]
    found = run_matrix(jobs, tmp_path / "ray", engine=EngineChoice("ray", 2))
    assert [one.state for one in found] == ["done", "done", "failed"]
    assert "track_on.pt must be whole" in found[2].error
    for one in found[:2]:
        here = run_one(one.job, tmp_path / "here", registries=Registries())
        there = (one.folder / "predictions.parquet").read_bytes()
        assert (here.folder / "predictions.parquet").read_bytes() == there
    with pytest.raises(BleedkitError, match=r"Ray has no 0\.5 GPU"):
        run_matrix(jobs_of(base, ["dense_flow"], 1, [0]), tmp_path / "gpu", engine=EngineChoice("ray", 1, "", 0.5))
