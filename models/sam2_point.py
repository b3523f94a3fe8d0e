"""SAM 2 with a point head: the "SAM 2 dagger" of SurgBlood's Table 2, a video model that nobody prompts.

Ravi et al., ICLR 2025, from the `sam2` package, in the settings of v2.0 base+ (sam2_hiera_b+.yaml) where nothing else
is said. The paper adds "a point prediction head" and no word on it; ours reads the object pointer. Published are
81.0 M parameters; these are 80.97 M.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from ..datasets.schema import ImageSize
from .bloodet.parameters import ENCODER_RATE, RATE
from .bloodet.sam_parts import image_encoder, memory_attention, memory_encoder
from .bloodet.size import BASE_PLUS, MEMORIES, POINTERS, TINY, BlooDetSize
from .region_point_model import RegionPoint
from .region_point_net import RegionPointNet, Size
from .weights import fit_weights, load_weights

_MEAN: Final = (0.485, 0.456, 0.406)
_DEVIATION: Final = (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class Sam2State:
    """After `frames` frames: what SAM 2 keeps of the first one, and of the latest fifteen after it, by number."""

    frames: int = 0
    first: Mapping[int, Any] = field(default_factory=dict)
    recent: Mapping[int, Any] = field(default_factory=dict)


class Sam2Point(nn.Module):
    """An OnlineRegionPointModel: image encoder, memory and mask decoder of SAM 2, and an MLP for the point.

    Every frame is asked without a prompt; the first one is remembered as SAM 2 remembers a prompted one. One mask is
    drawn, as there is no ambiguous click. Presence is SAM 2's object score, and as there a frame without one gets no
    region (as in BlooDet's released code): a region whose source is hidden is lost. size: as BlooDet's, whose parts
    these are.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, *, size: BlooDetSize = BASE_PLUS) -> None:
        from sam2.modeling.sam2_base import SAM2Base
        from sam2.modeling.sam2_utils import MLP

        super().__init__()
        self.size = size
        self.sam2: Any = SAM2Base(
            image_encoder=image_encoder(size),
            memory_attention=memory_attention(size),
            memory_encoder=memory_encoder(size),
            num_maskmem=MEMORIES,
            max_obj_ptrs_in_encoder=POINTERS,
            image_size=size.image,
            sigmoid_scale_for_mem_enc=20.0,
            sigmoid_bias_for_mem_enc=-10.0,
            directly_add_no_mem_embed=True,
            use_high_res_features_in_sam=True,
            iou_prediction_use_sigmoid=True,
            use_obj_ptrs_in_encoder=True,
            add_tpos_enc_to_obj_ptrs=False,
            pred_obj_scores=True,
            pred_obj_scores_mlp=True,
            fixed_no_obj_ptr=True,
            use_mlp_for_obj_ptr_proj=True,
        )
        self.point_head = MLP(size.hidden, size.hidden, 2, 3)
        # A mask that the object score shuts out has no gradient: what begins random begins open.
        nn.init.constant_(self.sam2.sam_mask_decoder.pred_obj_score_head.layers[-1].bias, 1.0)
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)

    def forward(self, clip: Tensor) -> RegionPoint:
        """clip: (B, T, 3, S, S) in [0, 1], RGB, S as the size says; masks (B, T, 1, S / 4, S / 4).

        Raises ValueError where the pictures are of another size.
        """
        state, found = self.start(), []
        for frame in clip.unbind(1):
            seen, state = self.step(frame, state)
            found.append(seen)
        return RegionPoint(
            torch.stack([seen.mask_logits for seen in found], 1),
            torch.stack([seen.point for seen in found], 1),
            torch.stack([seen.presence_logit for seen in found], 1),
        )

    def start(self) -> Sam2State:
        """The state before the first frame."""
        return Sam2State()

    def step(self, frame: Tensor, state: Sam2State) -> tuple[RegionPoint, Sam2State]:
        """The next frame (B, 3, S, S) in [0, 1], and what it shows; masks (B, 1, S / 4, S / 4)."""
        side = self.size.image
        if frame.shape[1:] != (3, side, side):
            raise ValueError(f"pictures must be (3, {side}, {side}), got {tuple(frame.shape[1:])}")
        seen = self.sam2.forward_image((frame - self.mean) / self.deviation)
        _, features, places, sizes = self.sam2._prepare_backbone_features(seen)
        remembered, found, *_ = self.sam2._track_step(
            frame_idx=state.frames,
            is_init_cond_frame=state.frames == 0,
            current_vision_feats=features,
            current_vision_pos_embeds=places,
            feat_sizes=sizes,
            point_inputs=None,
            mask_inputs=None,
            output_dict={"cond_frame_outputs": state.first, "non_cond_frame_outputs": state.recent},
            num_frames=state.frames + 1,
            track_in_reverse=False,
            prev_sam_mask_logits=None,
        )
        _, _, _, mask, large, pointer, presence = found
        self.sam2._encode_memory_in_output(features, sizes, None, True, large, presence, remembered)
        answer = RegionPoint(mask, self.point_head(pointer).sigmoid(), presence[:, 0])
        return answer, _after(state, {**remembered, "obj_ptr": pointer})


def _after(state: Sam2State, memory: Mapping[str, Any]) -> Sam2State:
    """The state after one more frame; the old one is unchanged."""
    if not state.frames:
        return Sam2State(1, {0: memory}, {})
    kept = dict(list(state.recent.items())[-(POINTERS - 2) :])
    return Sam2State(state.frames + 1, state.first, {**kept, state.frames: memory})


def start_from_sam2(model: Sam2Point, path: Path) -> None:
    """Put SAM 2's base+ weights (v2.0) into a model; the point head keeps its own.

    Raises BleedkitError where a tensor has no place in the model, is of another shape, or SAM 2 lacks one.
    """
    tensors = {f"sam2.{name}": tensor for name, tensor in load_weights(path).items()}
    fit_weights(model, tensors, path, may_lack=("point_head.",))


def _make(size: Size) -> Sam2Point:
    """Tiny has the sizes of the tiny BlooDet."""
    return Sam2Point(size=TINY if size == "tiny" else BASE_PLUS)


SPEC: Final = RegionPointNet(
    name="sam2",
    title="SAM 2 †",
    reference="Ravi et al., ICLR 2025, with a point head; SurgBlood Table 2",
    make=_make,
    pictures={"full": ImageSize(BASE_PLUS.image, BASE_PLUS.image), "tiny": ImageSize(TINY.image, TINY.image)},
    rate=RATE,
    pretrained="sam2_base_plus",
    begin=start_from_sam2,
    encoder=lambda model: model.sam2.image_encoder,
    encoder_rate=ENCODER_RATE,
)
