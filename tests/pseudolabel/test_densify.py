"""The stages together on a surface whose motion is known exactly."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bleedkit.datasets.schema import ImageSize
from bleedkit.models.stage import CPU
from bleedkit.pseudolabel.densify import Densifier
from bleedkit.pseudolabel.presets import preset_config
from bleedkit.pseudolabel.segments import Anchor, Segment

SIZE = ImageSize(310, 270)  # a quarter of BleedOrigin's view: lengths are a quarter of those stated
STEP = np.array([2.0, 1.0])
START = (120.0, 110.0)
T = 9
CLASSICAL = replace(preset_config("classical"), keypoints=replace(preset_config("classical").keypoints, radius=160.0))


def place(frame: int) -> tuple[float, float]:
    x, y = np.array(START) + frame * STEP
    return float(x), float(y)


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Smooth noise that slides 2 px right and 1 px down a frame, cut out of one large picture."""
    noise = np.random.default_rng(3).uniform(0, 255, (400, 400, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 2.5)
    large = ((blurred - blurred.mean()) * 6 + 128).clip(0, 255).astype(np.uint8)
    corners = [(40 - 2 * t, 40 - t) for t in range(T)]
    return [np.ascontiguousarray(large[y : y + SIZE.height, x : x + SIZE.width]) for x, y in corners]


@pytest.fixture(scope="module")
def encoded(pictures):
    return {t: Densifier(CLASSICAL, CPU).encode(picture, anchor=t in (0, T - 1)) for t, picture in enumerate(pictures)}


def segment(**ends) -> Segment:
    whole = Segment("c", "source", tuple(range(T)), Anchor(0, place(0)), Anchor(T - 1, place(T - 1)))
    return replace(whole, **ends)


def test_target_and_keypoints_move_with_the_surface(encoded):
    track = Densifier(CLASSICAL, CPU).densify(segment(), encoded, SIZE)
    assert track.frames == tuple(range(1, T - 1))
    np.testing.assert_allclose(track.xy, [place(t) for t in range(1, T - 1)], atol=0.3)
    assert track.trusted.all()
    assert len(track.keypoints) >= 8
    steps = np.diff(track.keypoints.xy, axis=1)
    np.testing.assert_allclose(steps, np.broadcast_to(STEP, steps.shape), atol=0.5)
    assert (np.linalg.norm(track.keypoints.xy[:, 0] - place(1), axis=1) <= 40 + 1).all(), "the radius, a quarter of 160"
    assert track.keypoints.visible.mean() > 0.9


@pytest.mark.parametrize("ends", [{"after": None}, {"before": None}, {"after": Anchor(T - 1, None)}])
def test_one_label_is_carried_with_growing_variance_and_has_no_keypoints(encoded, ends):
    track = Densifier(replace(CLASSICAL, gates=()), CPU).densify(segment(**ends), encoded, SIZE)
    known = track.frames
    np.testing.assert_allclose(track.xy, [place(t) for t in known], atol=1.0)
    sigma = np.sqrt(track.covariance[:, 0, 0])
    assert (np.diff(sigma) > 0).all() or (np.diff(sigma[::-1]) > 0).all()
    assert (sigma[0] > sigma[-1]) == ("before" in ends)
    assert len(track.keypoints) == 0


def test_nothing_is_said_between_two_labels_that_do_not_see_it(encoded):
    unseen = segment(before=Anchor(0, None), after=Anchor(T - 1, None))
    track = Densifier(CLASSICAL, CPU).densify(unseen, encoded, SIZE)
    assert not track.trusted.any()
    assert np.isnan(track.xy).all()


def test_tracks_are_shared_by_smoothers_and_only_made_where_they_are_wanted(encoded):
    both = Densifier(CLASSICAL, CPU).propagate(segment(), encoded, SIZE)
    assert len(both.forward) == len(both.backward) == 1 + len(both.keypoints.first)
    paper = Densifier(replace(CLASSICAL, smoother="paper", gates=()), CPU)
    alone = paper.propagate(segment(), encoded, SIZE)
    assert alone.backward == ()
    np.testing.assert_array_equal(paper.settle(segment(), both, SIZE).xy, paper.settle(segment(), alone, SIZE).xy)
    assert len(paper.propagate(segment(before=None), encoded, SIZE).backward) == 1


def test_a_keypoint_that_is_too_uncertain_is_left_out_where_sigma_is_a_gate(encoded):
    strict = replace(CLASSICAL, limits=replace(CLASSICAL.limits, sigma=0.0))
    shared = Densifier(strict, CPU).propagate(segment(), encoded, SIZE)
    assert np.isnan(Densifier(strict, CPU).settle(segment(), shared, SIZE).keypoints.xy).all()
    loose = Densifier(replace(strict, gates=()), CPU).settle(segment(), shared, SIZE)
    assert np.isfinite(loose.keypoints.xy).all()


def test_a_frame_not_encoded_as_an_anchor_cannot_be_matched(pictures, encoded):
    densifier = Densifier(CLASSICAL, CPU)
    forgotten = {**encoded, 0: densifier.encode(pictures[0], anchor=False)}
    with pytest.raises(ValueError, match="anchors"):
        densifier.densify(segment(), forgotten, SIZE)


def test_the_same_frames_give_the_same_answer(encoded):
    one, two = (Densifier(CLASSICAL, CPU).densify(segment(), encoded, SIZE) for _ in range(2))
    np.testing.assert_array_equal(one.xy, two.xy)
    np.testing.assert_array_equal(one.keypoints.xy, two.keypoints.xy)
