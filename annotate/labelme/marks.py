"""What a label file says of a frame, as marks: this target is here, covers these pixels, or was not to be seen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ...datasets.labelme_file import LabelMeFile, LabelMeShape
from ...datasets.labelme_shape import shape_point
from ...datasets.schema import ImageSize
from .description import own_lines
from .shape_key import is_other, is_region, signature, union_mask, was_described
from .shape_names import ACCEPTED, absent_of, point_target

Kind = Literal["point", "region"]
POINT: Final[Kind] = "point"
REGION: Final[Kind] = "region"


@dataclass(frozen=True, eq=False)
class Mark:
    """One target of a frame. label_id: of the label that it was exported as, "" for a new one; labelme copies it along
    with a shape, so that several marks may carry one.

    xy: of a point, pixels of the frame; mask: of a region, (H, W) bool. Neither: looked for, and not there.
    """

    kind: Kind
    target: str
    label_id: str = ""
    xy: tuple[float, float] | None = None
    mask: np.ndarray | None = None

    @property
    def absent(self) -> bool:
        """Whether the mark says that the target is not there."""
        return self.xy is None and self.mask is None


@dataclass(frozen=True)
class FrameMarks:
    """absent: tick boxes of the file, ticked or not, by kind and target. accepted: the one that accepts the rest.

    ignored: in words, what no label can hold: lines, descriptions that were edited.
    """

    marks: tuple[Mark, ...]
    absent: Mapping[tuple[str, str], bool]
    accepted: bool
    ignored: tuple[str, ...]


def read_marks(file: LabelMeFile, exported: Collection[str], size: ImageSize) -> FrameMarks:
    """The marks of a label file. exported: label ids that the frame was exported with; others are no signature."""
    shapes = [shape for shape in file.shapes if not is_other(shape)]
    marks: list[Mark] = []
    for shape in shapes:
        point = shape_point(shape)
        if point is not None:
            label_id = signature(shape) if signature(shape) in exported else ""
            marks.append(Mark(POINT, point_target(shape.label, shape.group_id), label_id, xy=point))
    marks += _regions([shape for shape in shapes if is_region(shape)], exported, size)
    absent = {said: ticked for flag, ticked in file.flags.items() if (said := absent_of(flag))}
    marks += [Mark(kind, target) for (kind, target), ticked in absent.items() if ticked]  # type: ignore[arg-type]
    return FrameMarks(tuple(marks), absent, file.flags.get(ACCEPTED, False), tuple(_ignored(shapes)))


def _regions(shapes: list[LabelMeShape], exported: Collection[str], size: ImageSize) -> list[Mark]:
    """One mark a region: shapes of one label and signature unite, and unsigned ones join the one of their label."""
    groups: dict[tuple[str, str], list[LabelMeShape]] = {}
    for shape in shapes:
        label_id = signature(shape)
        groups.setdefault((shape.label, label_id if label_id in exported else ""), []).append(shape)
    for target, label_id in [key for key in groups if not key[1]]:
        signed = [key for key in groups if key[0] == target and key[1]]
        if len(signed) == 1:
            groups[signed[0]] += groups.pop((target, label_id))
    return [
        Mark(REGION, target, label_id, mask=union_mask(group, size)) for (target, label_id), group in groups.items()
    ]


def _ignored(shapes: list[LabelMeShape]) -> list[str]:
    lines = [shape for shape in shapes if shape_point(shape) is None and not is_region(shape)]
    edited = [
        shape.label
        for shape in shapes
        if signature(shape) and own_lines(shape.description) != own_lines(was_described(shape))
    ]
    return [
        *(f"{shape.label!r} is a {shape.shape_type}" for shape in lines),
        *(f"the description of {label!r} was edited" for label in edited),
    ]
