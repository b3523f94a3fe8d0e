"""SAM 2 with prompts: a frame's region from a click, a box or a mask in it, or from other frames' memories.

Ravi et al., ICLR 2025, from the `sam2` package, in the settings of its video predictor for v2.0 base+, whose answers
these are; but frames come one by one, of however long a clip, and nothing is kept of them but memories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from torch import Tensor

from ...models.bloodet.sam_parts import image_encoder, memory_attention, memory_encoder
from ...models.bloodet.size import BASE_PLUS, MEMORIES, POINTERS, TINY, BlooDetSize

FULL_SIZE: Final = replace(BASE_PLUS, image=1024)  # the side that SAM 2 was trained at
TINY_SIZE: Final = TINY
MOST_PROMPTED: Final = 4  # prompted frames that a frame attends to, the nearest; SAM 2's own is all of them
_MEAN: Final = (0.485, 0.456, 0.406)
_DEVIATION: Final = (0.229, 0.224, 0.225)
_CLICK, _CORNER, _OTHER_CORNER = 1, 2, 3  # SAM's labels of points

Memory = Mapping[str, Any]  # what SAM 2 keeps of a frame


@dataclass(frozen=True, eq=False)
class Features:
    """One encoded frame, as SAM 2's own functions take it: features and codes of places by level, coarsest last."""

    levels: list[Tensor]
    places: list[Tensor]
    sizes: list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn in a frame. logits (1, 1, S / 4, S / 4); likeness in [0, 1]: SAM 2's guess of its own IoU."""

    logits: Tensor
    likeness: float
    memory: Memory


def sam2_network(size: BlooDetSize) -> Any:
    """SAM 2's network, under the names of its own checkpoint, with random weights."""
    from sam2.modeling.sam2_base import SAM2Base

    return SAM2Base(**sam2_settings(size))


def sam2_settings(size: BlooDetSize) -> dict[str, Any]:
    """How it is made: as by `build_sam2_video_predictor` from sam2_hiera_b+.yaml, but for sizes and MOST_PROMPTED."""
    stable = {"via_stability": True, "stability_delta": 0.05, "stability_thresh": 0.98}
    return {
        "image_encoder": image_encoder(size),
        "memory_attention": memory_attention(size),
        "memory_encoder": memory_encoder(size),
        "num_maskmem": MEMORIES,
        "max_obj_ptrs_in_encoder": POINTERS,
        "max_cond_frames_in_attn": MOST_PROMPTED,
        "image_size": size.image,
        "sigmoid_scale_for_mem_enc": 20.0,
        "sigmoid_bias_for_mem_enc": -10.0,
        "use_mask_input_as_output_without_sam": True,
        "directly_add_no_mem_embed": True,
        "use_high_res_features_in_sam": True,
        "multimask_output_in_sam": True,
        "iou_prediction_use_sigmoid": True,
        "use_obj_ptrs_in_encoder": True,
        "add_tpos_enc_to_obj_ptrs": False,
        "only_obj_ptrs_in_the_past_for_eval": True,
        "pred_obj_scores": True,
        "pred_obj_scores_mlp": True,
        "fixed_no_obj_ptr": True,
        "multimask_output_for_tracking": True,
        "use_multimask_token_for_obj_ptr": True,
        "multimask_min_pt_num": 0,
        "multimask_max_pt_num": 1,
        "use_mlp_for_obj_ptr_proj": True,
        "binarize_mask_from_pts_for_mem_enc": True,
        "sam_mask_decoder_extra_args": {f"dynamic_multimask_{name}": value for name, value in stable.items()},
    }


