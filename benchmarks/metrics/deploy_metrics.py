"""How near the whole chain is."""

from ..predictions.deploy_rows import DeployRows
from .metric import Metric
from .point_metrics import mean_error
from .summary import Ratio


def mean_deploy_error(rows: DeployRows) -> Ratio:
    """Mean distance where the chain has a point, pixels of the stored frame; lower is better."""
    return mean_error(rows.points)


METRICS = (Metric("mean_error", "Mean error", "px", "lower", mean_deploy_error, "Mean distance where there is one."),)
