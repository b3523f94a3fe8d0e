"""Names of the exchange formats, kept here so that help answers without importing one; a test holds them equal."""

from collections.abc import Mapping
from typing import Final

EXPORTS: Final[Mapping[str, str]] = {
    "coco": "regions as run lengths, points as keypoints, onsets; one JSON",
    "cvat": "CVAT for video 1.1, one XML a clip",
    "tapvid": "TAP-Vid arrays of points, one npz a clip",
    "nnunet": "nnU-Net v2 raw dataset of regions, with pictures",
    "yolo": "Ultralytics segmentation and pose, with pictures",
    "croissant": "the tables with MLCommons Croissant metadata",
}
IMPORTS: Final = tuple(name for name in EXPORTS if name != "croissant")
KNOW_DELETIONS: Final = ("coco", "cvat", "tapvid")
"""Formats of which an import can tell what was deleted."""
