"""Suites name what there is, fit their cohorts, and give every model that learns a recipe."""

import pytest

from bleedkit.benchmarks.entries.registry import ENTRIES
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs.human_run import ENTRY as HUMAN_ENTRY
from bleedkit.benchmarks.runs.human_run import HUMAN
from bleedkit.benchmarks.runs.matrix import run_matrix
from bleedkit.benchmarks.runs.read_runs import read_runs
from bleedkit.benchmarks.runs.suites import SUITES, phantom_cohorts, suite_jobs
from bleedkit.benchmarks.training.trainable_models import MODELS
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.split import load_split

ALL = {**ENTRIES, HUMAN: HUMAN_ENTRY}


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_names_what_there_is(name, tmp_path):
    suite = SUITES[name]
    assert suite.name == name
    learns = set()
    for part in suite.parts:
        part.phantom.plan()
        for protocol, models in part.models.items():
            for model in models:
                assert PROTOCOLS[protocol].task in ALL[model].tasks
                assert not ALL[model].weights, "a suite needs nothing that has to be downloaded"
                learns |= {model} if ALL[model].trains else set()
    assert learns == set(suite.recipes)
    jobs = suite_jobs(suite, [tmp_path] * len(suite.parts))
    for job in jobs:
        assert (job.size, job.init) == ("tiny", "random")
        assert (job.recipe is not None) == bool(ALL[job.model].trains)
        if job.recipe is not None:
            assert job.recipe.steps is not None
            assert job.recipe.batch == 1 or not MODELS[ALL[job.model].trains].lengths_differ
    assert len({str(job) for job in jobs}) == len(jobs)


def test_the_smoke_suite_proves_all_first_models():
    named = {model for part in SUITES["smoke"].parts for models in part.models.values() for model in models}
    assert named >= {
        "hold_still", "red_centroid", "colour_region", "unet", "sam2", "bloodet", "colour_onset", "lucas_kanade",
        "anchored_lucas_kanade",
    }  # fmt: skip


@pytest.mark.slow
def test_the_smallest_suite_from_nothing_to_scores(tmp_path):
    suite = SUITES["ci"]
    cohorts = phantom_cohorts(suite, tmp_path, workers=1)
    split = load_split(Cohort(cohorts[0]), "main")
    assert (split.unit, set(split.folds[0].values())) == ("patient", {"train", "test"})
    made = {path: path.stat().st_mtime_ns for path in cohorts[0].rglob("*.parquet")}
    assert phantom_cohorts(suite, tmp_path) == cohorts
    assert {path: path.stat().st_mtime_ns for path in cohorts[0].rglob("*.parquet")} == made

    found = run_matrix(suite_jobs(suite, cohorts), tmp_path)
    assert [one.error for one in found] == [""] * len(found)
    good, bad = read_runs(tmp_path)
    assert bad == []
    assert len(good) == len(found)
    assert not any(run.record.leaky for run in good)
