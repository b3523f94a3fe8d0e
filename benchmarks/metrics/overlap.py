"""IoU and Dice of bleeding regions."""

from ..predictions.region_point_rows import RegionPointRows
from .metric import Metric
from .summary import Ratio


def iou_pooled(rows: RegionPointRows) -> Ratio:
    """Intersection over union, pixels of all frames pooled; higher is better. SurgBlood 5.1, as its code counts."""
    either = rows.area + rows.true_area - rows.both
    return Ratio(rows.both, either)


IOU = Metric("iou", "IoU", "%", "higher", iou_pooled, "Intersection over union, pooled over all pixels of all frames.")
METRICS = (IOU,)
