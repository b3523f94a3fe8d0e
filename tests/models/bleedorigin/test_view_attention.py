import math

import torch

from bleedkit.models.bleedorigin.view_attention import ViewAttention


def plain_attention():
    """Every comparison scores alike, and what is given back is the share-weighted mean alone."""
    attention = ViewAttention(2)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.zero_()
        attention.join.weight[:, 2:] = torch.eye(2)
    return attention


NEWEST = torch.tensor([1.0, 0.0])
VIEWS = torch.tensor([[0.0, 8.0], [100.0, 100.0]])


def test_shares_by_hand():
    # Alike but for a cleanness of 1/3: the newest has 1 / (1 + 1/3) = 3/4 of the share, the view 1/4.
    cleanness = torch.tensor([math.log(1 / 3), 0.0])
    seen = plain_attention()(NEWEST, VIEWS, cleanness, torch.tensor([True, False]))
    assert torch.allclose(seen, 0.75 * NEWEST + 0.25 * VIEWS[0])


def test_without_views_there_is_the_newest():
    seen = plain_attention()(NEWEST, VIEWS, torch.zeros(2), torch.tensor([False, False]))
    assert torch.allclose(seen, NEWEST)


def test_the_judge_gets_a_gradient_from_stored_views_alone():
    torch.manual_seed(0)
    cleanness = torch.full((2,), -0.5, requires_grad=True)
    ViewAttention(2)(NEWEST, VIEWS, cleanness, torch.tensor([True, False])).sum().backward()
    assert cleanness.grad[0] != 0
    assert cleanness.grad[1] == 0
