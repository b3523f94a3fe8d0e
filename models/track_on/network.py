"""The network of Track-On: frames are encoded without any points, and points are stepped over encoded frames."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .blocks import LEVELS, WIDTH
from .features import GRID, SIZE, Backbone, FeatureDecoder, FrameFeatures, stretched
from .heads import OffsetHead, VisibilityHead
from .memory import SpatialMemory
from .query_decoder import QueryDecoder
from .rerank import CANDIDATES, Rerank, scrambled


@dataclass(frozen=True, eq=False)
class PointState:
    """All that is kept of N points of B clips between frames; it grows to `memory` frames and no further.

    descriptor (B, N, C): how each point looked where it was asked for. spatial, context (B, N, M, C): memories of the
    last M frames, oldest first. blank, unseen (B, N, M) bool: frames from before the point was asked for; frames where
    it was not visible. live (B, N) bool: asked for by now; the others are followed, but nobody looks at them.
    """

    memory: int
    descriptor: Tensor
    spatial: Tensor
    context: Tensor
    blank: Tensor
    unseen: Tensor
    live: Tensor


@dataclass(frozen=True, eq=False)
class Prediction:
    """N points in one frame of B clips: xy (B, N, 2), pixels of the 512 by 384 picture; visible, uncertain (B, N).

    Both are chances: of being visible; of being hidden or more than 8 of these pixels off.
    """

    xy: Tensor
    visible: Tensor
    uncertain: Tensor


class TrackOn(nn.Module):
    """Parameters are named as in the official checkpoint. Points are in pixels of the 512 by 384 picture, (x, y).

    visible_above: chance of being visible from which a point's look is remembered; official: 0.8, for RGB-Stacking 0.5.
    """

    def __init__(self, visible_above: float = 0.8) -> None:
        super().__init__()
        self._visible_above = visible_above
        self.backbone = Backbone()
        self.sm_query_updater = SpatialMemory()
        self.query_decoder = QueryDecoder()
        self.feature_decoder = FeatureDecoder()
        self.offset_head = OffsetHead()
        self.rerank_module = Rerank()
        self.visibility_head = VisibilityHead()
        self.projection1 = nn.Linear(WIDTH, WIDTH)
        self.projection2 = nn.Linear(WIDTH, WIDTH)
        self.corr_layer = nn.Conv2d(LEVELS, 1, 1, bias=False)

    def encode(self, frames: Tensor) -> FrameFeatures:
        """RGB frames (B, 3, H, W) in 0..255, float32, of any size."""
        seen = self.backbone(stretched(frames))
        return FrameFeatures.of(seen, self.feature_decoder(seen.flatten(2).mT).mT.unflatten(2, GRID))

    def start(self, frame: FrameFeatures, xy: Tensor, memory: int) -> PointState:
        """The state of points xy (B, N, 2) asked for in `frame`, before that frame's own step; memory: in frames."""
        descriptor = sampled(frame.seen[0], xy)
        nothing = descriptor[:, :, None][:, :, :0]
        never = torch.zeros(nothing.shape[:3], dtype=torch.bool, device=xy.device)
        live = torch.ones(xy.shape[:2], dtype=torch.bool, device=xy.device)
        return PointState(memory, descriptor, nothing, nothing, never, never, live)

    def ask_again(self, frame: FrameFeatures, state: PointState, xy: Tensor, which: Tensor) -> PointState:
        """The points `which` (B, N) bool, as if first asked for at xy (B, N, 2) of `frame`: their memory is gone."""
        descriptor = torch.where(which[..., None], sampled(frame.seen[0], xy), state.descriptor)
        return replace(state, descriptor=descriptor, blank=state.blank | which[..., None], live=state.live | which)

    def step(self, frame: FrameFeatures, state: PointState) -> tuple[Prediction, PointState]:
        """Find the points in the next frame, or in the one they were asked for in. frame: of the same B clips."""
        ignored, cells = state.blank | state.unseen, frame.seen[0].flatten(2).mT
        query = self.sm_query_updater.read(state.descriptor, state.spatial, ignored, most=state.memory)
        query = self.query_decoder(query, cells, state.context, state.blank, state.live, most=state.memory)
        query = self.projection1(query)
        likely = self._correlation(query, frame).topk(CANDIDATES).indices
        found = self.rerank_module(query, centre_of(likely), scrambled(frame.decoded))
        fine = self.projection2(found)
        cell = centre_of(self._correlation(fine, frame).argmax(-1))
        places = cell + self.offset_head(fine, cell, frame.decoded)
        inside = places.clamp(0, 1)
        visible, uncertain = (logit.sigmoid() for logit in self.visibility_head(found, inside, frame.decoded))
        entry = self.sm_query_updater.write(state.descriptor, found, inside, frame.seen)
        after = replace(
            state,
            spatial=_pushed(state.spatial, entry, state.memory),
            context=_pushed(state.context, found, state.memory),
            blank=_pushed(state.blank, ~state.live, state.memory),
            unseen=_pushed(state.unseen, visible < self._visible_above, state.memory),
        )
        return Prediction(places * places.new_tensor(SIZE[::-1]), visible, uncertain), after

    def _correlation(self, query: Tensor, frame: FrameFeatures) -> Tensor:
        """Cosine of query (B, N, C) with every cell, four levels weighed into one, (B, N, P); always in float32.

        A mean of cells is compared by the mean of their products: only the lengths are taken anew on every level.
        """
        with torch.autocast(query.device.type, enabled=False):
            query = F.normalize(query.float(), dim=-1)
            product = (query @ frame.decoded[0].float().flatten(2)).unflatten(2, GRID)
            total = torch.zeros_like(product)
            for level, weight in enumerate(self.corr_layer.weight.flatten()):
                cosine = F.avg_pool2d(product, 2**level) / frame.length[level]
                total = total + weight * F.interpolate(cosine, GRID, mode="bilinear", align_corners=False)
        return total.flatten(2)


def sampled(finest: Tensor, xy: Tensor) -> Tensor:
    """Descriptors (B, N, C) at xy (B, N, 2), pixels of the 512 by 384 picture, of a map (B, C, 96, 128)."""
    grid = 2 * xy / xy.new_tensor(SIZE[::-1]) - 1
    return F.grid_sample(finest, grid[:, None], padding_mode="border", align_corners=False)[:, :, 0].mT


def centre_of(cell: Tensor) -> Tensor:
    """The centre (..., 2), x and y in [0, 1], of cells counted row by row."""
    x, y = cell % GRID[1], cell.div(GRID[1], rounding_mode="floor")
    return torch.stack([(x + 0.5) / GRID[1], (y + 0.5) / GRID[0]], -1)


def _pushed(memory: Tensor, entry: Tensor, most: int) -> Tensor:
    """Memory (B, N, M, ...) with the new entry (B, N, ...), and without its oldest where that makes it too long."""
    return torch.cat([memory, entry[:, :, None]], 2)[:, :, -most:]
