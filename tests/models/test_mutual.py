import numpy as np

from bleedkit.models.mutual import mutual_best


def test_only_pairs_that_choose_each_other_stay():
    # Row 0 prefers column 1, which prefers row 1; row 1 prefers column 1; row 2 and column 2 prefer each other.
    likeness = np.array([[0.2, 0.6, 0.1], [0.1, 0.9, 0.3], [0.0, 0.2, 0.4]])
    rows, columns = mutual_best(likeness)
    np.testing.assert_array_equal(rows, [1, 2])
    np.testing.assert_array_equal(columns, [1, 2])


def test_nobody_has_no_partner():
    for shape in ((0, 3), (3, 0), (0, 0)):
        rows, columns = mutual_best(np.zeros(shape))
        assert len(rows) == len(columns) == 0
