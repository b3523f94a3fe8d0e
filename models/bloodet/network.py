"""BlooDet: bleeding region and bleeding source of every frame, online (Pei et al., CVPR 2026, Sec. 4)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..frame_flow import FrameFlow
from ..region_point_model import RegionPoint
from .camera_motion import motion_weight, view_offset
from .decoders import decode_mask, decode_point
from .edge_generator import EdgeGenerator
from .holes import filled
from .memory_bank import BlooDetState, FrameMemory, mask_tokens, point_tokens
from .pair_flow import Encoded, by_frame, encoded, flows_between
from .prompts import click, edge_prompt, no_map
from .sam_parts import decoder, image_encoder, memory_attention, memory_encoder, pointer_projection, prompt_encoder
from .size import BASE_PLUS, MEMORIES, BlooDetSize
from .variant import FORMS, Edge, Motion, Variant

ABSENT: Final = -1024.0  # the logit of a region that is held not to be there
_MEAN: Final = (0.485, 0.456, 0.406)
_DEVIATION: Final = (0.229, 0.224, 0.225)
_AT_ONCE: Final = 8  # frames encoded together


@dataclass(frozen=True, eq=False)
class _View:
    """A frame of B clips before any memory: F_k (B, c, g, g), F_2 (B, c / 4, 2 g, 2 g), F_1 (B, c / 8, 4 g, 4 g).

    position (1, c, g, g): code of a cell's place. picture: as the flow wants it; arrived (B, 2, H, W): flow from the
    frame before to this one, px, where the form asks for it and there is one.
    """

    coarse: Tensor
    middle: Tensor
    fine: Tensor
    position: Tensor
    picture: Encoded | None
    arrived: Tensor | None


class BlooDet(nn.Module):
    """The dual-branch detector on SAM 2's modules, under the names of the authors' checkpoint.

    flow: frozen, on this module's device, and not part of it; None only where motion is "none" or the point branch has
    no memory. variant: the paper's form, or the released code's with its weights; see variant.py.

    The ablations. edge: Table 6, and Table 5 without EG. point_memory: Table 5 without PMM: the point branch sees the
    frame alone. motion: Table 7; "global" is Fig. 8 without the mask map. point_prompt, mask_memory: Fig. 8; without
    the latter the point branch remembers points alone, no regions and no pointers.

    fill_holes: holes of the region up to so many pixels of its low-resolution mask are filled; SAM 2 takes 8 where its
    CUDA part is built. Raises ValueError where motion is asked for without a flow.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        *,
        flow: FrameFlow | None,
        size: BlooDetSize = BASE_PLUS,
        variant: Variant = "paper",
        edge: Edge = "full",
        point_memory: bool = True,
        motion: Motion = "background",
        point_prompt: bool = True,
        mask_memory: bool = True,
        fill_holes: int = 0,
    ) -> None:
        super().__init__()
        moves = point_memory and motion != "none"
        if moves and flow is None:
            raise ValueError(f"motion {motion!r} needs a flow model; without one choose motion='none'")
        # A flow model that is a module would otherwise be trained, saved and counted as a part of this one.
        object.__setattr__(self, "flow", flow if moves else None)
        self.flow: FrameFlow | None
        self.size, self.form, self.motion = size, FORMS[variant], motion
        self.point_prompt, self.mask_memory, self.fill_holes = point_prompt, mask_memory, fill_holes
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)
        self._add_mask_branch(edge)
        self._add_point_branch(point_memory)
        self._add_leftovers()

    def _add_mask_branch(self, edge: Edge) -> None:
        size = self.size
        self.image_encoder = image_encoder(size)
        self.memory_attention = memory_attention(size)
        self.memory_encoder = memory_encoder(size)
        self.maskmem_tpos_enc = _learnt(MEMORIES, 1, 1, size.memory)
        self.no_mem_embed = _learnt(1, 1, size.hidden)
        self.no_obj_ptr = _learnt(1, size.hidden)
        self.edge_generator = None if edge == "none" else EdgeGenerator(size.hidden, self.form, edge)
        self.sam_prompt_encoder = prompt_encoder(size)
        self.sam_mask_decoder = decoder(size)
        self.obj_ptr_proj = pointer_projection(size)

    def _add_point_branch(self, point_memory: bool) -> None:
        size = self.size
        self.point_memory_attention = memory_attention(size) if point_memory else None
        self.point_sam_prompt_encoder = prompt_encoder(size)
        self.sam_prompt_encoder_none2 = prompt_encoder(size)
        self.sam_point_decoder = decoder(size)
        if self.flow is not None:
            self.offset_x_proj = nn.Sequential(nn.Linear(1, size.hidden), nn.ReLU())
            self.offset_y_proj = nn.Sequential(nn.Linear(1, size.hidden), nn.ReLU())

    def _add_leftovers(self) -> None:
        """What the checkpoint and the published 91.58 M parameters hold, and no output hangs on."""
        self.sam_prompt_encoder_none = prompt_encoder(self.size)
        self.mask_downsample = nn.Conv2d(1, 1, kernel_size=4, stride=4)
        self.no_mem_pos_enc = _learnt(1, 1, self.size.hidden)

    def forward(self, clip: Tensor) -> RegionPoint:
        """clip: (B, T, 3, S, S) in [0, 1], RGB, S as the size says. The steps' answers, with frames encoded together.

        Masks and edges are (B, T, 1, S / 4, S / 4). Raises ValueError where the pictures are of another size.
        """
        state, found = self.start(), []
        # Rounded memories make a step of the last digit of a feature, and encoding frames together moves that digit.
        at_once = 1 if self.form.rough_memory and not self.training else _AT_ONCE
        for first in range(0, clip.shape[1], at_once):
            for view in self._views(clip[:, first : first + at_once], state.picture):
                answer, state = self._answer(view, state)
                found.append(answer)
        return _stacked(found)

    def start(self) -> BlooDetState:
        """The state before the first frame."""
        return BlooDetState()

    def step(self, frame: Tensor, state: BlooDetState) -> tuple[RegionPoint, BlooDetState]:
        """The next frame (B, 3, S, S) in [0, 1] and what it shows; masks and edges are (B, 1, S / 4, S / 4)."""
        (view,) = self._views(frame[:, None], state.picture)
        return self._answer(view, state)

    def _views(self, clip: Tensor, before: Encoded | None) -> Iterator[_View]:
        """The frames of (B, T, 3, S, S), encoded together; before: the frame that came before the first of them."""
        frames, side = clip.shape[1], self.size.image
        if clip.shape[2:] != (3, side, side):
            raise ValueError(f"pictures must be (3, {side}, {side}), got {tuple(clip.shape[2:])}")
        pictures = (clip.flatten(0, 1) - self.mean) / self.deviation
        found = self.image_encoder(pictures)
        fine, middle, coarse = found["backbone_fpn"]
        levels = (coarse, self.sam_mask_decoder.conv_s1(middle), self.sam_mask_decoder.conv_s0(fine))
        parts = [level.unflatten(0, (-1, frames)).unbind(1) for level in levels]
        position = found["vision_pos_enc"][-1][:1]
        kept, arrived = self._motion(pictures if self.form.normalised_flow else clip.flatten(0, 1), frames, before)
        for coarse, middle, fine, picture, flow in zip(*parts, kept, arrived, strict=True):
            yield _View(coarse, middle, fine, position, picture, flow)

    def _motion(
        self, pictures: Tensor, frames: int, before: Encoded | None
    ) -> tuple[list[Encoded | None], list[Tensor | None]]:
        """Of each frame: the picture as the flow wants it, and the flow to it from the one before."""
        if self.flow is None:
            return [None] * frames, [None] * frames
        kept = by_frame(encoded(self.flow, pictures), frames)
        if not self.form.consecutive_flow:
            return list(kept), [None] * frames
        earlier = [before, *kept[:-1]] if before is not None else kept[:-1]
        if not earlier:
            return list(kept), [None]
        later = kept[-len(earlier) :]
        flows = flows_between(self.flow, earlier, later)
        return list(kept), [*[None] * (frames - len(earlier)), *flows]

    def _answer(self, view: _View, state: BlooDetState) -> tuple[RegionPoint, BlooDetState]:
        """Both branches on one frame (Fig. 5), and the memory it leaves."""
        mask_features, point_features = self._remembering(view, state)
        position = self.sam_prompt_encoder.get_dense_pe()
        point, presence = decode_point(
            self.sam_point_decoder, point_features, position, no_map(self.sam_prompt_encoder_none2, point_features)
        )
        edge = None
        dense = no_map(self.sam_prompt_encoder, mask_features)
        if self.edge_generator is not None:
            edge = self.edge_generator(mask_features, view.middle, view.fine)
            dense = edge_prompt(self.sam_prompt_encoder, edge)
        sparse = mask_features.new_empty(len(mask_features), 0, self.size.hidden)
        if self.point_prompt:
            sparse = click(self.sam_prompt_encoder, point, self.size.image, exact=self.form.exact_click)
        high_res = (view.middle, view.fine)
        mask, token = decode_mask(self.sam_mask_decoder, mask_features, position, (sparse, dense), high_res)
        pointer = self.obj_ptr_proj(token)
        if self.form.presence_gates:
            present = presence[:, None] > 0
            mask = torch.where(present[..., None, None], mask, ABSENT)
            pointer = torch.where(present, pointer, self.no_obj_ptr)
        shown = filled(mask, self.fill_holes) if self.fill_holes else mask
        memory = self._memory(view, mask, shown, point, pointer, first=state.first is None)
        return RegionPoint(shown, point, presence, edge), state.after(memory, self._kept_picture(view))

    def _remembering(self, view: _View, state: BlooDetState) -> tuple[Tensor, Tensor]:
        """F_mask and F_point (B, c, g, g): the frame's features after the memory of each branch (4.1, 4.2)."""
        fresh = view.coarse + self.no_mem_embed.transpose(1, 2)[..., None]
        if state.first is None:
            return fresh, fresh
        place = self.memory_encoder.position_encoding(state.first.mask)
        tokens, places, loose = mask_tokens(state, self.maskmem_tpos_enc, place)
        mask_features = _attend(self.memory_attention, view, tokens, places, loose)
        if self.point_memory_attention is None:
            return mask_features, fresh
        points = point_tokens(state.memories, self._motion_tokens(view, state), self.size.memory)
        if not self.mask_memory:
            tokens, places, loose = tokens[:0], places[:0], 0
        point_features = _attend(
            self.point_memory_attention,
            view,
            torch.cat([tokens, points]),
            torch.cat([places, torch.zeros_like(points)]),
            loose + len(points),
        )
        return mask_features, point_features

    def _motion_tokens(self, view: _View, state: BlooDetState) -> list[Tensor] | list[float]:
        """What is added to each frame's point memory (B, 2, c): its offset, each axis through its own layer."""
        memories = state.memories
        if self.flow is None:
            return [0.0] * len(memories)
        if self.form.consecutive_flow:
            offsets = torch.cat([memory.offset for memory in memories if memory.offset is not None])
        else:
            first = [memory.picture for memory in memories if memory.picture is not None]
            flows = flows_between(self.flow, first, [_existing(view.picture)] * len(first))
            weights = [memory.weight for memory in memories if memory.weight is not None]
            offsets = torch.cat([view_offset(*pair, self.form) for pair in zip(flows, weights, strict=True)])
        x, y = self.offset_x_proj, self.offset_y_proj
        if not self.form.axes_in_order:
            x, y = y, x
        return list(torch.stack([x(offsets[:, :1]), y(offsets[:, 1:])], dim=1).chunk(len(memories)))

    def _memory(
        self, view: _View, mask: Tensor, shown: Tensor, point: Tensor, pointer: Tensor, *, first: bool
    ) -> FrameMemory:
        """What the frame leaves behind. mask: as decoded; shown: with its holes filled."""
        side, form = self.size.image, self.form
        # The released code remembers its first frame as it does one with a user's click: filled, and without doubt.
        sure = first and form.rough_memory
        large = functional.interpolate(shown if sure else mask, (side, side), mode="bilinear", align_corners=False)
        region = (large > 0).to(large.dtype) if sure and not self.training else torch.sigmoid(large)
        features = self.memory_encoder(view.coarse, 20 * region - 10, skip_mask_sigmoid=True)["vision_features"]
        if form.rough_memory:
            features = features.to(torch.bfloat16)
        tokens = click(self.point_sam_prompt_encoder, point, side, exact=form.exact_click)
        memory = FrameMemory(features, tokens, pointer)
        if self.flow is None:
            return memory
        weight = motion_weight(shown, self.motion, side, form)
        if not form.consecutive_flow:
            return replace(memory, weight=weight, picture=view.picture)
        # Before the first frame nothing has moved.
        arrived = torch.zeros_like(weight).expand(-1, 2, -1, -1) if view.arrived is None else view.arrived
        return replace(memory, offset=view_offset(arrived, weight, form))

    def _kept_picture(self, view: _View) -> Encoded | None:
        return view.picture if self.form.consecutive_flow else None


