"""Which of BlooDet's parameters learn from which loss, and how fast (SurgBlood 4.4, Eqs. 10-11, and 5.2)."""

from typing import Any, Final, Literal

from torch import nn

from .network import BlooDet

Branch = Literal["mask", "point", "both"]
ENCODER_RATE: Final = 5e-6  # the largest learning rate of the image encoder, 5.2
RATE: Final = 5e-4  # and of all else
_ENCODER: Final = "image_encoder."
_POINT: Final = (
    "point_memory_attention.",
    "point_sam_prompt_encoder.",
    "sam_prompt_encoder_none2.",
    "sam_point_decoder.",
    "offset_x_proj.",
    "offset_y_proj.",
)


def mask_parameters(model: BlooDet) -> list[nn.Parameter]:
    """The theta of Eq. 10: the region's network. Both branches read the image encoder; it goes here."""
    return [parameter for name, parameter in _trainable(model) if not name.startswith(_POINT)]


def point_parameters(model: BlooDet) -> list[nn.Parameter]:
    """The vartheta of Eq. 11: what only the point branch has."""
    return [parameter for name, parameter in _trainable(model) if name.startswith(_POINT)]


def parameter_groups(model: BlooDet, branch: Branch = "both") -> list[dict[str, Any]]:
    """Groups for a torch optimiser: the image encoder at 5e-6 and the rest at 5e-4; empty ones are left out.

    branch: whose parameters; see `mask_parameters` and `point_parameters`.
    """
    chosen = [
        (name, parameter)
        for name, parameter in _trainable(model)
        if branch == "both" or name.startswith(_POINT) == (branch == "point")
    ]
    encoder = [parameter for name, parameter in chosen if name.startswith(_ENCODER)]
    rest = [parameter for name, parameter in chosen if not name.startswith(_ENCODER)]
    groups = [{"params": encoder, "lr": ENCODER_RATE}, {"params": rest, "lr": RATE}]
    return [group for group in groups if group["params"]]


def idle_parameters(model: BlooDet) -> tuple[str, ...]:
    """Names of the parameters that no output hangs on, so that no loss ever moves them.

    They come with SAM 2's modules and with the checkpoint, and are among the published 91.58 M. `no_obj_ptr` of the
    released form is not listed: it is used as soon as a frame has no bleeding point.
    """
    idle = [*_IDLE]
    if not model.form.presence_gates:
        idle.append("no_obj_ptr")
    if model.edge_generator is None:
        idle.append("sam_prompt_encoder.mask_downscaling.")
    else:
        idle.append("sam_prompt_encoder.no_mask_embed.")
        if not model.form.f2_refines and model.edge_generator.edge != "no_high_res":
            idle.append("edge_generator.wavelet_1.")
    if not model.point_prompt:
        idle += ["sam_prompt_encoder.point_embeddings.1.", "sam_prompt_encoder.not_a_point_embed."]
    if model.point_memory_attention is None:
        idle.append("point_sam_prompt_encoder.")
    return tuple(name for name, _ in model.named_parameters() if name.startswith(tuple(idle)))


_CLICKS: Final = ("sam_prompt_encoder", "point_sam_prompt_encoder")
_IDLE: Final = (
    "no_mem_pos_enc",
    "mask_downsample.",
    "sam_prompt_encoder_none.",
    *(f"sam_prompt_encoder_none2.{part}." for part in ("point_embeddings", "not_a_point_embed", "mask_downscaling")),
    *(f"{encoder}.point_embeddings.{n}." for encoder in _CLICKS for n in "023"),
    *(f"point_sam_prompt_encoder.{part}." for part in ("mask_downscaling", "no_mask_embed")),
    *(f"sam_mask_decoder.output_hypernetworks_mlps.{n}." for n in "123"),
    *(f"sam_mask_decoder.{part}." for part in ("iou_prediction_head", "pred_obj_score_head")),
    *(f"sam_point_decoder.{part}." for part in ("output_upscaling", "conv_s0", "conv_s1", "output_hypernetworks_mlps")),
)


def _trainable(model: BlooDet) -> list[tuple[str, nn.Parameter]]:
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
