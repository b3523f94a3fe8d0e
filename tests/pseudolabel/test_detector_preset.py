"""The preset `detector`, BleedOrigin 4.1.2: which frames get a label, and how right it is on known motion."""

import cv2
import numpy as np
from bleedkit_test_layouts.moving_surface import surface

from bleedkit.datasets.schema import Clip, ImageSize, PointLabel
from bleedkit.models.stage import CPU
from bleedkit.pseudolabel.densify import Densifier
from bleedkit.pseudolabel.presets import preset_config
from bleedkit.pseudolabel.segments import segments_of

CLIP = Clip("c", "p", "p", 30, ImageSize(260, 200), 150)
ONSET, N = 120, 10


def point(frame, *, target="source", visible=True):
    return PointLabel(clip_id="c", frame=frame, target=target, visible=visible, x=100.0, y=80.0)


def detector_segments(*points, frames=range(150)):
    config = preset_config("detector")
    return segments_of(
        CLIP,
        frames,
        points,
        horizon_before=config.horizon_before,
        horizon_after=config.horizon_after,
        chains=config.chains,
    )


def test_a_detection_clips_label_reaches_every_frame_up_to_ten_on():
    assert [segment.inner for segment in detector_segments(point(ONSET))] == [tuple(range(121, 131))]


def test_an_onset_labelled_as_not_visible_gives_nothing():
    assert detector_segments(point(ONSET, visible=False)) == []


def densified(segments, pictures):
    densifier = Densifier(preset_config("detector"), CPU)
    encoded = {t: densifier.encode(pictures(t), anchor=t == ONSET) for s in segments for t in s.frames}
    (track,) = [densifier.densify(segment, encoded, CLIP.size) for segment in segments]
    return track


def moving(t):
    return surface((1.5 * (t - ONSET), -0.8 * (t - ONSET)))


def test_known_motion_is_followed_by_the_engine_with_a_variance_that_grows():
    track = densified(detector_segments(point(ONSET)), moving)
    steps = np.arange(1, N + 1)
    assert (np.array(track.frames) - ONSET == steps).all()
    np.testing.assert_allclose(track.xy, [100, 80] + steps[:, None] * np.array([1.5, -0.8]), atol=0.3)
    assert track.trusted.all()
    assert track.visible.all()
    assert (np.diff(track.covariance[:, 0, 0]) > 0).all()


def test_a_point_that_something_covers_is_not_labelled_from_then_on():
    def covered(t):
        picture = moving(t)
        if t >= ONSET + 5:
            cv2.circle(picture, (107, 76), 40, (230, 230, 235), -1)
        return picture

    track = densified(detector_segments(point(ONSET)), covered)
    assert track.trusted.tolist() == [True] * 4 + [False] * 6
    assert all("hidden" in reason for reason in track.reasons[4:])
