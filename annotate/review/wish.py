"""Wish: what the Review panel asks to be decided, checked before anything hangs on it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import numpy as np

from ...datasets.errors import BleedkitError
from ...datasets.labelme_shape import polygon_mask
from ...datasets.schema import ImageSize
from .decision_rows import POINT_TARGET

Scope = Literal["frame", "segment", "clip"]
WISHES: Final = ("accept", "reject", "move", "hide", "onset", "never", "redraw", "clear", "comment", "undo")
SCOPES: Final = ("frame", "segment", "clip")


@dataclass(frozen=True)
class Outline:
    """A closed line round a part of a region, pixels of the stored frame; cut: a part that is taken away."""

    points: tuple[tuple[float, float], ...]
    cut: bool = False


@dataclass(frozen=True)
class Wish:
    """action: one of WISHES. seen: number of the reviewer's last decision that the screen showed.

    scope: how much of the clip an acceptance means. xy: where to move the point. outlines: parts of a redrawn region,
    put upon the region that is there where `keep`. seconds: how long the reviewer looked.
    """

    action: str
    clip_id: str
    frame: int
    seen: int
    target: str = POINT_TARGET
    scope: Scope = "frame"
    seconds: float = math.nan
    xy: tuple[float, float] = (math.nan, math.nan)
    outlines: tuple[Outline, ...] = ()
    keep: bool = False
    text: str = ""

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what the panel sent. Raises BleedkitError where that is no wish."""
        try:
            wish = cls(
                action=str(told["action"]),
                clip_id=str(told["clip_id"]),
                frame=int(told["frame"]),
                seen=int(told["seen"]),
                target=str(told.get("target") or POINT_TARGET),
                scope=told.get("scope", "frame"),
                seconds=float(told["seconds"]) if told.get("seconds") is not None else math.nan,
                xy=_pair(told["xy"]) if told.get("xy") else (math.nan, math.nan),
                outlines=tuple(_outline(one) for one in told.get("outlines") or ()),
                keep=bool(told.get("keep")),
                text=str(told.get("text") or ""),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BleedkitError(f"not a decision: {error!r}", "reload the page") from error
        if wish.action not in WISHES or wish.scope not in SCOPES:
            raise BleedkitError(f"{wish.action!r} of a {wish.scope!r} is no decision", "reload the page")
        return wish

    def drawn(self, size: ImageSize, there: np.ndarray | None) -> np.ndarray:
        """The region (H, W) bool that the outlines make, one after the other. there: what was shown."""
        mask = np.zeros((size.height, size.width), np.bool_)
        if self.keep and there is not None:
            mask |= there
        for outline in self.outlines:
            part = polygon_mask(outline.points, size)
            mask = mask & ~part if outline.cut else mask | part
        return mask


def _outline(told: Mapping[str, Any]) -> Outline:
    points = tuple(_pair(point) for point in told["points"])
    if len(points) < 3:
        raise ValueError(f"an outline needs three points, got {len(points)}")
    return Outline(points, bool(told.get("cut")))


def _pair(told: Any) -> tuple[float, float]:
    x, y = told
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"wanted finite x and y, got {x} and {y}")
    return float(x), float(y)
