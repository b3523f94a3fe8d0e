import pytest

from bleedkit.benchmarks.leak_gap import (
    BY_CLIP,
    BY_PATIENT,
    clip_folds,
    draw,
    gaps,
    make_cohort,
    of_colour_table,
    of_runs,
    run_all,
    table_of,
)
from bleedkit.benchmarks.training.recipe import Recipe
from bleedkit.datasets.clip_strata import clip_strata
from bleedkit.datasets.phantom.generate import PhantomSettings
from bleedkit.datasets.split import load_split
from bleedkit.datasets.split_audit import parts_of, shared_patients


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    settings = PhantomSettings("surgblood", 1, 3, 6, 0.1)
    return make_cohort(tmp_path_factory.mktemp("gap") / "cohort", settings, folds=3)


def test_both_splits_test_every_clip_once_and_only_one_leaks(cohort):
    rows = clip_strata(cohort)
    for name, leaks in ((BY_PATIENT, False), (BY_CLIP, True)):
        split = load_split(cohort, name)
        tested = [clip for fold in range(3) for clip, part in parts_of(rows, split, fold).items() if part == "test"]
        assert sorted(tested) == sorted(cohort.clips)
        assert any(shared_patients(rows, parts_of(rows, split, fold)) for fold in range(3)) == leaks


def test_another_seed_deals_other_folds(cohort):
    assert clip_folds(cohort, 3, 0).folds == clip_folds(cohort, 3, 0).folds != clip_folds(cohort, 3, 1).folds


def test_a_model_that_learns_nothing_gains_nothing_from_a_leak(cohort, tmp_path):
    run_all(cohort, "red_centroid", Recipe(steps=1), folds=3, seeds=1, out=tmp_path)
    found = gaps(of_runs(tmp_path), ("iou", "pck_10"))
    assert [gap.difference.delta for gap in found] == [0.0, 0.0]
    assert found[0].honest.value == found[0].leaking.value > 0
    text = table_of(found)
    assert text.count("\n") == 3
    assert "+0.0" in text
    draw(found, tmp_path / "gap.png")
    assert (tmp_path / "gap.png").stat().st_size > 1000


def test_unfinished_folds_are_refused(cohort, tmp_path):
    run_all(cohort, "red_centroid", Recipe(steps=1), folds=2, seeds=1, out=tmp_path)
    with pytest.raises(ValueError, match="every fold"):
        gaps(of_runs(tmp_path))


def test_a_table_of_colours_answers_every_clip_in_both_splits(cohort):
    answers = of_colour_table(cohort, folds=3)
    assert set(answers) == {(BY_PATIENT, 0), (BY_CLIP, 0)}
    for table in answers.values():
        assert sorted(set(table["clip_id"].to_pylist())) == sorted(cohort.clips)
    assert 0 < gaps(answers, ("iou",))[0].honest.value < 1
