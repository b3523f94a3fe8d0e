"""Distances of edges by hand, and beside MONAI's on rough regions in frames whose pixels are not square."""

import numpy as np
import pytest
import torch
from bleedkit_test_layouts.region_tables import blob, rectangle
from monai.metrics import compute_hausdorff_distance
from monai.metrics.utils import get_edge_surface_distance

from bleedkit.benchmarks.predictions.mask_code import GRID, encode_mask
from bleedkit.benchmarks.predictions.mask_runs import edges, mask_runs
from bleedkit.benchmarks.predictions.region_distance import TOLERANCE, region_distance

SQUARE = np.array([512.0, 512.0])


def measured(found, true, size):
    pair = [edges(mask_runs([encode_mask(mask)]))[1] for mask in (found, true)]
    return region_distance(*pair, size, GRID)


def test_one_pixel_beside_another():
    one, other = rectangle(10, 10, 11, 11), rectangle(13, 14, 14, 15)
    assert measured(one, other, SQUARE)[0] == 5.0  # 3, 4, 5
    wide = np.array([2 * 512.0, 3 * 512.0])
    assert measured(one, other, wide)[0] == pytest.approx(np.hypot(3 * 2, 4 * 3))


def test_95_percent_are_interpolated():
    # Of the upper line's 100 pixels 92 lie on the lower one; the others are 1 to 8 px off its end. The 95th percentile
    # is at place 0.95 * 99 = 94.05 of the sorted distances, 92 zeros and 1..8: between 3 and 4.
    long, short = rectangle(100, 50, 200, 51), rectangle(100, 50, 192, 51)
    assert measured(long, short, SQUARE)[0] == pytest.approx(3.05)
    assert measured(short, long, SQUARE)[0] == pytest.approx(3.05)


def test_boundary_f_by_hand():
    # The limit is 0.0075 * 512 * sqrt(2) = 5.43 px. Of the long line 20 of 100 pixels are 1 to 20 px beyond the short
    # one's end, 5 of them within: precision 85/100, recall 1, F = 2 * 0.85 / 1.85.
    long, short = rectangle(100, 50, 200, 51), rectangle(100, 50, 180, 51)
    assert measured(long, short, SQUARE)[1] == pytest.approx(2 * 0.85 / 1.85)
    assert measured(rectangle(0, 0, 5, 5), rectangle(400, 400, 405, 405), SQUARE)[1] == 0.0


def test_nearer_is_meant_strictly():
    # 700x2400 px have a diagonal of 2500 and a limit of 18.75 px; a row is 2400 / 512 = 4.6875 px, four are 18.75.
    size = np.array([700.0, 2400.0])
    assert float(np.hypot(*size)) * TOLERANCE == 4 * 2400 / 512 == 18.75
    assert measured(rectangle(9, 9, 10, 10), rectangle(9, 13, 10, 14), size)[1] == 0.0
    assert measured(rectangle(9, 9, 10, 10), rectangle(9, 12, 10, 13), size)[1] == 1.0


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (512, 512)])
def test_as_monai_measures(size):
    rng = np.random.default_rng(11)
    spacing = (size[1] / GRID, size[0] / GRID)  # rows, columns
    for _ in range(6):
        found, true = blob(rng), blob(rng)
        tensors = [torch.from_numpy(mask)[None, None] for mask in (found, true)]
        hausdorff, boundary = measured(found, true, np.array(size, float))
        theirs = compute_hausdorff_distance(*tensors, include_background=True, percentile=95, spacing=spacing)
        assert hausdorff == pytest.approx(float(theirs), rel=1e-5)
        _, (to_true, to_found), _ = get_edge_surface_distance(
            *(tensor[0, 0] for tensor in tensors), spacing=spacing, symmetric=True
        )
        limit = 0.0075 * float(np.hypot(*size))
        precision, recall = (float((far < limit).float().mean()) for far in (to_true, to_found))
        both = precision + recall
        assert boundary == pytest.approx(2 * precision * recall / both if both else 0.0, rel=1e-5)
