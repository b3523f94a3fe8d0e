"""The human ceiling."""

import math

from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.statistics.ceiling import Ceiling, ceiling


def test_it_is_the_mean_and_range_of_those_that_have_a_figure():
    by_annotator = {"kim": Score(0.5, 3), "lee": Score(1.0, 3), "ann": Score.nothing()}
    assert ceiling(by_annotator) == Ceiling(0.75, 0.5, 1.0, 2)


def test_nobody_is_no_ceiling():
    found = ceiling({})
    assert found.n == 0 and math.isnan(found.mean)
