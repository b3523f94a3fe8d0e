"""The naive baselines: worked by hand on pictures of a few pixels."""

import numpy as np
import pytest

from bleedkit.benchmarks.phantom_baselines import ScoredFrame, best_overlap, red_measures, table
from bleedkit.datasets.errors import BleedkitError


def test_red_measures_of_pure_colours():
    picture = np.array([[[255, 0, 0], [0, 255, 0], [90, 90, 90], [0, 0, 0]]], np.uint8)
    measures = red_measures(picture)
    np.testing.assert_allclose(measures["red less the mean of green and blue"], [[1, 0, 0, 0]])
    np.testing.assert_allclose(measures["share of red"], [[1, 0, 1 / 3, 0]])
    # CIELAB of sRGB red has a* = 80.1, of green -86.2, of grey 0 (Lindbloom's calculator).
    np.testing.assert_allclose(measures["a* of CIELAB"], [[1, 0, 0, 0]], atol=0.02)


def test_the_table_takes_the_threshold_that_suits_best():
    frames = [
        ScoredFrame("", {"middle of the picture": 8.0, "hold still": 20.0, "a > 0.1": 30.0, "a > 0.2": 12.0}, {}),
        ScoredFrame("", {"middle of the picture": 60.0, "hold still": 20.0, "a > 0.1": 40.0, "a > 0.2": 28.0}, {}),
    ]
    rows = table(frames)
    assert list(rows) == ["middle of the picture", "hold still", "red centroid (a > 0.2)"]
    assert rows["red centroid (a > 0.2)"]["median px"] == 20.0
    assert rows["middle of the picture"]["within 10 px"] == 0.5
    assert rows["middle of the picture"]["mean px"] == 34.0


def test_the_best_overlap_counts_frames_with_a_drawn_region_only():
    frames = [ScoredFrame("", {}, {"a > 0.1": 0.2, "a > 0.2": 0.4}), ScoredFrame("", {}, {})]
    assert best_overlap(frames) == ("a > 0.2", 0.4)
    assert np.isnan(best_overlap([ScoredFrame("", {}, {})])[1])


def test_no_frame_at_all_is_told():
    with pytest.raises(BleedkitError, match="no clip shows a source"):
        table([])
