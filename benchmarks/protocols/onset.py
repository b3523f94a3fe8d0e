"""onset: the first bleeding frame of a clip (BleedOrigin Tables 3 and 5)."""

from ..metrics.onset_metrics import METRICS
from ..predictions.onset_rows import onset_rows
from .protocol import Protocol

SPEC = Protocol(
    name="onset",
    version="1",
    task="onset",
    title="Onset: the first bleeding frame",
    tables=("BleedOrigin Table 3", "BleedOrigin Table 5"),
    input="Whole clips, one frame after the other.",
    split_rule="The clips of the split's part `test` that have an onset label; no patient in two parts.",
    truth_rule="The most trusted human onset label; a clip that never bleeds has to be answered with none. A bleeding "
    "clip answered with none is wrong at every tolerance.",
    rows=onset_rows,
    metrics=METRICS,
    primary="acc_8",  # the figure of the paper's abstract
)
