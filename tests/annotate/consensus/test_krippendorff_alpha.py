import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bleedkit.annotate.consensus.krippendorff_alpha import interval_alpha, nominal_alpha

_ = np.nan
# Krippendorff 2011, Sec. C and D: four observers, twelve units; alpha 0.743 nominal, 0.849 interval.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
).T


def test_krippendorffs_own_example():
    assert nominal_alpha(OBSERVERS) == pytest.approx(0.743, abs=5e-4)
    assert interval_alpha(OBSERVERS) == pytest.approx(0.849, abs=5e-4)


@pytest.mark.parametrize(("alpha", "level"), [(nominal_alpha, "nominal"), (interval_alpha, "interval")])
@given(values=arrays(float, (8, 3), elements=st.one_of(st.just(np.nan), st.integers(0, 6).map(float))))
def test_alpha_is_the_packages(alpha, level, values):
    pairable = values[np.isfinite(values).sum(axis=1) >= 2]
    if len(np.unique(pairable[np.isfinite(pairable)])) < 2:
        assert np.isnan(alpha(values))
    else:
        expected = krippendorff.alpha(reliability_data=values.T, level_of_measurement=level)
        assert alpha(values) == pytest.approx(expected)


@pytest.mark.parametrize("alpha", [nominal_alpha, interval_alpha])
@pytest.mark.parametrize("votes", [np.ones((3, 2)), np.array([[1, _], [_, 0]]), np.zeros((0, 2))])
def test_what_cannot_be_told_from_chance_is_nan(alpha, votes):
    assert np.isnan(alpha(votes))


def test_a_thousand_positions_need_no_thousandfold_memory():
    rng = np.random.default_rng(0)
    true = rng.uniform(0, 1000, 1000)
    seen = true[:, None] + rng.normal(0, 10, (1000, 2))
    # Error variance over all variance: 1 - 100 / (1000^2 / 12 + 100).
    assert interval_alpha(seen) == pytest.approx(1 - 100 / (1e6 / 12 + 100), abs=2e-4)
