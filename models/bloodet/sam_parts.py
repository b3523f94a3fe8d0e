"""The parts of SAM 2 that BlooDet is built of, made from the modules of the `sam2` package with our sizes.

What is not in BlooDetSize is as in SAM 2 v2.0 base+ (sam2_hiera_b+.yaml), whose weights BlooDet starts from. All
return torch modules; `Any`, as the package has no types.
"""

from typing import Any

from .size import BlooDetSize


def image_encoder(size: BlooDetSize) -> Any:
    """Hiera and its feature pyramid: pictures -> features of `hidden` channels at strides 4, 8 and 16."""
    from sam2.modeling.backbones.hieradet import Hiera
    from sam2.modeling.backbones.image_encoder import FpnNeck, ImageEncoder

    trunk = Hiera(
        embed_dim=size.trunk,
        num_heads=size.trunk_heads,
        stages=size.stages,
        window_spec=size.windows,
        global_att_blocks=size.whole,
        window_pos_embed_bkg_spatial_size=(size.pattern, size.pattern),
    )
    neck = FpnNeck(
        position_encoding=_sine(size.hidden),
        d_model=size.hidden,
        backbone_channel_list=trunk.channel_list,
        fpn_top_down_levels=[2, 3],
        fpn_interp_model="nearest",
    )
    return ImageEncoder(trunk=trunk, neck=neck, scalp=1)


def memory_attention(size: BlooDetSize) -> Any:
    """Self-attention over the frame's features and cross-attention to the memory's tokens, `layers` times."""
    from sam2.modeling.memory_attention import MemoryAttention, MemoryAttentionLayer

    layer = MemoryAttentionLayer(
        activation="relu",
        dim_feedforward=size.feedforward,
        dropout=size.dropout,
        pos_enc_at_attn=False,
        self_attention=_rope(size),
        d_model=size.hidden,
        pos_enc_at_cross_attn_keys=True,
        pos_enc_at_cross_attn_queries=False,
        cross_attention=_rope(size, kv_in_dim=size.memory, rope_k_repeat=True),
    )
    return MemoryAttention(d_model=size.hidden, pos_enc_at_input=True, layer=layer, num_layers=size.layers)


def memory_encoder(size: BlooDetSize) -> Any:
    """A frame's features and its mask -> its mask memory of `memory` channels."""
    from sam2.modeling.memory_encoder import CXBlock, Fuser, MaskDownSampler, MemoryEncoder

    return MemoryEncoder(
        out_dim=size.memory,
        position_encoding=_sine(size.memory),
        mask_downsampler=MaskDownSampler(embed_dim=size.hidden, kernel_size=3, stride=2, padding=1),
        fuser=Fuser(CXBlock(dim=size.hidden), num_layers=2),
        in_dim=size.hidden,
    )


def prompt_encoder(size: BlooDetSize) -> Any:
    """Points and maps -> the decoders' prompts; maps are `4 * grid` on a side."""
    from sam2.modeling.sam.prompt_encoder import PromptEncoder

    return PromptEncoder(
        embed_dim=size.hidden,
        image_embedding_size=(size.grid, size.grid),
        input_image_size=(size.image, size.image),
        mask_in_chans=16,
    )


def decoder(size: BlooDetSize) -> Any:
    """A decoder of SAM 2, with a score for presence; the point branch has one of its own."""
    from sam2.modeling.sam.mask_decoder import MaskDecoder
    from sam2.modeling.sam.transformer import TwoWayTransformer

    return MaskDecoder(
        transformer_dim=size.hidden,
        transformer=TwoWayTransformer(
            depth=2, embedding_dim=size.hidden, num_heads=size.decoder_heads, mlp_dim=size.mlp
        ),
        iou_head_hidden_dim=size.head,
        use_high_res_features=True,
        iou_prediction_use_sigmoid=True,
        pred_obj_scores=True,
        pred_obj_scores_mlp=True,
    )


def pointer_projection(size: BlooDetSize) -> Any:
    """The mask token of a frame -> its object pointer."""
    from sam2.modeling.sam2_utils import MLP

    return MLP(size.hidden, size.hidden, size.hidden, 3)


def _rope(size: BlooDetSize, **more: Any) -> Any:
    from sam2.modeling.sam.transformer import RoPEAttention

    return RoPEAttention(
        embedding_dim=size.hidden, num_heads=1, dropout=size.dropout, feat_sizes=(size.grid, size.grid), **more
    )


def _sine(channels: int) -> Any:
    from sam2.modeling.position_encoding import PositionEmbeddingSine

    # Its warm-up would touch a GPU wherever there is one, in every process.
    return PositionEmbeddingSine(num_pos_feats=channels, normalize=True, scale=None, warmup_cache=False)
