"""The median under weights: the median of rows that stand as often as they weigh, however many runs hold them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.benchmarks.metrics.draws import Draws, Groups
from bleedkit.benchmarks.metrics.summary import Median


def scored_anew(values, clip, times):
    drawn = np.repeat(values, times[clip].astype(int))
    drawn = drawn[~np.isnan(drawn)]
    return np.median(drawn) if len(drawn) else np.nan


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 300), st.integers(1, 40))
def test_each_draw_is_the_median_of_its_rows(seed, n_clips, n_rows, levels):
    rng = np.random.default_rng(seed)
    clip = rng.integers(0, n_clips, n_rows)
    values = rng.integers(0, levels, n_rows).astype(np.float64)  # few levels: many ties
    values[rng.random(n_rows) < 0.2] = np.nan
    times = rng.integers(0, 3, (9, n_clips)).astype(np.float32)
    found = Median(values).resampled(Groups(clip, np.zeros(n_clips, np.int64)), Draws(times[:, :1], times))
    np.testing.assert_array_equal(found, [scored_anew(values, clip, draw) for draw in times])


def test_blocks_of_draws_are_put_together_in_order():
    rng = np.random.default_rng(0)
    times = rng.integers(0, 3, (2500, 4)).astype(np.float32)
    clip, values = rng.integers(0, 4, 90), rng.random(90)
    found = Median(values).resampled(Groups(clip, np.zeros(4, np.int64)), Draws(times[:, :1], times))
    np.testing.assert_array_equal(found, [scored_anew(values, clip, draw) for draw in times])
