import numpy as np
import pytest

from bleedkit.annotate.consensus.staple import staple

from .conftest import square


def test_known_people_are_found_again():
    """Five people err at random with known rates over a disk in a frame of its own size."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:200, :200]
    true = (rows - 100) ** 2 + (columns - 100) ** 2 < 60**2
    rates = [(0.95, 0.99), (0.8, 0.95), (0.9, 0.9), (0.99, 0.8), (0.7, 0.99)]
    drawn = [np.where(true, rng.random(true.shape) < p, rng.random(true.shape) < 1 - q) for p, q in rates]
    found = staple(drawn)
    np.testing.assert_allclose(found.sensitivity, [p for p, _ in rates], atol=0.02)
    np.testing.assert_allclose(found.specificity, [q for _, q in rates], atol=0.02)
    assert (found.region == true).mean() > 0.99


def test_the_region_lies_where_it_was_drawn():
    masks = [square(40, 30, 10), square(40, 30, 10), square(41, 30, 10)]
    np.testing.assert_array_equal(staple(masks).region, square(40, 30, 10))


def test_nothing_drawn_is_a_slip():
    with pytest.raises(ValueError, match="not empty"):
        staple([square(0, 0, 0), square(0, 0, 0)])
    with pytest.raises(ValueError, match="two masks"):
        staple([square(0, 0, 4)])