class PromptedSam2:
    """SAM 2's network, a frame at a time. network: as `sam2_network` makes it, evaluating; device: where it is.

    Memories are kept in bfloat16, as by SAM 2's own predictor.
    """

    def __init__(self, network: Any, device: str = "cpu") -> None:
        self.network, self._device = network, device
        self._places: list[Tensor] | None = None
        self._mean = torch.tensor(_MEAN, device=device)[:, None, None]
        self._deviation = torch.tensor(_DEVIATION, device=device)[:, None, None]

    @property
    def side(self) -> int:
        """Of its pictures."""
        return int(self.network.image_size)

    @torch.inference_mode()
    def encode(self, picture: Tensor) -> Features:
        """Encode a picture (1, 3, S, S) in [0, 1], RGB."""
        seen = self.network.forward_image((picture.to(self._device) - self._mean) / self._deviation)
        _, levels, places, sizes = self.network._prepare_backbone_features(seen)
        return Features(levels, places, sizes)

    @torch.inference_mode()
    def prompted(
        self, seen: Features, *, clicks: Tensor | None = None, box: Tensor | None = None, mask: Tensor | None = None
    ) -> Drawn:
        """A frame in which people say where the region is, by itself.

        clicks (N, 2): places in the region; box (2, 2): its first and its last corner; both in [0, 1], shares of width
        and height. mask (S, S), 0 or 1: the region itself, beside which the others do not count. Raises ValueError
        where there is none of them.
        """
        if mask is None and clicks is None and box is None:
            raise ValueError("a prompt is a click, a box or a mask, got none")
        points = None if mask is not None else self._points(clicks, box)
        whole = None if mask is None else mask[None, None].to(self._device).float()
        found = self._step(seen, 0, {}, {}, 1, points=points, mask=whole)
        # As SAM 2's predictor remembers what its user sees: from the small mask.
        large = torch.nn.functional.interpolate(found[3], (self.side, self.side), mode="bilinear", align_corners=False)
        return self._drawn(seen, found, large, sure=True)

    @torch.inference_mode()
    def followed(
        self,
        seen: Features,
        at: int,
        prompted: Mapping[int, Memory],
        recent: Mapping[int, Memory],
        frames: int,
        *,
        backwards: bool = False,
    ) -> Drawn:
        """Frame `at` of `frames`, by the memories of prompted frames and of the latest ones on the way to it."""
        found = self._step(seen, at, prompted, recent, frames, backwards=backwards)
        return self._drawn(seen, found, found[4], sure=False)

    def _step(
        self,
        seen: Features,
        at: int,
        prompted: Mapping[int, Memory],
        recent: Mapping[int, Memory],
        frames: int,
        *,
        points: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
        backwards: bool = False,
    ) -> tuple[Any, ...]:
        _, found, *_ = self.network._track_step(
            frame_idx=at,
            is_init_cond_frame=points is not None or mask is not None,
            current_vision_feats=seen.levels,
            current_vision_pos_embeds=seen.places,
            feat_sizes=seen.sizes,
            point_inputs=points,
            mask_inputs=mask,
            output_dict={"cond_frame_outputs": prompted, "non_cond_frame_outputs": recent},
            num_frames=frames,
            track_in_reverse=backwards,
            prev_sam_mask_logits=None,
        )
        return tuple(found)

    def _drawn(self, seen: Features, found: tuple[Any, ...], large: Tensor, *, sure: bool) -> Drawn:
        _, _, likeness, small, _, pointer, presence = found
        features, places = self.network._encode_new_memory(
            current_vision_feats=seen.levels,
            feat_sizes=seen.sizes,
            pred_masks_high_res=large,
            object_score_logits=presence,
            is_mask_from_pts=sure,
        )
        if self._places is None:  # codes of places are the same for every frame, and as large as what is remembered
            self._places = places
        features = features.to(torch.bfloat16)
        memory = {"maskmem_features": features, "maskmem_pos_enc": self._places, "obj_ptr": pointer}
        return Drawn(small, float(likeness.max()), memory)

    def _points(self, clicks: Tensor | None, box: Tensor | None) -> dict[str, Tensor]:
        """As SAM 2 takes them: the box's corners first."""
        places = [box] if box is not None else []
        labels = [_CORNER, _OTHER_CORNER] if box is not None else []
        if clicks is not None:
            places.append(clicks)
            labels += [_CLICK] * len(clicks)
        # SAM counts pixels' centres on whole numbers and puts them to + 0.5 itself.
        pixels = torch.cat(places).double() * self.side - 0.5
        return {
            "point_coords": pixels.float()[None].to(self._device),
            "point_labels": torch.tensor([labels], dtype=torch.int32, device=self._device),
        }
