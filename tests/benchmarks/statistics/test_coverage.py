"""Simulated populations are what they say, and intervals hold their figures about as often as they say."""

import numpy as np
import pytest

from bleedkit.benchmarks.metrics.summary import Ratio
from bleedkit.benchmarks.statistics.coverage import POPULATIONS, Design, Population, samples
from bleedkit.benchmarks.statistics.interval import interval
from bleedkit.benchmarks.statistics.other_ways import WAYS, sign_flip
from bleedkit.benchmarks.statistics.paired import p_value


def test_the_truth_of_a_population_whose_figure_is_known():
    # Ease is symmetric about 0, so it is above 0 in half of the frames.
    half = Population("above", lambda _rng, _rows, ease: Ratio((ease > 0).astype(float), np.ones(len(ease))))
    assert half.truth == pytest.approx(0.5, abs=0.005)


def test_ease_varies_as_much_as_stated():
    # sd of patient, clip and frame: sqrt(0.8^2 + 0.6^2) = 1.0, sqrt(0.5^2 + 0.4^2) = 0.64, sqrt(0.3^2 + 0.4^2) = 0.5
    squares = Population("squares", lambda _rng, _rows, ease: Ratio(ease**2, np.ones(len(ease))))
    assert squares.truth == pytest.approx(1.0 + 0.41 + 0.25, rel=0.02)


def test_designs_have_the_clips_they_say():
    groups = Design(more=3).groups(np.random.default_rng(0), 20)
    assert groups.n_patients == 20 and len(groups.patient) == 20 + 60
    assert len(Design(more=0).groups(np.random.default_rng(0), 9).patient) == 9


def test_the_same_seed_gives_the_same_samples():
    first, again = ([f.value for (f,) in samples(POPULATIONS["iou"], 8, 3, seed=1)] for _ in range(2))
    assert first == again and len(set(first)) == 3


@pytest.mark.slow
def test_intervals_hold_the_truth_and_equal_models_are_called_equal():
    # Of 150 intervals that hold it in 95 %, fewer than 88 % do so once in 4,000 times.
    for name in ("share", "median-error"):
        truth = POPULATIONS[name].truth
        spans = [interval(figure) for (figure,) in samples(POPULATIONS[name], 8, 150)]
        assert np.mean([span.low <= truth <= span.high for span in spans]) > 0.88
    apart = [a.minus(b) for a, b in samples(POPULATIONS["share"], 8, 150, n_models=2)]
    assert np.mean([p_value(one) <= 0.05 for one in apart]) < 0.12


def test_where_no_interval_can_hold_the_truth_none_is_called_reliable():
    # The calibration error of a calibrated model is 0, and every sample's is more.
    spans = [interval(figure) for (figure,) in samples(POPULATIONS["calibrated"], 20, 20)]
    assert all(span.low > POPULATIONS["calibrated"].truth for span in spans)
    assert sum(span.reliable for span in spans) <= 1


def test_the_other_intervals_are_near_ours_where_patients_are_many():
    ((figure,),) = samples(POPULATIONS["share"], 200, 1)
    ends = np.array([of(figure) for of in WAYS.values()])
    width = ends[0, 1] - ends[0, 0]
    assert (np.abs(ends - ends[0]) < 0.15 * width).all()


def test_sign_flips_of_eight_patients_are_exact():
    ((a, b),) = samples(POPULATIONS["share"], 8, 1, n_models=2)
    apart = a.minus(b)
    p = sign_flip(apart, np.random.default_rng(0))
    assert p * 2**8 == pytest.approx(round(p * 2**8)) and 2 / 2**8 <= p <= 1
