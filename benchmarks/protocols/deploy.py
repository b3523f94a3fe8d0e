"""deploy: the whole chain, each model on what the one before it found (BleedOrigin Algorithm 1, Section 6)."""

from ..metrics.deploy_metrics import METRICS
from ..predictions.deploy_rows import deploy_rows
from .protocol import Protocol

SPEC = Protocol(
    name="deploy",
    version="1",
    task="deploy",
    title="Deployment: onset, source and track in one",
    tables=("BleedOrigin Table 10",),
    input="Whole clips and nothing else (Algorithm 1, deployment).",
    split_rule="The clips of the split's part `test` with an onset and a visible source from it on; no patient in two "
    "parts.",
    truth_rule="The most trusted human onset, and points on every labelled frame from it on; a frame before the "
    "predicted onset has no point and counts as missed.",
    rows=deploy_rows,
    metrics=METRICS,
    # The mean error is of answered frames only: a chain that finds one bleeding in ten would rank first.
    primary="acc_50",
)
