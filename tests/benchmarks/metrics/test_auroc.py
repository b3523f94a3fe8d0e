"""Ties, silence and order; the resampling is tested in test_summary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from bleedkit.benchmarks.metrics.auroc import Auroc
from bleedkit.benchmarks.metrics.draws import Groups
from bleedkit.benchmarks.metrics.score import Score

ONE = Groups(np.zeros(0, np.int64), np.zeros(1, np.int64))


def area(values, happened):
    return Auroc(np.array(values, float), np.array(happened, bool)).score(ONE)


@pytest.mark.parametrize(
    ("values", "happened", "expected"),
    [
        ([0.1, 0.9], [0, 1], 1.0),
        ([0.9, 0.1], [0, 1], 0.0),
        ([0.5, 0.5, 0.5], [0, 1, 1], 0.5),
        ([0.2, 0.4, 0.4, 0.6], [0, 0, 1, 1], (1 + 0.5 + 1 + 1) / 4),
    ],
)
def test_pairs_by_hand(values, happened, expected):
    assert area(values, happened) == Score(expected, len(values))


def test_rows_that_do_not_count_are_left_out():
    assert area([0.1, np.nan, 0.9, np.nan], [0, 0, 1, 1]) == Score(1.0, 2)
    assert str(area([0.1, np.nan], [0, 1])) == str(area([], [])) == str(Score.nothing())


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_as_scikit_learn(rows):
    values, happened = (list(column) for column in zip(*rows, strict=True))
    if len(set(happened)) == 1:
        assert area(values, happened).n == 0
    else:
        assert area(values, happened).value == pytest.approx(roc_auc_score(happened, values))
