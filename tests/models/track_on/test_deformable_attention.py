"""Deformable attention against a loop that reads every place by hand, in both orders of work."""

import numpy as np
import pytest
import torch

from bleedkit.models.track_on.deformable_attention import DeformableAttention, centres

HEADS, LEVELS, POINTS, WIDTH = 2, 2, 3, 8
SHAPES = ((6, 8), (3, 4))


@pytest.fixture
def attention():
    torch.manual_seed(1)
    made = DeformableAttention(WIDTH, HEADS, LEVELS, POINTS).requires_grad_(False)
    made.sampling_offsets.weight *= 6  # some places fall outside
    return made


def read(values: np.ndarray, x: float, y: float) -> np.ndarray:
    """Values (h, w, d) at a place in cells, centres at + 0.5, 0 outside."""
    height, breadth, _ = values.shape
    x, y = x - 0.5, y - 0.5
    total = np.zeros(values.shape[2])
    for row in (int(np.floor(y)), int(np.floor(y)) + 1):
        for column in (int(np.floor(x)), int(np.floor(x)) + 1):
            if 0 <= row < height and 0 <= column < breadth:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * values[row, column]
    return total


def by_hand(attention, query, reference, maps):
    """Deformable DETR, Eq. 3, for one clip; also how many places lay outside."""
    offsets = attention.sampling_offsets(query).view(-1, HEADS, LEVELS, POINTS, 2).numpy()
    weights = attention.attention_weights(query).view(-1, HEADS, LEVELS * POINTS).softmax(-1)
    weights = weights.view(-1, HEADS, LEVELS, POINTS).numpy()
    answers, outside = np.zeros((query.shape[1], WIDTH)), 0
    for level, (height, breadth) in enumerate(SHAPES):
        values = attention.value_proj(maps[level][0].permute(1, 2, 0)).view(height, breadth, HEADS, -1).numpy()
        for q, h, p in np.ndindex(query.shape[1], HEADS, POINTS):
            x, y = reference[0, q].numpy() * (breadth, height) + offsets[q, h, level, p]
            outside += not (0 < x < breadth and 0 < y < height)
            half = slice(h * WIDTH // HEADS, (h + 1) * WIDTH // HEADS)
            answers[q, half] += weights[q, h, level, p] * read(values[:, :, h], x, y)
    return attention.output_proj(torch.from_numpy(answers).float()).numpy(), outside


@pytest.mark.parametrize("order", ["_project_then_look", "_look_then_project"])
def test_every_place_is_read_and_weighed_as_by_hand(attention, order, monkeypatch):
    query, reference = torch.randn(1, 5, WIDTH), torch.rand(1, 5, 2)
    maps = [torch.randn(1, WIDTH, *shape) for shape in SHAPES]
    want, outside = by_hand(attention, query, reference, maps)
    assert outside > 5
    other = {"_project_then_look", "_look_then_project"} - {order}
    monkeypatch.setattr(attention, other.pop(), getattr(attention, order))
    np.testing.assert_allclose(attention(query, reference, maps)[0].numpy(), want, atol=1e-5)


def test_few_queries_of_a_large_map_are_looked_at_first(attention, monkeypatch):
    maps = [torch.randn(2, WIDTH, 24, 16), torch.randn(2, WIDTH, 12, 8)]  # 384 cells = 6 * 64
    monkeypatch.setattr(attention, "_project_then_look", None)
    assert attention(torch.randn(2, 5, WIDTH), torch.rand(1, 5, 2), maps).shape == (2, 5, WIDTH)
    with pytest.raises(TypeError, match="not callable"):
        attention(torch.randn(2, 6, WIDTH), torch.rand(1, 6, 2), maps)


def test_centres_go_row_by_row_and_level_by_level():
    found = centres([(1, 2), (2, 1)], torch.zeros(1))
    np.testing.assert_allclose(found, [[[0.25, 0.5], [0.75, 0.5], [0.5, 0.25], [0.5, 0.75]]])
