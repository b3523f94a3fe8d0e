"""source: the bleeding source in the true first bleeding frame (BleedOrigin Tables 4 and 6, evaluation mode)."""

from ..metrics.point_metrics import CALIBRATION, METRICS
from ..predictions.point_rows import point_rows
from .protocol import Protocol

SPEC = Protocol(
    name="source",
    version="1",
    task="source",
    title="Source: where the blood comes from",
    tables=("BleedOrigin Table 4", "BleedOrigin Table 6"),
    input="One picture: the true onset frame of each clip (Algorithm 1, evaluation).",
    split_rule="The clips of the split's part `test` with a visible source in that frame; no patient in two parts.",
    truth_rule="The most trusted human point of the onset frame; in a clip without an onset label, of the first frame "
    "with a visible one. A clip without an answer is wrong at every distance.",
    rows=point_rows,
    metrics=(*METRICS, CALIBRATION),
    # The middle one of the paper's five distances; the mean error would rank models that answer only easy clips first.
    primary="acc_50",
)
