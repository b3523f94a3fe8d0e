import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bleedkit.annotate.consensus.intraclass_correlation import intraclass_correlation

# Shrout & Fleiss 1979, Table 2: four judges rate six targets; Table 4 gives ICC(2,1) = .29 and ICC(3,1) = .71.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_the_worked_example_of_shrout_and_fleiss():
    found = intraclass_correlation(JUDGES)
    assert (round(found.agreement, 2), round(found.consistency, 2), found.n) == (0.29, 0.71, 6)


def test_a_constant_offset_costs_agreement_but_no_consistency():
    # Things at 0, 2, 4, one person 1 higher: BMS = 2 * 8 / 2 = 8, EMS = 0, JMS = 3 * 2 * 0.25 = 1.5.
    found = intraclass_correlation(np.array([[0.0, 1], [2, 3], [4, 5]]))
    assert found.consistency == 1
    assert found.agreement == pytest.approx(8 / (8 + 2 * 1.5 / 3))


@pytest.mark.parametrize("ratings", [np.ones((4, 3)), np.array([[1.0, 2.0]]), np.zeros((0, 2)), np.ones((5, 1))])
def test_nothing_to_compare_with_is_nan(ratings):
    found = intraclass_correlation(ratings)
    assert np.isnan(found.agreement)
    assert np.isnan(found.consistency)


@given(arrays(float, (5, 3), elements=st.integers(-50, 50).map(float)), st.permutations(range(3)), st.integers(-9, 9))
def test_neither_the_order_of_people_nor_the_origin_matters(ratings, order, shift):
    one, other = intraclass_correlation(ratings), intraclass_correlation(ratings[:, order] + 1000.0 * shift)
    np.testing.assert_allclose(
        [one.agreement, one.consistency], [other.agreement, other.consistency], rtol=1e-6, atol=1e-9
    )
