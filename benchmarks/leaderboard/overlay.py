"""Truth and answers drawn over a frame as SVG, in pixels of the stored frame; readable without seeing them, too."""

import math
from collections.abc import Mapping
from html import escape
from typing import Any, Final

import cv2
import numpy as np

from ..predictions.mask_code import GRID, decode_mask

TRUTH: Final = "#5ce1ff"
ANSWER: Final = "#ffd43b"

Row = Mapping[str, Any]
"""A row of predictions.parquet; of an onset table or of a frame without one, only what is known of the clip."""


def picture(address: str, row: Row, alt: str, *layers: str) -> str:
    """The frame's JPEG under SVG layers. address: of the JPEG, relative to the page."""
    size = f'width="{row["width"]}" height="{row["height"]}"'
    return (
        f'<svg viewBox="0 0 {row["width"]} {row["height"]}" role="img" aria-label="{escape(alt, quote=True)}">'
        f'<image href="{escape(address, quote=True)}" {size} preserveAspectRatio="none"/>{"".join(layers)}</svg>'
    )


def truth_layer(row: Row) -> str:
    """The true region and source, dashed; empty where nobody looked."""
    x, y = (row.get("true_x"), row.get("true_y")) if row.get("true_visible") else (None, None)
    return _layer(row, row.get("true_mask"), x, y, TRUTH, dashed=True)


def answer_layer(row: Row) -> str:
    """The model's region and source."""
    return _layer(row, row.get("mask"), row.get("x"), row.get("y"), ANSWER, dashed=False)


def said(row: Row) -> str:
    """What the model said of the frame, and how far off its point is."""
    if "true_x" not in row:
        return ""
    if row.get("is_query"):
        return "the point that it was given"
    x, y, true_x, true_y = (math.nan if row.get(n) is None else row[n] for n in ("x", "y", "true_x", "true_y"))
    if not _there(x, y):
        told = "no point"
    elif row.get("true_visible") and _there(true_x, true_y):
        off = math.hypot(x - true_x, y - true_y) / math.hypot(row["width"], row["height"])
        told = f"{off:.1%} of the diagonal off"
    else:
        told = "a point; truth has none"
    confidence = row.get("confidence")
    return f"{told}, confidence {confidence:.2f}" if _there(confidence) else told


def _layer(row: Row, mask: bytes | None, x: float | None, y: float | None, colour: str, *, dashed: bool) -> str:
    """Dark below, so that it shows on any tissue."""
    width = max(row["width"], row["height"])
    dashes = f' stroke-dasharray="{width / 60:.1f} {width / 90:.1f}"' if dashed else ""
    path = (outline(mask, row["width"], row["height"]) if mask is not None else "") + _cross(x, y, width / 28)
    if not path:
        return ""
    return (
        f'<path d="{path}" fill="none" stroke="#000" stroke-opacity=".55" stroke-width="{width / 90:.1f}"/>'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width / 170:.1f}"{dashes}/>'
    )


def outline(mask: bytes, width: int, height: int) -> str:
    """A coded mask's edge as an SVG path, in pixels of a frame of that size."""
    grid = decode_mask(mask).astype(np.uint8)
    found, _ = cv2.findContours(grid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array([width, height]) / GRID
    paths = []
    for contour in found:
        if len(contour) > 2:
            points = (cv2.approxPolyDP(contour, 0.8, closed=True)[:, 0] + 0.5) * scale
            paths.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(paths)


def _cross(x: float | None, y: float | None, arm: float) -> str:
    if x is None or y is None or not _there(x, y):
        return ""
    return f"M{x - arm:.1f} {y:.1f}H{x + arm:.1f}M{x:.1f} {y - arm:.1f}V{y + arm:.1f}"


def _there(*values: float | None) -> bool:
    return all(value is not None and math.isfinite(value) for value in values)
