import numpy as np
import pytest

from bleedkit.models.matcher import Disc
from bleedkit.models.sift_matcher import SiftMatcher

MIDDLE = np.array([200.0, 150.0])


@pytest.fixture(scope="module")
def texture() -> np.ndarray:
    """Blobs of every size, (300, 400, 3)."""
    import cv2

    rng = np.random.default_rng(3)
    layers = [cv2.resize(rng.normal(0, 1, (300 // s, 400 // s)), (400, 300), interpolation=3) for s in (3, 6, 12, 24)]
    gray = np.clip(128 + 25 * np.sum(layers, axis=0), 0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def dot(x: float, y: float) -> np.ndarray:
    """A bright Gaussian dot of 3 px at (x, y), in our coordinates, on a 128 x 128 picture."""
    rows, columns = np.mgrid[:128, :128] + 0.5
    bright = 60 + 120 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 3**2))
    return np.repeat(np.round(bright).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("x", [60.5, 60.0, 60.25, 60.75])
def test_a_dot_is_found_where_it_was_drawn(x):
    disc = Disc(np.array([60.0, 70.0]), 10.0)
    found = SiftMatcher().match(dot(x, 70.5), dot(x, 70.5), disc, disc)
    assert len(found.first) >= 1
    np.testing.assert_allclose(found.first, np.tile([x, 70.5], (len(found.first), 1)), atol=0.05)
    np.testing.assert_array_equal(found.first, found.second)


@pytest.mark.parametrize(
    "motion",
    [{"shift": (7.0, -5.0)}, {"shift": (3.5, 2.25)}, {"degrees": 20.0}, {"scale": 1.15}],
    ids=["whole pixels", "parts of a pixel", "turned", "enlarged"],
)
def test_a_known_motion_is_found(texture, warped, motion):
    moved, matrix = warped(texture, **motion)
    found = SiftMatcher().match(texture, moved, Disc(MIDDLE, 60.0), Disc(MIDDLE, 90.0))
    sure = found.confidence > 0.7
    error = found.second - (found.first @ matrix[:, :2].T + matrix[:, 2])
    assert sure.sum() > 30
    assert np.median(np.linalg.norm(error[sure], axis=1)) < 0.4
    assert np.abs(np.median(error[sure], axis=0)).max() < 0.1


def test_a_match_with_no_rival_is_sure_and_one_with_an_equal_rival_is_not(texture):
    twice = np.concatenate([texture[:, :200], texture[:, :200]], axis=1)
    here = Disc(np.array([100.0, 150.0]), 50.0)
    alone = SiftMatcher().match(texture, texture, here, here)
    rivalled = SiftMatcher().match(texture, twice, here, Disc(np.array([200.0, 150.0]), 160.0))
    assert np.median(alone.confidence) > 0.95
    # Nearest and second nearest alike are a ratio of 1: 1 / (1 + exp((1 - 0.82) / 0.06)) = 1 / (1 + e^3) = 0.047.
    np.testing.assert_allclose(np.median(rivalled.confidence), 0.047, atol=0.01)


def test_the_chance_of_being_right_is_what_the_confidence_says(texture, warped):
    moved, matrix = warped(texture, degrees=35.0, scale=0.75)
    noise = np.random.default_rng(0).normal(0, 14, moved.shape)
    noisy = np.clip(moved + noise, 0, 255).astype(np.uint8)
    found = SiftMatcher().match(texture, noisy, Disc(MIDDLE, 120.0), Disc(MIDDLE, 120.0))
    right = np.linalg.norm(found.second - (found.first @ matrix[:, :2].T + matrix[:, 2]), axis=1) < 3
    sure, poor = found.confidence > 0.7, found.confidence < 0.3
    assert min(sure.sum(), poor.sum()) > 30
    assert right[sure].mean() > 0.9
    assert right[poor].mean() < 0.4


def test_the_order_of_the_frames_does_not_matter(texture, warped):
    moved, _ = warped(texture, shift=(6.0, 4.0))
    here, there = Disc(MIDDLE, 40.0), Disc(MIDDLE, 70.0)
    forth, back = SiftMatcher().match(texture, moved, here, there), SiftMatcher().match(moved, texture, there, here)
    pairs = {(*a, *b): c for a, b, c in zip(forth.first.tolist(), forth.second.tolist(), forth.confidence, strict=True)}
    turned = {(*b, *a): c for a, b, c in zip(back.first.tolist(), back.second.tolist(), back.confidence, strict=True)}
    shared = pairs.keys() & turned.keys()
    # A keypoint of several orientations is kept once for each place of the first frame, so the two may differ there.
    assert len(shared) > 0.9 * max(len(pairs), len(turned))
    assert all(pairs[pair] == pytest.approx(turned[pair], abs=1e-4) for pair in shared)


def test_matches_are_inside_both_discs_surest_first_and_once_a_place(texture):
    here = Disc(MIDDLE, 50.0)
    found = SiftMatcher().match(texture, texture, here, here)
    assert len(found.first) > 30
    assert here.holds(found.first).all()
    assert here.holds(found.second).all()
    assert (np.diff(found.confidence) <= 0).all()
    assert len(np.unique(found.first, axis=0)) == len(found.first)


def test_a_crop_finds_what_the_whole_picture_shows(texture):
    import cv2

    gray = cv2.cvtColor(texture, cv2.COLOR_RGB2GRAY)
    whole = cv2.SIFT_create(contrastThreshold=0.01, enable_precise_upscale=True).detect(gray)
    here = Disc(MIDDLE, 50.0)
    theirs = np.unique(cv2.KeyPoint_convert(whole) + np.float32(0.5), axis=0)
    theirs = theirs[here.holds(theirs)]
    ours = SiftMatcher().match(texture, texture, here, here).first
    nearest = np.linalg.norm(theirs[:, None] - ours[None], axis=2).min(1)
    assert (nearest < 0.1).mean() > 0.95


@pytest.mark.parametrize(
    ("size", "disc"),
    [
        ((200, 200), Disc(np.array([100.0, 100.0]), 30.0)),
        ((200, 200), Disc(np.array([500.0, 500.0]), 30.0)),
        ((20, 24), Disc(np.array([10.0, 10.0]), 300.0)),
        ((1, 1), Disc(np.array([0.5, 0.5]), 50.0)),
    ],
    ids=["flat", "outside", "small", "one pixel"],
)
def test_nothing_to_match_is_no_match(size, disc):
    flat = np.full((*size, 3), 90, np.uint8)
    assert len(SiftMatcher().match(flat, flat, disc, disc).first) == 0


def test_a_real_pair_agrees_on_one_camera_motion(xfeat_pair):
    import cv2

    everywhere = Disc(np.array([400.0, 300.0]), 1000.0)
    found = SiftMatcher().match(*xfeat_pair, everywhere, everywhere)
    sure = found.confidence > 0.7
    _, inliers = cv2.findFundamentalMat(found.first[sure], found.second[sure], cv2.USAC_MAGSAC, 1.0, 0.9999, 10000)
    assert sure.sum() > 200
    assert inliers.mean() > 0.95
