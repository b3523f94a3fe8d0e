"""Track-On as one of our point trackers: our pixels in and out, weights by name, several tracks in one batch."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ..point_tracker import PointTracks
from ..weights import fit_weights, load_weights
from .refresh import Refresh

if TYPE_CHECKING:
    from torch import Tensor

    from .features import FrameFeatures
    from .network import Prediction, TrackOn

WEIGHTS: Final = "track_on"


@dataclass(frozen=True, eq=False)
class TrackOnView:
    """One encoded frame, about 33 MB in float32, and its own width and height."""

    features: "FrameFeatures"
    size: tuple[int, int]


class TrackOnTracker:
    """Track-On v1. Points are found anew in every frame, so they do not drift step by step; they see each other.

    weights: the official checkpoint under "track_on". memory: frames; 12 in training, 48 in the official evaluation
    on short clips, 80 and 96 on longer ones. visible_above: chance above which a point is seen, and its look
    remembered; the official 0.8. lost_above: the uncertainty head's chance above which a point counts as lost; ours.
    refresh: frames, `every` of Refresh, which has the other three too. bf16: faster where the hardware has it, coarser.
    compiled: through torch.compile, which pays on a GPU and from the second clip on.

    `step_error` is 0, as the head judges no single step, and inf where it says that the point is more likely than not
    hidden or off by more than 8 pixels of a picture 512 wide.
    """

    causal: ClassVar[bool] = True

    def __init__(
        self,
        *,
        weights: Mapping[str, Path],
        device: str = "cpu",
        memory: int = 48,
        visible_above: float = 0.8,
        lost_above: float = 0.5,
        refresh: int | None = None,
        adaptive: bool = False,
        sure_visible: float = 0.9,
        sure_uncertain: float = 0.2,
        bf16: bool = False,
        compiled: bool = False,
    ) -> None:
        if memory < 1:
            raise ValueError(f"the memory holds 1 frame or more, not {memory}")
        self._refresh = Refresh(refresh, adaptive, sure_visible, sure_uncertain)
        self._memory, self._visible_above, self._lost_above = memory, visible_above, lost_above
        self._device, self._bf16 = device, bf16
        self._network = load_network(weights[WEIGHTS], visible_above).to(device)
        if compiled:
            for part in self._network.children():
                part.compile()

    @property
    def module(self) -> "TrackOn":
        """The network, for those who count what it costs."""
        return self._network

    def encode(self, frame: np.ndarray) -> TrackOnView:
        """An RGB frame (H, W, 3) uint8, stretched to the network's 384 by 512 and encoded."""
        import torch

        with torch.inference_mode(), self._precision():
            picture = torch.tensor(frame, device=self._device).permute(2, 0, 1)[None].float()
            return TrackOnView(self._network.encode(picture), (frame.shape[1], frame.shape[0]))

    def track(self, encoded: Sequence[TrackOnView], start: np.ndarray) -> PointTracks:
        """Follow points; the first frame gives `start` itself."""
        return self.track_many([(encoded, start)])[0]

    def track_many(self, tracks: Sequence[tuple[Sequence[TrackOnView], np.ndarray]]) -> list[PointTracks]:
        """`track` for several tracks at once, segments or directions, each with frames and points of its own.

        Shorter ones are filled up with points that nobody sees and frames that nobody reads; answers are those of
        `track` but for rounding.
        """
        import torch

        from .features import FrameFeatures
        from .follow import follow

        longest = max(len(views) for views, _ in tracks)
        xy, live = self._joint(tracks)
        with torch.inference_mode(), self._precision():
            frames = (
                FrameFeatures.stack([views[min(t, len(views) - 1)].features for views, _ in tracks])
                for t in range(longest)
            )
            first = FrameFeatures.stack([views[0].features for views, _ in tracks])
            state = replace(self._network.start(first, xy, self._memory), live=live)
            found = list(follow(self._network, frames, state, self._refresh))
        return [self._answer(found, i, views, start) for i, (views, start) in enumerate(tracks)]

    def _joint(self, tracks: Sequence[tuple[Sequence[TrackOnView], np.ndarray]]) -> tuple["Tensor", "Tensor"]:
        """Every track's points (B, N, 2) in the network's pixels, and which of them are real (B, N)."""
        import torch

        from .features import SIZE

        most = max(len(start) for _, start in tracks)
        xy, live = np.zeros((len(tracks), most, 2), np.float32), np.zeros((len(tracks), most), bool)
        for i, (views, start) in enumerate(tracks):
            # Stretching keeps corners in corners, and the network's cell centres are at + 0.5 as ours: a mere factor.
            xy[i, : len(start)] = np.asarray(start, np.float32) * np.array(SIZE[::-1]) / np.array(views[0].size)
            live[i, : len(start)] = True
        return torch.from_numpy(xy).to(self._device), torch.from_numpy(live).to(self._device)

    def _answer(
        self, found: Sequence["Prediction"], i: int, views: Sequence[TrackOnView], start: np.ndarray
    ) -> PointTracks:
        """The i-th track of the batch in its own frames' pixels."""
        from .features import SIZE

        def of_mine(name: str) -> np.ndarray:
            each = [getattr(prediction, name)[i, : len(start)] for prediction in found[: len(views)]]
            return np.stack([one.float().cpu().numpy() for one in each])

        xy = (of_mine("xy") * np.array(views[0].size) / np.array(SIZE[::-1])).astype(np.float32)
        hidden = of_mine("visible") <= self._visible_above
        step_error = np.where(of_mine("uncertain") > self._lost_above, np.float32(np.inf), np.float32(0))
        xy[0], hidden[0], step_error[0] = start, False, 0
        return PointTracks(xy, step_error, hidden)

    def _precision(self) -> AbstractContextManager[Any]:
        import torch

        return torch.autocast(torch.device(self._device).type, torch.bfloat16, enabled=self._bf16)


def load_network(path: Path, visible_above: float = 0.8) -> "TrackOn":
    """The network with the weights of the official checkpoint, ready to answer.

    Raises BleedkitError where the file is no checkpoint or any of its 753 entries is missing, unexpected or misshapen.
    """
    from .network import TrackOn

    network = TrackOn(visible_above).eval().requires_grad_(False)
    fit_weights(network, load_weights(path), path)
    return network
