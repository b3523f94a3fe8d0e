"""The largest blob of blood's colour, on drawn pictures and on simulated surgery."""

import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.media import clip_images
from bleedkit.datasets.phantom.generate import PhantomSettings, generate_phantom
from bleedkit.models.colour_region import ColourRegion

BLOOD = (180, 20, 20)  # hue 0, saturation 160 / 180 = 0.89, value 0.71
TISSUE = (190, 120, 110)  # hue 7.5, saturation 80 / 190 = 0.42


def picture(width=160, height=120):
    return np.full((height, width, 3), TISSUE, np.uint8)


def test_the_largest_blob_is_the_region_and_its_deepest_place_the_point():
    frame = picture(320, 240)
    frame[20:41, 30:91] = BLOOD  # 21 rows, 61 columns; deepest along the row 30
    frame[80:90, 100:110] = BLOOD  # smaller
    seen = ColourRegion().look(frame)
    assert seen.mask[20:41, 30:91].all()
    assert seen.mask.sum() == 21 * 61
    assert seen.point[1] == 30.5
    assert 40.5 <= seen.point[0] <= 80.5  # any place in that row as far from the ends as from the sides
    assert seen.confidence == pytest.approx(1281 / 76800 / (1281 / 76800 + 0.01))


def test_blood_at_the_border_is_not_deepest_there():
    frame = picture()
    frame[:, :41] = BLOOD
    np.testing.assert_allclose(ColourRegion().look(frame).point[0], 20.5)


def test_specks_are_no_blob():
    frame = picture(320, 240)
    frame[10:12] = BLOOD  # two rows; opened with 3 by 3
    seen = ColourRegion().look(frame)
    assert not seen.mask.any()
    np.testing.assert_allclose(seen.point, [160, 120])
    assert seen.confidence == 0


@pytest.mark.parametrize(
    "rgb, blood",
    [
        ((180, 20, 20), True),
        ((180, 20, 60), True),  # hue -15: (20 - 60) / 160 * 60
        ((180, 20, 65), False),  # -16.9
        ((180, 60, 20), True),  # 15
        ((180, 65, 20), False),
        ((100, 32, 32), False),  # saturation 0.68
        ((80, 10, 10), False),  # value 0.31
    ],
)
def test_hue_saturation_and_value_are_where_they_are_said_to_be(rgb, blood):
    frame = np.full((40, 40, 3), rgb, np.uint8)
    assert ColourRegion().look(frame).mask.any() == blood


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Cohort:
    settings = PhantomSettings("surgblood", seed=5, clips=1, patients=1, scale=0.12)
    return generate_phantom(tmp_path_factory.mktemp("phantom") / "cohort", settings, workers=1)


def test_it_finds_more_of_simulated_bleeding_than_chance_would(simulated):
    """A mask drawn anywhere in the picture has p of the blood where it covers p of the picture."""
    view = next(simulated.stream())
    masks = {mask.frame: mask for mask in view.masks}
    hit, blood, drawn, pixels = 0, 0, 0, 0
    for number, rgb in clip_images(simulated.media_root, view.clip, view.frames):
        true = read_mask_png(simulated.mask_path(masks[number]))
        found = ColourRegion().look(rgb).mask
        hit, blood = hit + int((found & true).sum()), blood + int(true.sum())
        drawn, pixels = drawn + int(found.sum()), pixels + true.size
    assert blood > 100
    assert hit / blood > 2 * drawn / pixels
