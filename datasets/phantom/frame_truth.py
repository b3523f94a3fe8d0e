"""The whole truth of one frame on disk: every mask, what covers what, depth and flow. One `.npz` a frame, no pickle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import BleedkitError
from .truth import PhantomFrame

MASKS: Final = ("region", "pooled", "dried", "instrument", "edges", "valid")
"""Bits of the stored `masks`, lowest first."""


@dataclass(frozen=True, eq=False)
class FrameTruth:
    """Arrays (H, W) as in PhantomFrame: masks bool, cover uint8, depth mm float32; flow (H, W, 2) float32 or None."""

    region: np.ndarray
    pooled: np.ndarray
    dried: np.ndarray
    instrument: np.ndarray
    edges: np.ndarray
    valid: np.ndarray
    cover: np.ndarray
    depth: np.ndarray
    flow: np.ndarray | None


def write_frame_truth(folder: Path, ordinal: int, frame: PhantomFrame) -> None:
    """Write `<ordinal>/<frame>.npz` below `folder`."""
    path = folder / frame_truth_name(ordinal, frame.frame)
    path.parent.mkdir(parents=True, exist_ok=True)
    bits = sum(getattr(frame, name).astype(np.uint8) << bit for bit, name in enumerate(MASKS))
    flow = np.empty((0, 0, 2), np.float32) if frame.flow is None else frame.flow
    np.savez_compressed(path, masks=bits, cover=frame.cover, depth=frame.depth, flow=flow)


def read_frame_truth(folder: Path, ordinal: int, frame: int) -> FrameTruth:
    """Read what `write_frame_truth` wrote. Raises BleedkitError where it is not there."""
    path = folder / frame_truth_name(ordinal, frame)
    try:
        with np.load(path, allow_pickle=False) as values:
            masks = {name: (values["masks"] >> bit & 1).astype(bool) for bit, name in enumerate(MASKS)}
            flow = values["flow"] if values["flow"].size else None  # the last frame leads to no other
            return FrameTruth(**masks, cover=values["cover"], depth=values["depth"], flow=flow)
    except (OSError, ValueError, KeyError, EOFError) as error:
        what = f"{path} is not a frame's truth ({error})"
        raise BleedkitError(what, "make the cohort with 'bleedkit data phantom --truth full'") from error


def frame_truth_name(ordinal: int, frame: int) -> str:
    """File of one frame's truth."""
    return f"{ordinal:05d}/{frame:06d}.npz"
