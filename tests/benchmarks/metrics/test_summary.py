"""Every summary's `resampled` beside what it stands for: the rows of each draw written out, and scored anew."""

import numpy as np
import pytest

from bleedkit.benchmarks.metrics.auroc import Auroc
from bleedkit.benchmarks.metrics.calibration import Calibration
from bleedkit.benchmarks.metrics.draws import Draws, Groups
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.metrics.summary import Median, Ratio

CLIPS_OF = (3, 1, 4, 2, 2)  # by patient
DRAWS = 40


@pytest.fixture(scope="module")
def groups():
    """12 clips of 5 patients, neither in order, and up to nine rows of each in a shuffled row; one clip has none."""
    rng = np.random.default_rng(1)
    patient = rng.permutation(np.repeat(np.arange(5), CLIPS_OF))
    clip = rng.permutation(np.repeat(np.arange(12), rng.integers(1, 10, 12)))
    return Groups(clip[clip != 4], patient)


@pytest.fixture(scope="module")
def drawn(groups):
    """DRAWS lists of (patient, its clips as drawn): patients with repetition, of each its clips with repetition."""
    rng = np.random.default_rng(2)
    clips = [np.flatnonzero(groups.patient == p) for p in range(5)]
    return [[(p, rng.choice(clips[p], len(clips[p]))) for p in rng.integers(0, 5, 5)] for _ in range(DRAWS)]


@pytest.fixture(scope="module")
def draws(drawn):
    patients = [np.bincount([p for p, _ in draw], minlength=5) for draw in drawn]
    clips = [np.bincount(np.concatenate([clips for _, clips in draw]), minlength=12) for draw in drawn]
    return Draws(np.array(patients, np.float32), np.array(clips, np.float32))


@pytest.fixture(scope="module")
def values(groups):
    return np.random.default_rng(3).integers(0, 6, len(groups.clip)).astype(float)


def rows_in(draw, groups):
    """The rows of a draw, a row as often as its clip was drawn."""
    return np.concatenate([np.flatnonzero(groups.clip == clip) for _, clips in draw for clip in clips])


def rescored(summary, groups, draw):
    """The draw's rows as rows of their own, scored."""
    rows = rows_in(draw, groups)
    parts = {name: array[rows] for name, array in vars(summary).items() if isinstance(array, np.ndarray)}
    return type(summary)(**parts).score(Groups(groups.clip[rows], groups.patient)).value


def missing(values, share, seed):
    return np.where(np.random.default_rng(seed).random(len(values)) < share, np.nan, values)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.95])
def test_rows_that_are_drawn_twice_count_twice(groups, drawn, draws, values, share):
    kept = missing(values, share, 4)
    there = ~np.isnan(kept)
    yes = values > np.random.default_rng(5).uniform(0, 5, len(values))
    for summary in (
        Ratio(np.nan_to_num(kept), there * (1.0 + values)),
        Median(kept),
        Auroc(kept, yes),
        Calibration(kept / 5, yes),
    ):
        expected = [rescored(summary, groups, draw) for draw in drawn]
        np.testing.assert_allclose(summary.resampled(groups, draws), expected, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 33, 700])
def test_medians_of_few_and_many_rows(drawn, draws, groups, n):
    rng = np.random.default_rng(n)
    many = Groups(rng.integers(0, 12, n), groups.patient)
    for values in (rng.normal(size=n), rng.integers(0, 4, n).astype(float)):
        expected = [rescored(Median(values), many, draw) for draw in drawn]
        np.testing.assert_array_equal(Median(values).resampled(many, draws), expected)


def test_a_clip_drawn_twice_counts_as_two_clips(groups, drawn, draws, values):
    there = np.where(groups.clip % 3 == 0, 0.0, 1.0 + values)  # every third clip has nothing to score
    summary = Ratio(values * (there > 0), there, "clip")
    expected = []
    for draw in drawn:
        copies = [np.flatnonzero(groups.clip == clip) for _, clips in draw for clip in clips]
        ratios = [summary.numerator[rows].sum() / there[rows].sum() for rows in copies if there[rows].sum()]
        expected.append(np.mean(ratios) if ratios else np.nan)
    np.testing.assert_allclose(summary.resampled(groups, draws), expected)


