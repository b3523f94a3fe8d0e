"""track: the source followed from its true place in the true onset frame (BleedOrigin Table 7, evaluation mode)."""

from ..metrics.point_metrics import METRICS
from ..predictions.point_rows import point_rows
from .protocol import Protocol

SPEC = Protocol(
    name="track",
    version="1",
    task="track",
    title="Track: the source through the clip",
    tables=("BleedOrigin Table 7",),
    input="A clip from its first labelled visible source on, and that point (Algorithm 1, evaluation).",
    split_rule="The clips of the split's part `test`; no patient in two parts.",
    truth_rule="Human points on every later labelled frame; where the source is not visible, only visibility counts.",
    rows=point_rows,
    metrics=METRICS,
    primary="mean_error",
)
