"""What a rendered frame states of itself: exact positions, masks, motion and depth."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ..checks import check_array
from ..schema import ImageSize


class Cover(IntEnum):
    """What keeps a tissue point from being seen; the values of PhantomFrame.cover."""

    NOTHING = 0
    BLOOD = 1
    INSTRUMENT = 2
    SMOKE = 3
    OUT_OF_VIEW = 4

    @property
    def cause(self) -> str:
        """The word for it: "blood", "instrument", "smoke", "out of view", or "" for nothing."""
        return "" if self is Cover.NOTHING else self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class SourceTruth:
    """One bleeding source in one frame. x, y: pixels, inside the image or not; right whether visible or not.

    visible: nothing lies over the point. cause: why not, else "". bleeding: whether it has begun to bleed.
    """

    x: float
    y: float
    visible: bool
    cause: str
    bleeding: bool


@dataclass(frozen=True, eq=False)
class PhantomFrame:
    """One frame and its truth; every array is (H, W, ...) of the frame's size.

    rgb: uint8. Blood masks are bool, apart from each other, and hold only what can be seen: region is active bleeding
    (it left a source lately and still stands on the tissue), pooled is blood that stands but is not active, dried is
    dyed tissue. edges: the region's one-pixel outer rim, inside it. instrument: bool. cover: uint8, a Cover for the
    tissue behind each pixel. valid: inside the endoscopic view.
    flow (H, W, 2): pixels each tissue point moves until the next frame, from this pixel's centre, whatever is drawn
    over it; None in the last frame. depth: mm from the camera's plane to the tissue, whatever is drawn over it.
    """

    frame: int
    rgb: np.ndarray
    region: np.ndarray
    pooled: np.ndarray
    dried: np.ndarray
    instrument: np.ndarray
    edges: np.ndarray
    cover: np.ndarray
    valid: np.ndarray
    depth: np.ndarray
    flow: np.ndarray | None
    sources: tuple[SourceTruth, ...]

    def __post_init__(self) -> None:
        check_array("rgb", self.rgb, ("H", "W", 3), np.uint8)
        shape = self.rgb.shape[:2]
        for name in ("region", "pooled", "dried", "instrument", "edges", "valid"):
            check_array(name, getattr(self, name), shape, np.bool_)
        check_array("cover", self.cover, shape, np.uint8)
        check_array("depth", self.depth, shape, np.float32)
        if self.flow is not None:
            check_array("flow", self.flow, (*shape, 2), np.float32)

    def cover_at(self, x: float, y: float) -> Cover:
        """What lies over the tissue point at pixel position (x, y)."""
        return cover_at(self.cover, x, y)


def cover_at(cover: np.ndarray, x: float, y: float) -> Cover:
    """The Cover of a map (H, W) at a pixel position; outside the image it is out of view."""
    if not ImageSize(cover.shape[1], cover.shape[0]).holds(x, y):
        return Cover.OUT_OF_VIEW
    return Cover(int(cover[int(y), int(x)]))
