"""Redness of colours worked by hand."""

import pytest
import torch

from bleedkit.models.bleedorigin.red_mask import red_mask


@pytest.mark.parametrize(
    ("colour", "want"),
    [
        ((1, 0, 0), 1),
        ((1, 1, 1), 0),  # a reflection
        ((0, 0, 0), 0),
        ((0.5, 0.5, 0.5), 0),
        ((0, 1, 0), 0),
        ((0, 0.2, 0.9), 0),
        ((0.6, 0.1, 0.05), 0.5),  # blood: 0.6 - 0.1
        ((0.8, 0.5, 0.45), 0.3),  # mucosa: 0.8 - 0.5
        ((0.7, 0.1, 0.6), 0.1),  # purple: blue counts as green does
    ],
)
def test_red_is_what_red_has_above_the_other_channels(colour, want):
    pictures = torch.tensor(colour, dtype=torch.float32)[None, :, None, None].expand(2, 3, 2, 5)
    mask = red_mask(pictures)
    assert mask.shape == (2, 1, 2, 5)
    torch.testing.assert_close(mask, torch.full_like(mask, want))


def test_every_pixel_is_for_itself():
    pictures = torch.zeros(1, 3, 2, 2)
    pictures[0, 0, 1, 0] = 0.75
    assert red_mask(pictures)[0, 0].tolist() == [[0, 0], [0.75, 0]]
