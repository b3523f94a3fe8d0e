"""Rows of the region-point task by hand; masks are drawn on the grid itself, 512x512."""

import numpy as np

from bleedkit.benchmarks.predictions.mask_code import GRID, encode_mask


def rectangle(x0, y0, x1, y1):
    """A mask whose pixels are columns x0 to x1 and rows y0 to y1, half-open."""
    mask = np.zeros((GRID, GRID), bool)
    mask[y0:y1, x0:x1] = True
    return mask


EMPTY = rectangle(0, 0, 0, 0)


def region(found, true, **more):
    """Of masks or None."""
    codes = (None if mask is None else encode_mask(mask) for mask in (found, true))
    return {**dict(zip(("mask", "true_mask"), codes, strict=True)), **more}


def point(found, true, *, confidence=None, **more):
    """Of points (x, y) in pixels of the stored frame; None: none given, and looked for but not there."""
    (x, y), (true_x, true_y) = ((None, None) if place is None else place for place in (found, true))
    places = {"x": x, "y": y, "true_x": true_x, "true_y": true_y}
    return {**places, "true_visible": true is not None, "confidence": confidence, **more}


def blob(rng, roughness=0.12):
    """A region with a rough rim, sometimes in several pieces and over the edge of the picture."""
    import cv2

    y, x = np.mgrid[:GRID, :GRID]
    centre, radius = rng.uniform(0, GRID, 2), rng.uniform(30, 110)
    hill = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * radius**2))
    noise = cv2.GaussianBlur(rng.normal(size=(GRID, GRID)), (0, 0), 12)
    return hill + roughness * noise / noise.std() > 0.6
