"""BlooDet asked for labels: places in the frames' own pixels, presence as confidence, random weights refused."""

import math

import numpy as np
import pytest
import torch

from bleedkit.annotate.preannotate.annotator import ModelChoice
from bleedkit.annotate.preannotate.bloodet_annotator import SPEC, BlooDetAnnotator
from bleedkit.annotate.preannotate.clip_pictures import ClipPictures
from bleedkit.annotate.preannotate.clip_unit import ClipUnit
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.models.bloodet.size import TINY
from bleedkit.models.region_point_model import RegionPoint
from bleedkit.models.stage import Resources
from bleedkit.models.weights import mark_loaded

from .conftest import place_of, write_block_cohort


class Brightest:
    """Point: the middle of what is bright; region: what is bright; presence logit: frames seen so far, less 2."""

    size = TINY

    def start(self):
        return 0

    def step(self, frame, state):
        light = frame.mean(1)
        bright = (light > 0.5).float()
        at = (torch.arange(frame.shape[-1]) + 0.5) / frame.shape[-1]
        point = (
            torch.stack([(bright.sum(1) * at).sum(-1), (bright.sum(2) * at).sum(-1)], -1) / bright.sum((1, 2))[:, None]
        )
        return RegionPoint(light[:, None] - 0.5, point, torch.full((len(frame),), state - 2.0)), state + 1


def asked(annotator, cohort, frames):
    return annotator.answer(ClipUnit("clip0", "bloodet", frames), ClipPictures(cohort, "clip0"))


@pytest.fixture
def brightest():
    network = Brightest()
    mark_loaded(network, "0f")
    return BlooDetAnnotator(network, device="cpu")


def test_points_and_masks_are_in_the_frames_own_pixels(block_cohort, brightest, tmp_path):
    said = asked(brightest, block_cohort, tuple(range(6)))
    assert [region.frame for region in said.regions] == [point.frame for point in said.points] == list(range(6))
    for point, region in zip(said.points, said.regions, strict=True):
        (tmp_path / "m.png").write_bytes(region.mask.data)
        rows, columns = read_mask_png(tmp_path / "m.png").nonzero()
        # Stretched to 128 x 128 and back: a pixel of the frame is 0.8 wide and 1.33 high there.
        np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], place_of(point.frame), atol=0.6)
        assert region.mask.area == pytest.approx(16 * 16, rel=0.15)
        assert math.isnan(region.confidence)
    seen = [point for point in said.points if point.visible]
    np.testing.assert_allclose([(p.x, p.y) for p in seen], [place_of(p.frame) for p in seen], atol=0.6)


def test_presence_is_how_sure_the_label_is(block_cohort, brightest):
    said = asked(brightest, block_cohort, tuple(range(6)))
    logits = np.arange(6) - 2.0
    assert [point.visible for point in said.points] == (logits > 0).tolist()
    # Of the label: that the source is there where it says so, that it is not where it says that.
    np.testing.assert_allclose([p.confidence for p in said.points], 1 / (1 + np.exp(-np.abs(logits))), rtol=1e-6)
    assert all(math.isnan(point.x) for point in said.points if not point.visible)


def test_a_frame_without_image_is_passed_over(tmp_path, brightest):
    cohort = write_block_cohort(tmp_path, 1, 6, without={2, 3})
    said = asked(brightest, cohort, (0, 1, 4, 5))
    assert [region.frame for region in said.regions] == [0, 1, 4, 5]
    (last,) = said.points[3:]
    np.testing.assert_allclose((last.x, last.y), place_of(5), atol=0.6)


def test_random_weights_are_refused_unless_python_allows_them(block_cohort):
    with pytest.raises(BleedkitError, match="bloodet cannot be downloaded"):
        SPEC.settings(ModelChoice("bloodet", size="tiny"))
    with pytest.raises(BleedkitError, match="Brightest are random"):
        asked(BlooDetAnnotator(Brightest(), device="cpu"), block_cohort, tuple(range(6)))
    allowed = ModelChoice("bloodet", size="tiny", allow_random=True)
    assert SPEC.settings(allowed)["weights"] == {"bloodet": "random"}
    first, again = (asked(SPEC.build(allowed), block_cohort, tuple(range(6))) for _ in range(2))
    assert repr(first) == repr(again)


def test_weights_of_another_size_are_told(weights):
    files = Resources(weights={"bloodet": weights["bloodet"]})
    with pytest.raises(BleedkitError, match="does not fit BlooDet"):
        SPEC.build(ModelChoice("bloodet", Resources(weights={"bloodet": weights["sam2_base_plus"]}), "tiny"))
    settings = SPEC.settings(ModelChoice("bloodet", files, "tiny"))
    assert (settings["variant"], settings["flow"]["name"]) == ("paper", "dis")
