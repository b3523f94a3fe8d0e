"""Multi-head attention with a linear layer of its own for queries, keys and values, so that each can be adapted.

`nn.MultiheadAttention` keeps the three in one matrix and reads its output layer's weight without calling the layer: a
low-rank adapter (peft) put on that layer is never run and silently learns nothing.
"""

from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class SplitAttention(nn.Module):
    """Called as `nn.MultiheadAttention(width, heads, batch_first=True)` is, and gives the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: Literal[False] = False,  # noqa: ARG002
    ) -> tuple[Tensor, None]:
        """Query (B, Q, C); key, value (B, K, C); key_padding_mask (B, K) bool: keys not looked at. (B, Q, C), None."""
        asked, offered, said = (
            layer(each).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer, each in ((self.q_proj, query), (self.k_proj, key), (self.v_proj, value))
        )
        looked_at = None if key_padding_mask is None else ~key_padding_mask[:, None, None]
        seen = F.scaled_dot_product_attention(asked, offered, said, attn_mask=looked_at)
        return self.out_proj(seen.transpose(1, 2).flatten(2)), None


def split(attention: nn.MultiheadAttention) -> SplitAttention:
    """The same attention with split projections. Raises ValueError for options that SplitAttention does not have."""
    plain = (
        attention.batch_first
        and attention.in_proj_weight is not None
        and attention.in_proj_bias is not None
        and attention.bias_k is None
        and not attention.add_zero_attn
        and not attention.dropout
    )
    if not plain:
        raise ValueError("only attention of one width, batch first, with biases and without dropout can be split")
    new = SplitAttention(attention.embed_dim, attention.num_heads)
    weights, biases = attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)
    with torch.no_grad():
        for layer, weight, bias in zip((new.q_proj, new.k_proj, new.v_proj), weights, biases, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    new.out_proj.load_state_dict(attention.out_proj.state_dict())
    return new.to(attention.in_proj_weight).train(attention.training)


def joined(attention: SplitAttention) -> nn.MultiheadAttention:
    """The way back: for files that hold the joint matrix."""
    new = nn.MultiheadAttention(attention.q_proj.in_features, attention.heads, batch_first=True)
    layers = (attention.q_proj, attention.k_proj, attention.v_proj)
    with torch.no_grad():
        new.in_proj_weight.copy_(torch.cat([layer.weight for layer in layers]))
        new.in_proj_bias.copy_(torch.cat([layer.bias for layer in layers]))
    new.out_proj.load_state_dict(attention.out_proj.state_dict())
    return new.to(attention.q_proj.weight).train(attention.training)


def split_attentions(module: nn.Module) -> None:
    """Split every joint attention in a module, in place."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.MultiheadAttention):
                setattr(parent, name, split(child))


def join_attentions(module: nn.Module) -> None:
    """Join every split attention in a module, in place; its parameters are named as before the split."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, SplitAttention):
                setattr(parent, name, joined(child))
