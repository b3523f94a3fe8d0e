"""A frame's labels as labelme's shapes and tick boxes."""

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from ...datasets.labelme_file import LabelMeFile, LabelMeShape
from ...datasets.schema import Clip, MaskLabel, PointLabel
from .description import describe
from .earlier_file import NOTHING_EARLIER, Earlier
from .lineage import Row
from .mask_outline import outline
from .shape_key import KEY, signed
from .shape_names import ACCEPTED, REVIEW, empty_flag, hidden_flag, point_name

VERSION: Final = "6.3.1"
"""Of labelme, whose form of file this is."""
FrameMasks = Callable[[MaskLabel], np.ndarray]


def label_file(
    clip: Clip,
    frame: int,
    image: str,
    rows: Sequence[Row],
    masks: FrameMasks,
    *,
    targets: Mapping[str, Collection[str]],
    reasons: Sequence[str] = (),
    earlier: Earlier = NOTHING_EARLIER,
) -> LabelMeFile:
    """The label file of one frame. image: its file name. masks: pixels of a mask label.

    targets: `point` and `region` targets that get a tick box. reasons: why somebody should look at the frame. earlier:
    a label file of the frame; what it holds beyond labels is kept.
    """
    shapes = [shape for row in rows for shape in _shapes(row, masks, earlier)]
    return LabelMeFile(
        image_path=image,
        shapes=(*shapes, *earlier.others),
        size=clip.size,
        version=earlier.version or VERSION,
        flags={**earlier.flags, **_flags(rows, targets), **{f"{REVIEW}{reason}": False for reason in reasons}},
        stored={**earlier.stored, KEY: {"clip_id": clip.clip_id, "frame": frame}},
    )


def mask_shape(mask: np.ndarray, label: str) -> LabelMeShape:
    """A `mask` shape of a mask (H, W) bool that is not empty: any number of parts, with any holes."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    (y0, y1), (x0, x1) = rows[[0, -1]].tolist(), columns[[0, -1]].tolist()
    done, data = cv2.imencode(".png", mask[y0 : y1 + 1, x0 : x1 + 1].astype(np.uint8))
    if not done:
        raise ValueError(f"a mask of shape {mask.shape} cannot be a PNG")
    box = ((float(x0), float(y0)), (float(x1), float(y1)))
    return LabelMeShape(label, box, "mask", mask=base64.b64encode(data.tobytes()).decode())


def _shapes(row: Row, masks: FrameMasks, earlier: Earlier) -> list[LabelMeShape]:
    """A label's shapes: none where it says that nothing is there, several where a region was drawn as several."""
    if isinstance(row, PointLabel):
        label, group = point_name(row.target)
        old = earlier.shapes.get(row.label_id, (LabelMeShape(label, (), "point"),))[0]
        moved = replace(old, label=label, points=((row.x, row.y),), group_id=group)
        return [_described(moved, row)] if row.visible else []
    if not row.area:
        return []
    old_shapes = earlier.shapes.get(row.label_id, ())
    if row.label_id not in earlier.exact:
        old_shapes = (_redrawn(masks(row), row.target, old_shapes),)
    return [_described(replace(shape, label=row.target), row) for shape in old_shapes]


def _redrawn(mask: np.ndarray, target: str, old: Sequence[LabelMeShape]) -> LabelMeShape:
    """One shape of the mask, with what an earlier single shape of it said besides."""
    polygon = outline(mask)
    drawn = LabelMeShape(target, polygon, "polygon") if polygon else mask_shape(mask, target)
    if len(old) != 1:
        return drawn
    return replace(old[0], points=drawn.points, shape_type=drawn.shape_type, mask=drawn.mask)


def _described(shape: LabelMeShape, row: Row) -> LabelMeShape:
    return signed(shape, row.label_id, describe(row, shape.description))


def _flags(rows: Sequence[Row], targets: Mapping[str, Collection[str]]) -> dict[str, bool]:
    hidden = {row.target for row in rows if isinstance(row, PointLabel) and not row.visible}
    empty = {row.target for row in rows if isinstance(row, MaskLabel) and not row.area}
    return {
        ACCEPTED: False,
        **{hidden_flag(target): target in hidden for target in sorted({*targets["point"], *hidden})},
        **{empty_flag(target): target in empty for target in sorted({*targets["region"], *empty})},
    }
