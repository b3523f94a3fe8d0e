"""region-point: bleeding region and source of every labelled frame (SurgBlood Tables 2 to 4)."""

from ..metrics import boundary, overlap, pck, presence
from ..predictions.region_point_table import region_point_rows
from .protocol import Protocol

SPEC = Protocol(
    name="region-point",
    version="1",
    task="region-point",
    title="Bleeding region and source, frame by frame",
    tables=("SurgBlood Table 2", "SurgBlood Table 3", "SurgBlood Table 4"),
    input=(
        "Each clip from its first frame on, one frame after the other and at its own rate; the answer to a frame may "
        "use that frame and earlier ones. Region, point and confidence of presence are asked of every labelled frame, "
        "in pixels of the stored frame; nobody tells the model which frames those are."
    ),
    split_rule=(
        "The clips of the split's part `test` with a region or a point label; no patient in two parts. (SurgBlood's "
        "own split is drawn over clips; under it every figure is marked as leaking.)"
    ),
    truth_rule=(
        "Labels by people that nobody rejected, the most trusted where several are; no pseudo-labels. Region: the "
        "union of the frame's bleeding regions, on the frames where one is drawn or said to be empty, stretched to "
        "512x512 as SurgBlood's code does, and cut at one half. Presence: whether the source is labelled visible, on "
        "the frames where somebody looked for it. Point: its place, where it is visible. An answer that a model owes "
        "counts as missed; a model that never draws regions, or never gives points, has no figure for them."
    ),
    rows=region_point_rows,
    metrics=(*overlap.METRICS, *boundary.METRICS, *pck.METRICS, *presence.METRICS),
    primary="iou",
)
