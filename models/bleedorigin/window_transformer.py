"""What a window of frame features says of an onset (BleedOrigin 4.1.1): four encoder layers of eight heads, two heads.

The paper's "two identical fully connected layers" are read as two alike, side by side, one for each output. How N
outputs of the transformer become one vector is not said; ours is their mean. The feed-forward has four times the width,
and the positional encodings are the sines of Vaswani et al. 2017, Sec. 3.5, counted from the window's first frame. Also
ours: features are normalised before these are added, or what changes in them drowns among sines.
"""

import math

import torch
from torch import Tensor, nn

from ..onset_model import OnsetWindows


class WindowTransformer(nn.Module):
    """Reads windows of N = `window` frames."""

    position_code: Tensor

    def __init__(self, *, window: int, width: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout, "gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.position = nn.Linear(width, 1)
        self.confidence = nn.Linear(width, 1)
        self.register_buffer("position_code", position_code(window, width), persistent=False)

    def forward(self, features: Tensor) -> OnsetWindows:
        """Features (K, N, width), oldest first, of K windows: what each says, (K,)."""
        seen = self.encoder(self.norm(features) + self.position_code).mean(1)
        return OnsetWindows(self.position(seen)[:, 0].sigmoid(), self.confidence(seen)[:, 0])


def position_code(window: int, width: int) -> Tensor:
    """(N, width): sin(n / 10000^(2i / width)) at 2i, the cosine at 2i + 1."""
    place = torch.arange(window)[:, None]
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000) / width))
    code = torch.zeros(window, width)
    code[:, 0::2] = torch.sin(place * rate)
    code[:, 1::2] = torch.cos(place * rate)[:, : width // 2]
    return code
