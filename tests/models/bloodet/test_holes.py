"""Holes of a mask."""

import torch

from bleedkit.models.bloodet.holes import filled


def test_small_holes_are_filled_and_large_ones_are_not():
    logits = torch.full((2, 1, 8, 8), 3.0)
    logits[0, 0, 1, 1] = logits[0, 0, 2, 2] = -1.0  # two pixels that touch at a corner
    logits[0, 0, 5:7, 5:7] = -2.0  # four
    logits[0, 0, 6, 1] = 0.0  # not above 0 is outside
    found = filled(logits, 2)
    assert found[0, 0, 1, 1] == found[0, 0, 2, 2] == found[0, 0, 6, 1] == torch.tensor(0.1)
    assert (found[0, 0, 5:7, 5:7] == -2).all()
    assert torch.equal(found[1], logits[1])
    assert (filled(logits, 1)[0, 0, 1, 1], filled(logits, 4)[0, 0, 5, 5]) == (-1, torch.tensor(0.1))


def test_an_absent_region_is_not_a_hole():
    logits = torch.full((1, 1, 4, 4), -1024.0)
    assert torch.equal(filled(logits, 8), logits)