def test_a_patient_drawn_twice_is_one_ratio_counted_twice(groups, drawn, draws, values):
    there = np.where(groups.patient[groups.clip] == 2, 0.0, 1.0 + values)  # one patient has nothing to score
    summary = Ratio(values * (there > 0), there, "patient")
    expected = []
    for draw in drawn:
        ratios = []
        for patient, _ in draw:
            clips = [clip for other, clips in draw if other == patient for clip in clips]
            rows = np.concatenate([np.flatnonzero(groups.clip == clip) for clip in clips])
            if there[rows].sum():
                ratios.append(summary.numerator[rows].sum() / there[rows].sum())
        expected.append(np.mean(ratios) if ratios else np.nan)
    np.testing.assert_allclose(summary.resampled(groups, draws), expected)


def test_one_of_each_is_the_score(groups, values):
    once = Draws(np.ones((1, 5), np.float32), np.ones((1, 12), np.float32))
    yes = values > 2
    summaries = [Ratio(values, 1 + values, per) for per in ("row", "clip", "patient")]
    for summary in (*summaries, Median(values), Auroc(-values, yes), Calibration(values / 5, yes)):
        assert summary.resampled(groups, once)[0] == pytest.approx(summary.score(groups).value)


def test_a_draw_with_nothing_to_score_is_nothing(groups, draws):
    nothing, n = np.full(len(groups.clip), np.nan), len(groups.clip)
    yes = np.arange(n) % 2 == 0
    empty = [Ratio(np.zeros(n), np.zeros(n), per) for per in ("row", "clip", "patient")]
    for summary in (
        *empty,
        Median(nothing),
        Auroc(nothing, yes),
        Calibration(nothing, yes),
        Auroc(nothing * 0, yes & False),
    ):
        assert np.isnan(summary.resampled(groups, draws)).all()
        assert str(summary.score(groups)) == str(Score.nothing())


def test_order_does_not_matter(groups, draws, values):
    order = np.random.default_rng(8).permutation(len(values))
    turned, yes = Groups(groups.clip[order], groups.patient), values > 2
    for one, other in (
        *((Ratio(values, 1 + values, per), Ratio(values[order], 1 + values[order], per)) for per in ("row", "clip")),
        (Ratio(values, 1 + values, "patient"), Ratio(values[order], 1 + values[order], "patient")),
        (Median(values), Median(values[order])),
        (Auroc(values, yes), Auroc(values[order], yes[order])),
        (Calibration(values / 5, yes), Calibration(values[order] / 5, yes[order])),
    ):
        assert one.score(groups).value == pytest.approx(other.score(turned).value)
        np.testing.assert_allclose(one.resampled(groups, draws), other.resampled(turned, draws))


def test_scores_by_hand():
    # Clips 0 and 1 of patient 0, clip 2 of patient 1; rows 3/4, 1/4 and 0/2 in clip 0, 5/10 in 1, 1/1 in 2.
    groups = Groups(np.array([0, 0, 0, 1, 2]), np.array([0, 0, 1]))
    top, bottom = np.array([3.0, 1, 0, 5, 1]), np.array([4.0, 4, 2, 10, 1])
    assert Ratio(top, bottom).score(groups) == Score(10 / 21, 5)
    assert Ratio(top, bottom, "clip").score(groups).value == pytest.approx((4 / 10 + 5 / 10 + 1) / 3)
    assert Ratio(top, bottom, "patient").score(groups).value == pytest.approx((9 / 20 + 1) / 2)
    assert Median(np.array([5.0, np.nan, 1, 2, 9])).score(groups) == Score((2 + 5) / 2, 4)
