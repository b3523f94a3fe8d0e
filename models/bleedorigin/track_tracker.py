"""BleedOrigin-Track as one of our point trackers: Track-On's checkpoint and a file of adapters, merged."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.schema import ImageSize
from ..point_tracker import PointTracks
from ..stage import Resources
from ..track_on.refresh import Refresh
from .track_flow import flow_of_adapters

if TYPE_CHECKING:
    from torch import Tensor

    from ..frame_flow import FrameFlow
    from ..track_on.features import FrameFeatures
    from ..track_on.network import Prediction
    from .track_network import CuedFeatures, TrackNetwork

BASE: Final = "track_on"
ADAPTERS: Final = "bleedorigin_track"


@dataclass(frozen=True, eq=False)
class CuedView:
    """One encoded frame, about 46 MB in float32, and its own width and height."""

    frame: "CuedFeatures | UncuedFrame"
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class UncuedFrame:
    """A frame for a network with MDG: its cues hang on the frame it is tracked after.

    picture (1, 3, 384, 512) uint8, RGB: the frame as the network takes it.
    """

    features: "FrameFeatures"
    picture: "Tensor"


class BleedOriginTracker:
    """BleedOrigin-Track, with MDG where its adapters have it. Points are found anew in every frame, and see each other.

    weights: Track-On's official checkpoint under "track_on", and under "bleedorigin_track" the adapters that training
    wrote; the authors have released none. flow: for MDG, a name of FLOWS, its weights under their own name; by default
    the adapters' own, and never another. The other settings are TrackOnTracker's, and so are the answers: `step_error`
    is 0, or inf where the uncertainty head holds the point for lost, which Eq. 8 does not train. Frames are made small
    as in training, by StretchedPicture. Raises BleedkitError where files do not fit, or the flow is another one.
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
        bf16: bool = False,
        flow: str | None = None,
    ) -> None:
        if memory < 1:
            raise ValueError(f"the memory holds 1 frame or more, not {memory}")
        self._refresh = Refresh(refresh, adaptive)
        self._memory, self._visible_above, self._lost_above = memory, visible_above, lost_above
        self._device, self._bf16 = device, bf16
        self._flow = _trained_flow(weights[ADAPTERS], flow, Resources(device, weights))
        self._network = load_track_network(weights[BASE], weights[ADAPTERS], visible_above).to(device)

    @property
    def module(self) -> "TrackNetwork":
        """The network, for those who count what it costs."""
        return self._network

    def encode(self, frame: np.ndarray) -> CuedView:
        """An RGB frame (H, W, 3) uint8, stretched to the network's 384 by 512 and encoded."""
        import torch

        from ..picture_frame import StretchedPicture
        from ..track_on.features import SIZE

        size = frame.shape[1], frame.shape[0]
        pixels = StretchedPicture(ImageSize(*size), ImageSize(SIZE[1], SIZE[0])).pixels(frame)
        with torch.inference_mode(), self._precision():
            small = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(self._device)
            picture = small.float()
            if self._network.changes is None:
                return CuedView(self._network.encode(picture), size)
            return CuedView(UncuedFrame(self._network.track_on.encode(picture), small), size)

    def track(self, encoded: Sequence[CuedView], start: np.ndarray) -> PointTracks:
        """Follow points; the first frame gives `start` itself."""
        import torch

        from ..track_on.features import SIZE
        from .track_clip import track_clip

        # Stretching keeps corners in corners, and the network's cell centres are at + 0.5 as ours: a mere factor.
        scale = np.array(SIZE[::-1], np.float32) / np.array(encoded[0].size, np.float32)
        xy = torch.from_numpy(np.asarray(start, np.float32) * scale)[None].to(self._device)
        times = torch.zeros(xy.shape[:2], dtype=torch.long, device=self._device)
        with torch.inference_mode(), self._precision():
            frames = self._cued(encoded)
            found = list(track_clip(self._network, frames, times, xy, memory=self._memory, refresh=self._refresh))
        return self._answer(found, np.asarray(start, np.float32), scale)

    def _cued(self, encoded: Sequence[CuedView]) -> "Iterator[CuedFeatures]":
        """The change of MDG is since the frame before in this order, so that a track backwards has its own.

        One frame is taken at a time: a long clip that is encoded as it is asked for never is in memory.
        """
        from .track_changes import cued_frames

        if self._flow is None:
            return (view.frame for view in encoded if not isinstance(view.frame, UncuedFrame))
        waiting, again = tee(view.frame for view in encoded if isinstance(view.frame, UncuedFrame))
        features, pictures = (f.features for f in waiting), (f.picture.float() for f in again)
        return cued_frames(self._network, features, pictures, self._flow)

    def _answer(self, found: Sequence["Prediction"], start: np.ndarray, scale: np.ndarray) -> PointTracks:
        """In the frames' own pixels."""

        def of(name: str) -> np.ndarray:
            return np.stack([getattr(prediction, name)[0].float().cpu().numpy() for prediction in found])

        xy = (of("xy") / scale).astype(np.float32)
        hidden = of("visible") <= self._visible_above
        step_error = np.where(of("uncertain") > self._lost_above, np.float32(np.inf), np.float32(0))
        xy[0], hidden[0], step_error[0] = start, False, 0
        return PointTracks(xy, step_error, hidden)

    def _precision(self) -> AbstractContextManager[Any]:
        import torch

        return torch.autocast(torch.device(self._device).type, torch.bfloat16, enabled=self._bf16)


def _trained_flow(adapters: Path, wanted: str | None, resources: Resources) -> "FrameFlow | None":
    """None where the adapters have no MDG."""
    from .adapters import read_adapter_file

    told = read_adapter_file(adapters).flow
    return None if told is None else flow_of_adapters(told, adapters, wanted, resources)


def load_track_network(base: Path, adapters: Path, visible_above: float = 0.8) -> "TrackNetwork":
    """The network with its adapters merged, ready to answer.

    Raises BleedkitError where a file is not what it should be, and where the adapters were trained on another base,
    whose weights they say nothing about.
    """
    from ..track_on.tracker import load_network
    from .adapters import load_adapters, read_adapter_file
    from .change_maps import ChangeMaps
    from .track_network import TrackNetwork

    told = read_adapter_file(adapters)
    digest = file_digest(base)
    if digest != told.base_sha256:
        raise BleedkitError(
            f"{adapters} belongs to a checkpoint of Track-On with SHA-256 {told.base_sha256}, and {base} has {digest}",
            "name the checkpoint that the adapters were trained on: --weights track_on=FILE",
        )
    changes = None if told.mdg_channels is None else ChangeMaps(told.mdg_channels)
    network = TrackNetwork(load_network(base, visible_above), red_width=told.red_width, changes=changes)
    return load_adapters(network, adapters).merge().eval().requires_grad_(False)