def _attend(attention: nn.Module, view: _View, tokens: Tensor, places: Tensor, loose: int) -> Tensor:
    """Features (B, c, g, g) after they have seen the memory (N, B, m); its last `loose` tokens have no place."""
    position = view.position.expand_as(view.coarse)
    rows = [features.flatten(2).permute(2, 0, 1) for features in (view.coarse, position)]
    seen = attention(curr=rows[0], curr_pos=rows[1], memory=tokens, memory_pos=places, num_obj_ptr_tokens=loose)
    return seen.permute(1, 2, 0).reshape(view.coarse.shape)


def _learnt(*shape: int) -> nn.Parameter:
    return nn.Parameter(nn.init.trunc_normal_(torch.zeros(*shape), std=0.02))


def _stacked(found: list[RegionPoint]) -> RegionPoint:
    """Frames (B, ...) -> a clip (B, T, ...)."""
    edges = [answer.edge_logits for answer in found if answer.edge_logits is not None]
    return RegionPoint(
        torch.stack([answer.mask_logits for answer in found], dim=1),
        torch.stack([answer.point for answer in found], dim=1),
        torch.stack([answer.presence_logit for answer in found], dim=1),
        torch.stack(edges, dim=1) if edges else None,
    )


def _existing(picture: Encoded | None) -> Encoded:
    if picture is None:
        raise ValueError("a view without its picture")
    return picture
