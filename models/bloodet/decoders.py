"""What the two branches read from their features: the bleeding point, and the bleeding region (SurgBlood 4.1)."""

from typing import Any

import torch
from torch import Tensor

# Places of a decoder's own tokens; the prompt's come after them.
_PRESENCE, _POINT, _MASK = 0, 1, 2


def decode_point(decoder: Any, features: Tensor, position: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
    """F_point (B, c, g, g) -> the point (B, 2) in [0, 1], and the logit (B,) that there is one.

    Two heads of three layers each, on two tokens that have seen F_point. The released code takes the first two outputs
    of SAM 2's head for the quality of masks as x and y, and so do we: the checkpoint has them there.
    """
    tokens, _ = _attended(decoder, features, position, features.new_empty(len(features), 0, features.shape[1]), dense)
    point = decoder.iou_prediction_head(tokens[:, _POINT])[:, :2]
    return point, decoder.pred_obj_score_head(tokens[:, _PRESENCE])[:, 0]


def decode_mask(
    decoder: Any, features: Tensor, position: Tensor, prompts: tuple[Tensor, Tensor], high_res: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """F_mask (B, c, g, g) and its prompts -> mask logits (B, 1, 4 g, 4 g), and the mask's token (B, c).

    prompts: of the point (B, n, c) and of the edge (B, c, g, g); high_res: F_2 and F_1.
    """
    (sparse, dense), (middle, fine) = prompts, high_res
    tokens, features = _attended(decoder, features, position, sparse, dense)
    double, level, activate, again, activate_again = decoder.output_upscaling
    features = activate(level(double(features) + middle))
    features = activate_again(again(features) + fine)
    # SAM 2 makes four masks and drops three of them; this is the one that it keeps.
    weights = decoder.output_hypernetworks_mlps[0](tokens[:, _MASK])
    return torch.einsum("bc,bchw->bhw", weights, features)[:, None], tokens[:, _MASK]


def _attended(decoder: Any, features: Tensor, position: Tensor, sparse: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
    """The decoder's tokens and the features after they have seen each other."""
    own = torch.cat([decoder.obj_score_token.weight, decoder.iou_token.weight, decoder.mask_tokens.weight])
    tokens = torch.cat([own.expand(len(features), -1, -1), sparse], dim=1)
    tokens, seen = decoder.transformer(features + dense, position.expand_as(features), tokens)
    return tokens, seen.transpose(1, 2).reshape(features.shape)
