"""The trainable networks in their two sizes, made in one place, so that what was trained is what is asked.

`full` is the paper's, `tiny` the same code small enough for a CPU. All begin with random weights.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from ..datasets.schema import ImageSize
from .bleedorigin.onset_network import OnsetNetwork
from .bleedorigin.source_network import SourceNetwork
from .bloodet.network import BlooDet
from .bloodet.size import BASE_PLUS, TINY
from .frame_flow import FrameFlow
from .region_point_net import Size
from .region_point_nets import REGION_POINT_NETS

WINDOW: Final = 60  # frames, N of BleedOrigin 4.1.1
SOURCE_ENCODERS: Final[Mapping[Size, str]] = {"full": "pe_spatial_448", "tiny": "pe_spatial_tiny"}


def _square(side: int) -> ImageSize:
    return ImageSize(side, side)


# What each takes, as frames are stretched to it. SurgBlood 5.2: 512 px for all of its models.
PICTURES: Final[Mapping[str, Mapping[Size, ImageSize]]] = {
    "bloodet": {"full": _square(512), "tiny": _square(128)},
    **{net.name: net.pictures for net in REGION_POINT_NETS.values()},
    "onset": {"full": ImageSize(512, 384), "tiny": ImageSize(64, 48)},
    "source": {"full": _square(448), "tiny": _square(96)},
    "track": {"full": ImageSize(512, 384), "tiny": ImageSize(512, 384)},
}


def bloodet(size: Size, flow: FrameFlow) -> BlooDet:
    """SurgBlood 4."""
    return BlooDet(flow=flow, size=TINY if size == "tiny" else BASE_PLUS)


def onset(size: Size, flow: FrameFlow) -> OnsetNetwork:
    """BleedOrigin 4.1.1."""
    if size == "tiny":
        return OnsetNetwork(
            flow=flow, window=WINDOW, size=(48, 64), channels=8, width=32, memory=2, layers=2, heads=4, dropout=0.0
        )
    return OnsetNetwork(flow=flow, window=WINDOW, checkpointed=True)


def source(size: Size, encoder_weights: Path | Literal["random"] = "random") -> SourceNetwork:
    """BleedOrigin 4.1.2. encoder_weights: timm's file of its encoder."""
    return SourceNetwork(
        encoder=SOURCE_ENCODERS[size],
        encoder_weights=encoder_weights,
        side=PICTURES["source"][size].width,
        width=16 if size == "tiny" else 32,
    )
