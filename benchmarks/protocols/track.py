"""track: the source followed from its true place in the true onset frame (BleedOrigin Table 7, evaluation mode)."""

from ..metrics import point_metrics, stir, tap_vid
from ..predictions.point_rows import point_rows
from .protocol import Protocol

SPEC = Protocol(
    name="track",
    version="1",
    task="track",
    title="Track: the source through the clip",
    tables=("BleedOrigin Table 7",),
    input="A clip from its first labelled visible source on, and that point (Algorithm 1, evaluation).",
    split_rule="The clips of the split's part `test` with a visible source and a label after it; no patient in two "
    "parts.",
    truth_rule="The most trusted human point of every labelled frame after the given one; where the source is not "
    "visible, only visibility counts. Accuracies and errors pool frames, TAP-Vid's figures are of clips, STIR's of "
    "their last points.",
    rows=point_rows,
    metrics=(*point_metrics.METRICS, *tap_vid.METRICS, *stir.METRICS),
    primary="acc_50",
)
