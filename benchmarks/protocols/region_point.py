"""region-point: bleeding region and source of every labelled frame (SurgBlood Tables 2 to 4)."""

from ..metrics.overlap import METRICS
from ..predictions.region_point_table import region_point_rows
from .protocol import Protocol

SPEC = Protocol(
    name="region-point",
    version="1",
    task="region-point",
    title="Bleeding region and source, frame by frame",
    tables=("SurgBlood Table 2", "SurgBlood Table 3", "SurgBlood Table 4"),
    input="Whole clips, one frame after the other; the answer to a frame may use that frame and earlier ones.",
    split_rule="The clips of the split's part `test`; no patient in two parts.",
    truth_rule="Human labels that nobody rejected, on the frames that have one; the most trusted where several are.",
    rows=region_point_rows,
    metrics=METRICS,
    primary="iou",
)
