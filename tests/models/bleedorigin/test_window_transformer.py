import math

import torch

from bleedkit.models.bleedorigin.window_transformer import WindowTransformer, position_code


def test_position_code_by_hand():
    code = position_code(5, 4)
    # Channels: sin(n), cos(n), sin(n / 100), cos(n / 100), as 10000^(2/4) = 100.
    assert torch.allclose(code[3], torch.tensor([math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]))


def transformer(**settings):
    torch.manual_seed(0)
    return WindowTransformer(**{"window": 6, "width": 16, "layers": 4, "heads": 8, "dropout": 0.1} | settings).eval()


def test_four_layers_of_eight_heads():
    layers = transformer().encoder.layers
    assert [layer.self_attn.num_heads for layer in layers] == [8] * 4
    # A layer: 4 * 16 * 17 attention, 16 * 64 + 64 and 64 * 16 + 16 feed-forward, two norms of 32.
    assert sum(parameter.numel() for parameter in layers[0].parameters()) == 1088 + 1088 + 1040 + 64


def test_every_window_is_answered_for_itself():
    features = torch.randn(5, 6, 16, generator=torch.Generator().manual_seed(1))
    model = transformer()
    together, alone = model(features), model(features[2:3])
    assert together.position.shape == together.confidence_logit.shape == (5,)
    assert torch.allclose(together.position[2], alone.position[0], atol=1e-6)
    assert torch.allclose(together.confidence_logit[2], alone.confidence_logit[0], atol=1e-6)
    assert ((together.position > 0) & (together.position < 1)).all()


def test_the_order_of_frames_matters():
    features = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(1))
    model = transformer()
    assert not torch.allclose(model(features).position, model(features.flip(1)).position, atol=1e-4)
