"""BleedOrigin-Net asked for labels, with an onset model that says what it is told and a source at the block."""

import math

import numpy as np
import pytest
import torch

from bleedkit.annotate.preannotate.annotator import ModelChoice
from bleedkit.annotate.preannotate.bleedorigin_annotator import (
    SPEC,
    BleedOriginAnnotator,
)
from bleedkit.annotate.preannotate.clip_pictures import ClipPictures
from bleedkit.annotate.preannotate.clip_unit import ClipUnit
from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.hold_still import HoldStill
from bleedkit.models.onset_model import OnsetWindows
from bleedkit.models.point_tracker import PointTracks
from bleedkit.models.source_model import Source
from bleedkit.models.stage import Resources
from bleedkit.models.weights import mark_loaded

from .conftest import place_of, write_block_cohort


class Windows:
    """(position, logit) of windows of two frames, as told."""

    window, size = 2, (48, 64)

    def __init__(self, *said):
        self.said = said
        mark_loaded(self, "0f")

    def start(self):
        return 0

    def step(self, _frame, state):
        if state == 0:
            return None, 1
        position, logit = self.said[state - 1]
        return OnsetWindows(torch.tensor([position]), torch.tensor([logit])), state + 1


class Brightest:
    side = 96

    def __init__(self):
        mark_loaded(self, "0f")

    def __call__(self, picture):
        bright = (picture.mean(1) > 0.5).float()
        at = (torch.arange(self.side) + 0.5) / self.side
        point = (
            torch.stack([(bright.sum(1) * at).sum(-1), (bright.sum(2) * at).sum(-1)], -1) / bright.sum((1, 2))[:, None]
        )
        return Source(bright[:, None], point)


class Away(HoldStill):
    """Goes ten pixels left a frame, and is hidden two frames after its start."""

    def track(self, encoded, start):
        steps = np.arange(len(encoded))
        xy = np.asarray(start, np.float32)[None] - np.float32([10, 0]) * steps[:, None, None].astype(np.float32)
        hidden = (steps == 2)[:, None]
        return PointTracks(xy.astype(np.float32), np.zeros(hidden.shape, np.float32), hidden)


def asked(cohort, frames, *said, tracker=None):
    annotator = BleedOriginAnnotator(Windows(*said), Brightest(), tracker or HoldStill(), device="cpu")
    return annotator.answer(ClipUnit("clip0", "bleedorigin", frames), ClipPictures(cohort, "clip0"))


SURE = 1 / (1 + math.exp(-2.0))


def test_onset_source_and_track_become_labels(block_cohort):
    # Window 1 (frames 1 and 2) says 1 + floor(0.6 * 2) = 2.
    said = asked(block_cohort, tuple(range(6)), (0.0, -3.0), (0.6, 2.0), *[(0.0, -3.0)] * 3, tracker=Away())
    assert said.onset.frame == 2
    assert said.onset.confidence == pytest.approx(SURE)
    assert [point.visible for point in said.points] == [False, False, True, True, False, True]
    before, found, hidden = said.points[0], said.points[2], said.points[4]
    np.testing.assert_allclose((found.x, found.y), place_of(2), atol=1)
    assert before.confidence == pytest.approx(SURE)
    assert found.confidence == pytest.approx(SURE)
    assert math.isnan(hidden.confidence), "the tracker does not say how sure it is"
    assert said.regions == ()


def test_what_is_followed_out_of_the_picture_is_not_to_be_seen(block_cohort):
    said = asked(block_cohort, tuple(range(6)), (0.0, 2.0), *[(0.0, -3.0)] * 4, tracker=Away())
    # From x = 30 ten pixels a frame: 30, 20, (hidden), 0, -10, -20; the block is a whisker left of 30 in small.
    assert [point.visible for point in said.points][:3] == [True, True, False]
    assert [point.visible for point in said.points][4:] == [False, False]


def test_a_clip_that_never_bleeds_says_so(block_cohort):
    said = asked(block_cohort, tuple(range(6)), *[(0.0, -2.0)] * 5)
    assert said.onset.frame == -1
    assert said.onset.confidence == pytest.approx(SURE)
    assert not any(point.visible for point in said.points)
    assert {round(point.confidence, 9) for point in said.points} == {round(SURE, 9)}


def test_numbers_are_the_clips_own_where_frames_have_no_image(tmp_path):
    cohort = write_block_cohort(tmp_path, 1, 6, without={0, 2})
    said = asked(cohort, (1, 3, 4, 5), (0.0, -3.0), (0.6, 2.0), (0.0, -3.0))
    assert said.onset.frame == 4, "the third of those that have one"
    assert [(point.frame, point.visible) for point in said.points] == [(1, False), (3, False), (4, True), (5, True)]
    np.testing.assert_allclose((said.points[2].x, said.points[2].y), place_of(4), atol=1)


def test_a_clip_shorter_than_a_window_gets_no_label(tmp_path):
    cohort = write_block_cohort(tmp_path, 1, 1)
    assert asked(cohort, (0,)) == type(asked(cohort, (0,)))()


def test_weights_are_named_and_random_ones_refused(weights):
    files = {name: weights[name] for name in ("bleedorigin_onset", "bleedorigin_source")}
    chosen = ModelChoice("bleedorigin", Resources(weights=files), "tiny", tracker="hold_still")
    settings = SPEC.settings(chosen)
    assert set(settings["weights"]) == set(files)
    assert settings["tracker"]["name"] == "hold_still"
    assert SPEC.build(chosen)
    with pytest.raises(BleedkitError, match="bleedorigin_source cannot be downloaded"):
        SPEC.settings(ModelChoice("bleedorigin", Resources(weights={"bleedorigin_onset": files["bleedorigin_onset"]})))
