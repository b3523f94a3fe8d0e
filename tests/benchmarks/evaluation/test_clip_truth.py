"""What counts as truth: people's labels, the most trusted, never rejected ones, regions that bleed and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from bleedkit.benchmarks.evaluation.clip_truth import NEVER, clip_truth
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Review


@pytest.fixture
def view(built):
    """The first clip without any label, to be given some."""
    return replace(next(built[0].stream()), points=[], masks=[], onsets=[])


def point(frame, x, **changes):
    return PointLabel(**{"clip_id": "c", "frame": frame, "x": x, "y": 1.0, "annotator": "kim", **changes})


def onset(frame, annotator, **changes):
    return OnsetLabel(clip_id="c", frame=frame, annotator=annotator, **changes)


def test_only_what_people_said_and_nobody_rejected(built, view):
    labels = [
        point(0, 5.0),
        point(1, 5.0, state=LabelState.PSEUDO, provenance="p"),
        point(2, 5.0, state=LabelState.MODEL, provenance="p", review=Review.ACCEPTED),
        point(3, 5.0, review=Review.REJECTED),
        point(4, np.nan, y=np.nan, visible=False),
        point(5, 5.0, target="source-2"),
        point(6, 5.0, target="tissue-1"),
    ]
    assert clip_truth(built[0], replace(view, points=labels)).points == {0: (5.0, 1.0), 4: None}


def test_the_most_trusted_label_wins(built, view):
    labels = [point(0, 5.0, review=Review.CORRECTED), point(0, 6.0), point(1, 5.0), point(1, 7.0, annotator="lee")]
    truth = clip_truth(built[0], replace(view, points=labels))
    assert truth.points == {0: (5.0, 1.0), 1: (7.0, 1.0)}  # reviewed before not, else the latest
    assert clip_truth(built[0], replace(view, points=labels), "kim").points == {0: (5.0, 1.0), 1: (5.0, 1.0)}


def test_frames_without_an_image_are_not_asked_about(built, view):
    hidden = replace(view, frames=[replace(f, has_image=f.frame != 1) for f in view.frames])
    truth = clip_truth(built[0], replace(hidden, points=[point(0, 5.0), point(1, 5.0), point(99, 5.0)]))
    assert truth.points.keys() == {0}


def test_regions_are_united_and_other_targets_left_out(built, view, tmp_path, monkeypatch):
    pictures = {}
    for name, columns in (("left", slice(0, 8)), ("right", slice(56, 64)), ("pool", slice(20, 30))):
        mask = np.zeros((48, 64), bool)
        mask[:, columns] = True
        file = MaskFile.of(mask)
        file.write(built[0].folder)
        pictures[name] = (mask, file)

    def label(frame, name, target):
        file = pictures[name][1]
        return MaskLabel(clip_id="c", frame=frame, path=file.path, digest=file.digest, area=file.area, target=target)

    masks = [
        label(0, "left", "region"),
        label(0, "right", "region-2"),
        label(0, "pool", "pool"),
        label(1, "pool", "pool"),
    ]
    truth = clip_truth(built[0], replace(view, masks=masks))
    assert truth.regions.keys() == {0}
    assert np.array_equal(truth.regions[0](), pictures["left"][0] | pictures["right"][0])


def test_an_empty_mask_says_that_somebody_looked(built, view):
    file = MaskFile.of(np.zeros((48, 64), bool))
    file.write(built[0].folder)
    label = MaskLabel(clip_id="c", frame=2, path=file.path, digest=file.digest, area=0)
    region = clip_truth(built[0], replace(view, masks=[label])).regions[2]()
    assert region.shape == (48, 64)
    assert not region.any()


def test_of_two_peoples_onsets_the_points_author_is_believed(built, view):
    """Rows of a cohort lie in order of their frames, so that `the latest` would be whoever says the later frame."""
    two = replace(view, onsets=[onset(4, "kim"), onset(7, "lee")])
    assert clip_truth(built[0], replace(two, points=[point(4, 5.0)])).onset == 4
    assert clip_truth(built[0], replace(two, points=[point(4, 5.0, annotator="lee")])).onset == 7
    reviewed = [onset(4, "kim"), onset(7, "lee", review=Review.ACCEPTED)]
    assert clip_truth(built[0], replace(two, points=[point(4, 5.0)], onsets=reviewed)).onset == 7
    assert clip_truth(built[0], replace(two, onsets=[onset(4, "kim", review=Review.REJECTED)])).onset is None
    assert clip_truth(built[0], replace(two, onsets=[onset(-1, "kim")])).onset == NEVER


def test_the_phantom_onset_is_the_first_annotators(phantom):
    """A1's onsets are exact (frame 15 of every clip of the preset), A2's are not."""
    for view in phantom.stream():
        assert clip_truth(phantom, view).onset == 15
        assert any(label.frame != 15 for label in view.onsets if label.annotator == "A2") or len(view.onsets) < 2


def test_seen_and_only(built):
    truth = clip_truth(built[0], next(built[0].stream()))
    assert truth.seen() == [0, 1, 2, 6, 7]
    assert truth.seen(since=2) == [2, 6, 7]
    fewer = truth.only({1, 3}, {2})
    assert (fewer.points.keys(), fewer.regions.keys(), fewer.onset) == ({1, 3}, {2}, truth.onset)
