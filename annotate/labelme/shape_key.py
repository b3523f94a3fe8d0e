"""What an export writes into a label file's shapes under a key of ours; labelme keeps keys that it does not know."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ...datasets.labelme_file import LabelMeShape
from ...datasets.labelme_shape import REGION_TYPES, shape_mask
from ...datasets.schema import ImageSize

KEY: Final = "bleedkit"
_OTHER: Final = {"other": True}


def signed(shape: LabelMeShape, label_id: str, description: str) -> LabelMeShape:
    """The shape of a label, with its description: what it says beyond that was written by hand."""
    said = {"label_id": label_id, "description": description}
    return replace(shape, description=description, stored={**shape.stored, KEY: said})


def as_other(shape: LabelMeShape) -> LabelMeShape:
    """The shape, marked as none of the cohort's labels: an import leaves it alone."""
    return replace(shape, stored={**shape.stored, KEY: _OTHER})


def is_other(shape: LabelMeShape) -> bool:
    """Whether `as_other` marked it."""
    return shape.stored.get(KEY) == _OTHER


def signature(shape: LabelMeShape) -> str:
    """The label id that `signed` wrote, "" where there is none."""
    return _said(shape, "label_id")


def was_described(shape: LabelMeShape) -> str:
    """The description that `signed` wrote, "" where there is none."""
    return _said(shape, "description")


def is_region(shape: LabelMeShape) -> bool:
    """Whether the shape covers an area."""
    return shape.shape_type in REGION_TYPES


def union_mask(shapes: Sequence[LabelMeShape], size: ImageSize) -> np.ndarray:
    """The pixels (H, W) bool that any of the shapes covers."""
    mask = np.zeros((size.height, size.width), np.bool_)
    for shape in shapes:
        covered = shape_mask(shape, size)
        if covered is not None:
            mask |= covered
    return mask


def _said(shape: LabelMeShape, name: str) -> str:
    said = shape.stored.get(KEY)
    value = said.get(name) if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""
