"""Neighbour attention against the formula, pixel by pixel."""

import math

import torch

from bleedkit.models.bleedorigin.scale_attention import ScaleAttention, neighbour_attention


def pixel_by_pixel(query, key, value, place, reach):
    """softmax(q k / sqrt(d) + b) v for one pixel and head after the other, the border's pixels repeated outside."""
    heads, (batch, channels, height, breadth) = len(place), query.shape
    depth = channels // heads
    answer = torch.zeros_like(value)
    for b in range(batch):
        for head in range(heads):
            own = slice(head * depth, (head + 1) * depth)
            for y in range(height):
                for x in range(breadth):
                    near = [
                        (min(max(y + dy, 0), height - 1), min(max(x + dx, 0), breadth - 1))
                        for dy in range(-reach, reach + 1)
                        for dx in range(-reach, reach + 1)
                    ]
                    keys = torch.stack([key[b, own, i, j] for i, j in near])
                    values = torch.stack([value[b, own, i, j] for i, j in near])
                    logits = keys @ query[b, own, y, x] / math.sqrt(depth) + place[head]
                    answer[b, own, y, x] = logits.softmax(0) @ values
    return answer


def test_it_is_attention_over_the_neighbourhood():
    made = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(2, 4, 5, 3, generator=made) for _ in range(3))
    for heads, reach in ((1, 1), (2, 1), (2, 2)):
        place = torch.randn(heads, (2 * reach + 1) ** 2, generator=made)
        found = neighbour_attention(query, key, value, place, reach)
        torch.testing.assert_close(found, pixel_by_pixel(query, key, value, place, reach))


def test_a_key_that_fits_draws_its_value_and_none_from_beyond_the_reach():
    """One key of 100 in the middle: all pixels that reach it answer its value, the others the mean of theirs, 0."""
    query, key, value = torch.ones(1, 1, 5, 5), torch.zeros(1, 1, 5, 5), torch.zeros(1, 1, 5, 5)
    key[0, 0, 2, 2], value[0, 0, 2, 2] = 100, 7
    found = neighbour_attention(query, key, value, torch.zeros(1, 9), 1)[0, 0]
    want = torch.zeros(5, 5)
    want[1:4, 1:4] = 7
    torch.testing.assert_close(found, want)


def test_a_scale_takes_values_of_any_size_and_everything_in_it_learns():
    torch.manual_seed(0)
    attention = ScaleAttention(6, 10, 8, heads=2, reach=1)
    seen = attention(torch.randn(2, 6, 12, 16), torch.rand(2, 1, 12, 16), torch.randn(2, 10, 3, 4))
    assert seen.shape == (2, 8, 12, 16)
    seen.square().sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in attention.parameters())
