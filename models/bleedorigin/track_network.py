"""BleedOrigin-Track (Section 4.2.2): Track-On whose points also look at redness and, where wanted, at change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..track_on.blocks import WIDTH
from ..track_on.features import GRID, SIZE, FrameFeatures, stretched
from ..track_on.network import PointState, Prediction, TrackOn, centre_of
from ..track_on.query_decoder import QueryDecoder
from .change_maps import ChangeMaps
from .domains import DomainDifferences
from .red_features import RedFeatures

TEMPERATURE: Final = 0.05  # of a soft arg-max over cosines, as Track-On's own loss over cells has it
REACH: Final = 8  # cells round the best one that pull it in training: 32 of the picture's 512 pixels


@dataclass(frozen=True, eq=False)
class CuedFeatures:
    """B encoded frames, and the map (B, 256, 96, 128) that queries look at in them."""

    features: FrameFeatures
    looked_at: Tensor

    @classmethod
    def stack(cls, frames: Sequence["CuedFeatures"]) -> "CuedFeatures":
        """Frames of several clips as one batch."""
        return cls(FrameFeatures.stack([frame.features for frame in frames]), torch.cat([f.looked_at for f in frames]))


class CuedDecoder(nn.Module):
    """Track-On's query decoder, which looks at cells of our choosing while `TrackNetwork.step` runs."""

    def __init__(self, decoder: QueryDecoder) -> None:
        super().__init__()
        self.decoder = decoder
        self.looked_at: Tensor | None = None

    def forward(
        self, query: Tensor, cells: Tensor, memory: Tensor, blank: Tensor, live: Tensor, *, most: int
    ) -> Tensor:
        """As QueryDecoder says."""
        if self.looked_at is not None:
            cells = self.looked_at.flatten(2).mT
        return self.decoder(query, cells, memory, blank, live, most=most)


class TrackNetwork(nn.Module):
    """Keys and values of the query decoder's look at the frame: [F_vision, F_red, F_MDG] through one linear layer.

    track_on: with its weights loaded; it belongs to this network from then on, and its decoder is wrapped. red_width:
    channels of F_red, ours. changes: the MDG block of Table 9; None: without, as in the text of 4.2.2. A projection of
    the concatenation is W_v F_vision + W_c [F_red, F_MDG]: W_v is the identity, and W_c (`mix`) starts at 0, so that
    an untrained TrackNetwork is Track-On to the last bit. Everything else of Track-On sees what it always saw.
    """

    def __init__(self, track_on: TrackOn, *, red_width: int = 32, changes: ChangeMaps | None = None) -> None:
        super().__init__()
        self.track_on = track_on
        track_on.query_decoder = CuedDecoder(track_on.query_decoder)  # type: ignore[assignment]
        self.red = RedFeatures(red_width)
        self.changes = changes
        self.mix = nn.Conv2d(red_width + (changes.channels if changes else 0), WIDTH, 1)
        for parameter in self.mix.parameters():
            nn.init.zeros_(parameter)

    def train(self, mode: bool = True) -> "TrackNetwork":
        """As for every module, but the encoder's batch norms keep their statistics: a clip is no fair sample."""
        super().train(mode)
        self.track_on.backbone.eval()
        return self

    def encode(self, frames: Tensor, change: DomainDifferences | None = None) -> CuedFeatures:
        """RGB frames (B, 3, H, W) in 0..255, float32, of any size; change: as `cued` wants it."""
        return self.cued(self.track_on.encode(frames), frames, change)

    def cued(self, features: FrameFeatures, frames: Tensor, change: DomainDifferences | None = None) -> CuedFeatures:
        """Frames that Track-On has encoded, with the cues: for training, where its encoder is frozen and runs once.

        change: from the frame before to this one, pictures of 384 by 512 or of any size with sides of multiples of 8;
        for a network with MDG, and only for that: ValueError otherwise.
        """
        if (change is None) != (self.changes is None):
            raise ValueError("a network with MDG needs the change since the frame before, and only such a network does")
        cues = [self.red(stretched(frames))]
        if self.changes is not None and change is not None:
            cues.append(F.interpolate(self.changes(change), GRID, mode="bilinear", align_corners=False))
        return CuedFeatures(features, features.seen[0] + self.mix(torch.cat(cues, 1)))

    def start(self, frame: CuedFeatures, xy: Tensor, memory: int) -> PointState:
        """The state of points xy (B, N, 2), pixels of the 512 by 384 picture, asked for in `frame`; memory: frames."""
        return self.track_on.start(frame.features, xy, memory)

    def ask_again(self, frame: CuedFeatures, state: PointState, xy: Tensor, which: Tensor) -> PointState:
        """The points `which` (B, N) bool, as if first asked for at xy (B, N, 2) of `frame`: their memory is gone."""
        return self.track_on.ask_again(frame.features, state, xy, which)

    def step(self, frame: CuedFeatures, state: PointState) -> tuple[Prediction, PointState]:
        """Find the points in the next frame, or in the one they were asked for in. frame: of the same B clips.

        The prediction's xy is Track-On's, the best cell's centre and an offset of at most a cell. Its gradient is that
        of the offset, and where gradients are taken at all that of the soft arg-max over the cells round the best one
        besides: the best cell itself has none, and Eq. 8 alone could never move a point by more than a cell. Over all
        cells it would pull at places that have nothing to do with the point, and throws points away in training.
        """
        decoder = cast(CuedDecoder, self.track_on.query_decoder)
        decoder.looked_at = frame.looked_at
        try:
            found, after = self.track_on.step(frame.features, state)
        finally:
            decoder.looked_at = None
        if not torch.is_grad_enabled():
            return found, after
        soft = self._soft_place(after.context[:, :, -1], frame.features)
        return replace(found, xy=found.xy + (soft - soft.detach())), after

    def _soft_place(self, found: Tensor, frame: FrameFeatures) -> Tensor:
        """The mean place (B, N, 2), pixels, of the cells round the best one, by how well they suit found (B, N, C)."""
        scores = self.track_on._correlation(self.track_on.projection2(found), frame)
        cells = centre_of(torch.arange(GRID[0] * GRID[1], device=scores.device)) * scores.new_tensor(GRID[::-1])
        way = (cells - cells[scores.argmax(-1)][..., None, :]).abs().amax(-1)
        weight = (scores / TEMPERATURE).masked_fill(way > REACH + 0.5, -torch.inf).softmax(-1)
        return weight @ (cells * (SIZE[0] / GRID[0]))
