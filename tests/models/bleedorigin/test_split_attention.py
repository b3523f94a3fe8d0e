"""Split attention is the joint one."""

import pytest
import torch
from torch import nn

from bleedkit.models.bleedorigin.split_attention import (
    SplitAttention,
    join_attentions,
    joined,
    split,
    split_attentions,
)

WIDTH, HEADS = 24, 4


def attention(**settings):
    torch.manual_seed(0)
    made = nn.MultiheadAttention(WIDTH, HEADS, **{"batch_first": True, **settings})
    for parameter in made.parameters():  # biases start at 0
        nn.init.normal_(parameter, std=0.3)
    return made


def inputs():
    made = torch.Generator().manual_seed(1)
    query, key, value = (torch.randn(3, length, WIDTH, generator=made) for length in (5, 7, 7))
    return query, key, value


@pytest.mark.parametrize("masked", [False, True])
def test_answers_and_gradients_are_equal(masked):
    whole = attention()
    parts = split(whole)
    mask = torch.zeros(3, 7, dtype=torch.bool)
    mask[0, 2:5] = mask[2, 0] = True
    answers = []
    for one in (whole, parts):
        given = [each.clone().requires_grad_() for each in inputs()]
        seen, weights = one(*given, key_padding_mask=mask if masked else None, need_weights=False)
        assert weights is None
        seen.square().sum().backward()
        answers.append([seen, *(each.grad for each in given)])
    for a, b in zip(*answers, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        torch.cat([layer.weight.grad for layer in (parts.q_proj, parts.k_proj, parts.v_proj)]),
        whole.in_proj_weight.grad,
        atol=1e-5,
        rtol=1e-5,
    )


def test_answers_are_equal_to_1e_6_in_evaluation_too():
    whole = attention().eval()
    query = inputs()[0]
    with torch.inference_mode():
        there, here = whole(query, query, query, need_weights=False)[0], split(whole)(query, query, query)[0]
    torch.testing.assert_close(here, there, atol=1e-6, rtol=1e-6)


def test_joining_gives_the_joint_matrix_back():
    whole = attention()
    again = joined(split(whole))
    assert all(map(torch.equal, again.state_dict().values(), whole.state_dict().values()))
    assert list(again.state_dict()) == list(whole.state_dict())


def test_a_module_is_split_and_joined_in_place_at_every_depth():
    torch.manual_seed(0)
    module = nn.ModuleDict({"a": attention(), "b": nn.Sequential(nn.Linear(2, 2), nn.ModuleDict({"c": attention()}))})
    names = list(module.state_dict())
    split_attentions(module)
    kinds = [type(each) for each in module.modules()]
    assert kinds.count(SplitAttention) == 2
    assert nn.MultiheadAttention not in kinds
    join_attentions(module)
    assert list(module.state_dict()) == names


@pytest.mark.parametrize("settings", [{"batch_first": False}, {"kdim": 8}, {"add_bias_kv": True}, {"dropout": 0.1}])
def test_what_cannot_be_split_is_refused(settings):
    with pytest.raises(ValueError, match="can be split"):
        split(attention(**settings))
