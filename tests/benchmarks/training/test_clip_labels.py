"""Which label counts: made by hand, one clip of six frames, 100x50."""

import numpy as np

from bleedkit.benchmarks.training.clip_labels import DENSE, HUMAN, clip_labels, mask_labels
from bleedkit.datasets.cohort import ClipView
from bleedkit.datasets.schema import Clip, ImageSize, LabelState, MaskLabel, OnsetLabel, PointLabel, Review

CLIP = Clip("c", "p", "o", 2.0, ImageSize(100, 50), 6)
PSEUDO = {"state": LabelState.PSEUDO, "provenance": "run"}


def point(frame, x=np.nan, y=np.nan, **more):
    return PointLabel(clip_id="c", frame=frame, x=x, y=y, visible=bool(np.isfinite(x)), **more)


def view(points=(), masks=(), onsets=()):
    return ClipView(CLIP, (), points, masks, onsets)


def test_people_count_before_machines_and_rejected_labels_never():
    points = (
        point(0, 10, 20),
        point(1, 30, 20, **PSEUDO),
        point(2, 30, 25),
        point(2, 99, 49, **PSEUDO),
        point(3),
        point(4, 1, 1, review=Review.REJECTED),
        point(5, 7, 7, target="source-2"),
    )
    people, dense = (clip_labels(view(points), states) for states in (HUMAN, DENSE))
    assert people.point_known.tolist() == [True, False, True, True, False, False]
    assert people.visible.tolist() == [True, False, True, False, False, False]
    assert dense.visible.tolist() == [True, True, True, False, False, False]
    assert dense.human.tolist() == [True, False, True, True, False, False]
    # x / 100, y / 50
    np.testing.assert_allclose(dense.point[:3], [[0.1, 0.4], [0.3, 0.4], [0.3, 0.5]])
    assert not people.point[1].any()


def test_masks_of_several_targets_and_of_several_people():
    def mask(frame, digest, **more):
        return MaskLabel(clip_id="c", frame=frame, path=f"{digest}.png", digest=digest, area=1, **more)

    masks = (mask(0, "a"), mask(0, "b", target="second"), mask(2, "c", annotator="A1"), mask(2, "d", annotator="A2"))
    found = mask_labels(view(masks=masks), HUMAN)
    assert sorted(label.digest for label in found[0]) == ["a", "b"]
    assert [label.digest for label in found[2]] == ["d"], "the latest of equals"
    assert clip_labels(view(masks=masks), HUMAN).mask_known.tolist() == [True, False, True, False, False, False]


def test_the_onset_is_known_never_or_untold():
    onset = [OnsetLabel(clip_id="c", frame=3), OnsetLabel(clip_id="c", frame=5, **PSEUDO)]
    assert clip_labels(view(onsets=onset), DENSE).onset == 3
    assert clip_labels(view(onsets=onset[1:]), HUMAN).onset is None
    assert clip_labels(view(onsets=[OnsetLabel(clip_id="c", frame=-1)]), HUMAN).onset == -1
