import torch

from bleedkit.models.bleedorigin.gated_attention import ChannelAttention, MultiDomainGate


def test_channel_attention_by_hand():
    attention = ChannelAttention(2, reduction=2)
    first, _, last = attention.mlp
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, 0.0]]))  # the hidden unit reads channel 0 alone
        first.bias.zero_()
        last.weight.copy_(torch.tensor([[0.0], [2.0]]))
        last.bias.zero_()
    maps = torch.tensor([[[[1.0, 3.0]], [[4.0, 4.0]]]])
    # Channel 0: mean 2, maximum 3. Factor of channel 0: sigmoid(0); of 1: sigmoid(2 GELU(2) + 2 GELU(3)).
    gelu = torch.nn.functional.gelu(torch.tensor([2.0, 3.0])).sum()
    expected = torch.stack([maps[0, 0] / 2, maps[0, 1] * torch.sigmoid(2 * gelu)])[None]
    assert torch.allclose(attention(maps), expected)


def test_three_maps_become_one():
    gate = MultiDomainGate(4)
    assert gate(torch.randn(2, 12, 5, 7)).shape == (2, 4, 5, 7)


def constant(branch, value):
    for parameter in branch.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.constant_(branch[-1].bias, value)


def test_the_gate_weighs_branches_by_a_softmax_at_every_place():
    gate = MultiDomainGate(1)
    for branch, value in zip(gate.branches, (1.0, 10.0, 100.0), strict=True):
        constant(branch, value)
    with torch.no_grad():
        gate.gate.weight.zero_()
        gate.gate.bias.copy_(torch.log(torch.tensor([0.5, 0.25, 0.25])))
    out = gate(torch.randn(1, 3, 2, 2))
    assert torch.allclose(out, torch.full((1, 1, 2, 2), 0.5 * 1 + 0.25 * 10 + 0.25 * 100))


def test_the_gate_differs_from_place_to_place_and_learns():
    torch.manual_seed(0)
    gate = MultiDomainGate(2)
    domains = torch.zeros(1, 6, 9, 9)
    domains[:, :2, 4, 4] = 3
    out = gate(domains)
    assert not torch.allclose(out[0, :, 4, 4], out[0, :, 0, 0])
    out.square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in gate.parameters())
