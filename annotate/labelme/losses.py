"""What an export cannot show in labelme. It stays in the cohort as it is."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ...datasets.cohort import ClipView
from ...datasets.schema import PointLabel
from .lineage import Row


def losses_of(view: ClipView, wanted: Collection[int], labels: Mapping[int, Sequence[Row]]) -> Counter[str]:
    """How often each kind of loss is met in a clip, in words. wanted: frames to export; labels: to show, by frame."""
    without_image = set(wanted) - {frame.frame for frame in view.frames if frame.has_image}
    rows = [row for number in wanted for row in labels.get(number, ())]
    hidden = [row for row in rows if isinstance(row, PointLabel) and not row.visible]
    found = Counter(
        {
            "onset label, as labelme knows nothing of a whole clip": len(view.onsets),
            "frame without image": len(without_image),
            "label on a frame without image": sum(len(labels.get(number, ())) for number in without_image),
            "label whose name cannot be shown": sum(not has_name(row) for row in rows),
            "position of a point that is not visible": sum(math.isfinite(row.x) for row in hidden),
        }
    )
    return +found  # without those that were not met


def has_name(row: Row) -> bool:
    """Whether labelme can show the label's target: a reader of its files takes no empty or unprintable one."""
    return bool(row.target.strip()) and row.target.isprintable()
