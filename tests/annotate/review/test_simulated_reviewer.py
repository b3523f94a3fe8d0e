import numpy as np
import pytest

from bleedkit.annotate.review.simulated_reviewer import ReviewCurve, compare_orders, draw_curves, review_curve
from bleedkit.datasets.errors import BleedkitError


def test_gain_is_of_what_a_full_review_gains():
    curve = ReviewCurve("gain", np.array([5.0, 3.0, 2.0]), frames=20, full=1.0)
    np.testing.assert_allclose(curve.gain, [0, 2 / 4, 3 / 4])
    np.testing.assert_allclose(curve.looked, [0, 1 / 20, 2 / 20])
    assert curve.gain_after(0.05) == 2 / 4
    assert curve.gain_after(0.9) == 3 / 4  # nothing was left to look at


def test_a_cohort_without_truth_is_refused(cohort):
    with pytest.raises(BleedkitError, match="no exact truth"):
        review_curve(cohort, "gain")


@pytest.mark.slow
def test_looks_make_labels_better_and_leave_the_cohort_alone(dense, tmp_path):
    before = {path: path.read_bytes() for path in dense.folder.rglob("*") if path.is_file()}
    curves = compare_orders(dense, ("gain", "random"), most=0.1)
    assert {path: path.read_bytes() for path in dense.folder.rglob("*") if path.is_file()} == before
    for curve in curves:
        assert len(curve.error) > 2
        assert curve.error[-1] < curve.error[0]
    again = compare_orders(dense, ("gain",), most=0.1)[0]
    np.testing.assert_array_equal(again.error, curves[0].error)
    draw_curves(curves, tmp_path / "review.png")
    assert (tmp_path / "review.png").stat().st_size > 1000
