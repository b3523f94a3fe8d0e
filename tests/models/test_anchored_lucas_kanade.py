"""A hidden point is carried by its neighbours and picked up again; a passing bar does not drag it away."""

import cv2
import numpy as np

from bleedkit.datasets.moving_texture import render
from bleedkit.models.anchored_lucas_kanade import AnchoredLucasKanade
from bleedkit.models.corner_detector import CornerDetector
from bleedkit.models.local_motion import carried_by_neighbours
from bleedkit.models.lucas_kanade import LucasKanade


def test_an_affine_motion_is_carried():
    start = np.random.default_rng(0).uniform(0, 100, (12, 2)).astype(np.float32)
    moved = (start @ np.array([[1.02, 0.03], [-0.02, 0.98]]) + [5, -3]).astype(np.float32)
    predicted, support = carried_by_neighbours(start, moved, np.ones(12), reach=60, scale=1)
    # The ridge holds a little of the linear part back: up to 0.6 px of the 3 px that strain moves the far ones.
    np.testing.assert_allclose(predicted, moved, atol=0.6)
    assert (support > 1).all()


def test_a_dragged_minority_does_not_pull():
    start = np.random.default_rng(1).uniform(0, 100, (15, 2)).astype(np.float32)
    moved = start + np.array([4, 1], np.float32)
    moved[:5] += 30
    predicted, _ = carried_by_neighbours(start, moved, np.ones(15), reach=60, scale=1)
    np.testing.assert_allclose(predicted, start + np.array([4, 1]), atol=0.6)


def test_far_points_carry_one_whose_surroundings_are_covered():
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], -1)
    start = np.vstack([[[0, 0]], 20 * circle, 200 * circle]).astype(np.float32)
    trust = np.r_[0, np.zeros(40), np.ones(40)]
    predicted, support = carried_by_neighbours(start, start + np.float32(5), trust, reach=60, scale=1)
    np.testing.assert_allclose(predicted[0], [5, 5], atol=1e-3)
    # 40 points at 200 / 60 reaches: 40 / (1 + 11.1)
    np.testing.assert_allclose(support[0], 40 / (1 + (200 / 60) ** 2), rtol=1e-3)


def test_without_trusted_neighbours_a_point_stays_and_says_so():
    start = np.array([[3, 4], [50, 60]], np.float32)
    predicted, support = carried_by_neighbours(start, start + 9, np.zeros(2), reach=60, scale=1)
    np.testing.assert_allclose(predicted, start)
    assert (support == 0).all()


def test_an_instrument_that_crosses_does_not_take_the_point_along():
    images, truth = render(45, np.random.default_rng([3, 1]))
    assert (~truth.visible[:, 0]).sum() >= 3, "the bar must cross the point for this to test anything"
    anchored, plain = AnchoredLucasKanade(), LucasKanade()
    gray = [anchored.encode(image) for image in images]
    start = truth.xy[0, :1]
    points = np.vstack([start, CornerDetector().detect(gray[0], start[0])])
    ours = anchored.track(gray, points)
    error = np.linalg.norm(ours.xy[:, 0] - truth.xy[:, 0], axis=1)
    dragged = np.linalg.norm(plain.track(gray, start).xy[:, 0] - truth.xy[:, 0], axis=1)
    assert dragged[-1] > 20
    assert error.max() < 6
    assert error[-1] < 4
    assert ours.hidden[~truth.visible[:, 0], 0].mean() > 0.8


def test_points_move_on_with_tissue_that_looks_like_nothing_in_the_first_frame():
    smooth = [cv2.GaussianBlur(np.random.default_rng(s).standard_normal((240, 320)), (0, 0), 3) for s in (0, 1)]
    first, other = (np.clip(128 + 45 * noise / noise.std(), 0, 255).astype(np.uint8) for noise in smooth)
    moving = [np.roll(other, (t, 2 * t), (0, 1)) for t in range(8)]
    rows, columns = np.mgrid[80:161:20, 100:221:20]
    start = np.stack([columns.ravel(), rows.ravel()], -1).astype(np.float32)
    tracks = AnchoredLucasKanade().track([first, *moving], start)
    assert tracks.hidden[1:].mean() > 0.9, "the new surface must be a strange one for this to test anything"
    np.testing.assert_allclose(np.median(tracks.xy[-1] - tracks.xy[1], axis=0), [2 * 7, 7], atol=0.5)
