"""What an earlier label file of a frame holds beyond labels: keys that labelme does not know, and other shapes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from ...datasets.labelme_file import LabelMeFile, LabelMeShape
from ...datasets.labelme_shape import shape_point
from ...datasets.schema import ImageSize, MaskLabel, PointLabel
from .lineage import Lineage, Row
from .shape_key import as_other, is_other, is_region, signature, union_mask
from .shape_names import is_ours


@dataclass(frozen=True)
class Earlier:
    """shapes: as they were, by id of the label that they are today. exact: labels whose region they still are.

    others: shapes that never were a label. stored: the JSON object of the file, flags: its own tick boxes.
    """

    shapes: Mapping[str, Sequence[LabelMeShape]] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()
    others: tuple[LabelMeShape, ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


NOTHING_EARLIER: Final = Earlier(MappingProxyType({}), flags=MappingProxyType({}), stored=MappingProxyType({}))


def match_earlier(
    file: LabelMeFile, frame: int, lineage: Lineage, size: ImageSize, masks: Callable[[MaskLabel], np.ndarray]
) -> Earlier:
    """Find the cohort's labels in a label file: by the id that an export wrote, else by position or pixels.

    masks: pixels of a mask label. A shape that equals any label the frame ever had is that label, however often it was
    corrected since; of a label that is no more, nothing is kept.
    """
    rows = lineage.by_frame.get(frame, ())
    shapes: dict[str, list[LabelMeShape]] = {}
    exact: set[str] = set()
    others: list[LabelMeShape] = []
    for group in _groups(file.shapes):
        found = _row_of(group, rows, lineage, size, masks)
        if found is None:
            others.extend(as_other(shape) for shape in group)
        for row in lineage.latest(found) if found is not None else ():
            shapes[row.label_id] = group
            if isinstance(row, MaskLabel) and np.array_equal(union_mask(group, size), masks(row)):
                exact.add(row.label_id)
    own = {name: said for name, said in file.flags.items() if not is_ours(name)}
    return Earlier(shapes, frozenset(exact), tuple(others), own, file.stored, file.version)


def _groups(shapes: Sequence[LabelMeShape]) -> list[list[LabelMeShape]]:
    """Each point by itself; regions of one label and id together, as they are one mask; all else by itself."""
    groups: list[list[LabelMeShape]] = []
    regions: dict[tuple[str, str], list[LabelMeShape]] = {}
    for shape in shapes:
        if is_region(shape) and not is_other(shape):
            key = (signature(shape), shape.label)
            if key not in regions:
                groups.append(regions.setdefault(key, []))
            regions[key].append(shape)
        else:
            groups.append([shape])
    return groups


def _row_of(
    group: Sequence[LabelMeShape],
    rows: Sequence[Row],
    lineage: Lineage,
    size: ImageSize,
    masks: Callable[[MaskLabel], np.ndarray],
) -> Row | None:
    if is_other(group[0]):
        return None
    signed = lineage.rows.get(signature(group[0]))
    if signed is not None and any(row is signed for row in rows):
        return signed
    point = shape_point(group[0])
    if point is not None:
        return next((row for row in rows if isinstance(row, PointLabel) and (row.x, row.y) == point), None)
    if not is_region(group[0]):
        return None
    mask = union_mask(group, size)
    area = int(np.count_nonzero(mask))
    regions = (row for row in rows if isinstance(row, MaskLabel) and row.area == area)
    return next((row for row in regions if np.array_equal(masks(row), mask)), None)
