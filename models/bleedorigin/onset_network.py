"""BleedOrigin-Detect, the onset frame (BleedOrigin 4.1.1): how long a clip has been clean, and where that ends."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..frame_flow import FrameFlow
from ..onset_model import OnsetWindows
from .clean_view import ALPHA, GAMMA
from .clean_view_memory import CleanViewMemory
from .frame_features import FrameFeatures, working_pictures
from .window_transformer import WindowTransformer


@dataclass(frozen=True, eq=False)
class OnsetState:
    """After some frames of B clips; empty before the first.

    previous (B, 3, h, w): the last one; memory: the clean views of before it; features (B, n, width): of the latest
    frames, n < N.
    """

    previous: Tensor | None = None
    memory: CleanViewMemory | None = None
    features: Tensor | None = None


class OnsetNetwork(nn.Module):
    """Answers for windows of N = `window` frames, as OnsetModel says.

    flow: frozen, on this module's device, and not part of it. size: height and width that frames are stretched to,
    multiples of 8; by default the paper's. flow_shrink: flow is found on pictures so much smaller; with PWC-Net, which
    finds it for cells of 4 pixels, 2 makes them the cells of the stacks. Ours: one PWC-Net pair of the full size takes
    more than Table 10's 27.45 G. memory,
    spacing: clean views held, and frames between two of them; the paper gives neither, and by default they span one
    window. channels, width: of the domains' maps and of a frame's feature, ours. use_memory: the memory block of
    Table 8. alpha, gamma: thresholds of Eq. 1. chunk: pairs of pictures that a clip call looks at together, which
    bounds what it holds at a time; checkpointed: in training, make their maps again on the way back, not keep them.
    """

    def __init__(
        self,
        *,
        flow: FrameFlow,
        flow_shrink: int = 2,
        window: int = 60,
        memory: int = 4,
        spacing: int = 15,
        size: tuple[int, int] = (384, 512),
        channels: int = 64,
        width: int = 512,
        layers: int = 4,
        heads: int = 8,
        dropout: float = 0.1,
        use_memory: bool = True,
        alpha: float = ALPHA,
        gamma: float = GAMMA,
        chunk: int = 16,
        checkpointed: bool = False,
    ) -> None:
        super().__init__()
        self.window, self.size = window, size
        self.features = FrameFeatures(
            flow=flow,
            flow_shrink=flow_shrink,
            memory=memory if use_memory else 0,
            spacing=spacing,
            channels=channels,
            width=width,
            alpha=alpha,
            gamma=gamma,
            chunk=chunk,
            checkpointed=checkpointed,
        )
        self.temporal = WindowTransformer(window=window, width=width, layers=layers, heads=heads, dropout=dropout)

    @property
    def flow(self) -> FrameFlow:
        """The frozen flow model."""
        return self.features.flow

    def forward(self, clip: Tensor) -> OnsetWindows:
        """clip: (B, T, 3, H, W) in [0, 1], RGB -> (B, K), K = T - N + 1. Raises ValueError where T < N."""
        batch, frames = clip.shape[:2]
        if frames < self.window:
            raise ValueError(f"a clip of {frames} frames has no window of {self.window}")
        features = self.features(working_pictures(clip, self.size))
        windows = features.unfold(1, self.window, 1).mT.flatten(0, 1)
        said = self.temporal(windows)
        return OnsetWindows(said.position.view(batch, -1), said.confidence_logit.view(batch, -1))

    def start(self) -> OnsetState:
        """The state before the first frame."""
        return OnsetState()

    def step(self, frame: Tensor, state: OnsetState) -> tuple[OnsetWindows | None, OnsetState]:
        """The next frame (B, 3, H, W): what the window that ends with it says, (B,), None before there are N frames.

        In evaluation equal to the clip call within 1e-4. The state holds one picture, the clean views and N - 1
        features, however long the video is; the old state is unchanged.
        """
        picture = working_pictures(frame, self.size)
        feature, memory = self.features.step(picture, state.previous, state.memory)
        seen = feature[:, None] if state.features is None else torch.cat([state.features, feature[:, None]], 1)
        said = self.temporal(seen) if seen.shape[1] == self.window else None
        return said, OnsetState(picture, memory, seen[:, max(0, seen.shape[1] - self.window + 1) :])
