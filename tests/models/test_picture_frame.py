"""Frames as models take them: the official pixels, and places and masks that come back where they were."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.schema import ImageSize
from bleedkit.models.picture_frame import StretchedPicture

GOLDEN = Path(__file__).parents[2].parent / "shared" / "golden" / "bloodet_golden.npz"
SQUARE = ImageSize(512, 512)
sides = st.integers(1, 4000)
shares = st.floats(0, 1, width=32)


@pytest.mark.parametrize(("name", "repeat"), [("pre_small", 1), ("pre_big", 40)])
def test_a_picture_is_what_bloodets_own_loader_makes_of_the_frame(name, repeat):
    if not GOLDEN.is_file():
        pytest.skip(f"there is no {GOLDEN}")
    with np.load(GOLDEN) as golden:
        frame, want = golden[f"{name}_in"].repeat(repeat, 0).repeat(repeat, 1), golden[name]
    came = StretchedPicture(ImageSize(frame.shape[1], frame.shape[0]), SQUARE).tensor(frame)
    assert came.shape == (3, 512, 512)
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]
    np.testing.assert_allclose(((came - mean) / deviation)[:, ::8, ::8], want, atol=1e-6)


@given(sides, sides, shares, shares)
def test_points_come_back_from_the_frame(width, height, x, y):
    stretched = StretchedPicture(ImageSize(width, height), SQUARE)
    xy = stretched.to_frame(torch.tensor([[x, y]]))
    assert xy.dtype == np.float32
    np.testing.assert_allclose(xy, [[x * width, y * height]], rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(stretched.from_frame(xy), [[x, y]], rtol=2e-7, atol=1e-30)


@given(sides, sides, st.floats(0, 1), st.floats(0, 1))
def test_a_labels_pixel_comes_back_from_the_picture(width, height, x, y):
    stretched = StretchedPicture(ImageSize(width, height), SQUARE)
    xy = np.array([x * width, y * height], np.float32)
    np.testing.assert_allclose(stretched.to_frame(stretched.from_frame(xy)), xy, rtol=2e-7, atol=1e-30)


def test_a_spot_in_a_frame_is_where_its_point_says_in_the_picture():
    """A bright pixel block centred at (450, 135) of 600 x 180, three quarters along both."""
    frame = np.zeros((180, 600, 3), np.uint8)
    frame[133:137, 445:455] = 255
    stretched = StretchedPicture(ImageSize(600, 180), ImageSize(256, 128))
    light = stretched.tensor(frame)[0].double()
    x, y = ((light.sum(side) * (torch.arange(light.shape[1 - side]) + 0.5)).sum() / light.sum() for side in (0, 1))
    want = stretched.from_frame(np.array([450, 135]))
    np.testing.assert_allclose([x / 256, y / 128], want, atol=1e-3)


@pytest.mark.parametrize("size", [ImageSize(640, 480), ImageSize(1240, 1080), ImageSize(97, 53)])
def test_a_masks_edge_stays_where_it_was(size):
    """Logits that fall evenly from left to right cross 0 at 40 % of the width, at any resolution."""
    places = (torch.arange(128) + 0.5) / 128
    logits = (0.4 - places).expand(2, 1, 128, 128)
    masks = StretchedPicture(size, SQUARE).mask(logits)
    assert masks.shape == (2, size.height, size.width)
    centres = (np.arange(size.width) + 0.5) / size.width
    clear = np.abs(centres - 0.4) > 1e-3
    assert np.array_equal(masks[..., clear], np.broadcast_to(centres[clear] < 0.4, masks[..., clear].shape))


def test_frames_of_another_size_or_kind_are_refused():
    stretched = StretchedPicture(ImageSize(60, 40), SQUARE)
    for wrong in (np.zeros((60, 40, 3), np.uint8), np.zeros((40, 60, 3), np.float32), np.zeros((40, 60), np.uint8)):
        with pytest.raises(ValueError, match="60x40"):
            stretched.tensor(wrong)
