"""How many independent frames, and how many equal patients, a part's labels are really worth."""

from collections.abc import Sequence

import numpy as np


def intraclass_correlation(positive: Sequence[float], total: Sequence[float]) -> float:
    """Share of a yes/no label's variance that lies between clusters, by analysis of variance, 0..1.

    positive, total: labelled frames that say yes, and all, per cluster (patient). Donner & Koval 1980, *The estimation
    of intraclass correlation in the analysis of family data*: (MSB - MSW) / (MSB + (m0 - 1) MSW), cut at 0. NaN where
    there is one cluster, one frame in each, or only one answer.
    """
    y, n = np.asarray(positive, float), np.asarray(total, float)
    y, n = y[n > 0], n[n > 0]
    clusters, frames = len(n), n.sum()
    if clusters < 2 or frames <= clusters or y.sum() in (0, frames):
        return float("nan")
    share = y.sum() / frames
    between = float((n * (y / n - share) ** 2).sum() / (clusters - 1))
    within = float((y * (1 - y / n)).sum() / (frames - clusters))
    usual = (frames - (n**2).sum() / frames) / (clusters - 1)
    return float(max((between - within) / (between + (usual - 1) * within), 0.0))


def effective_frames(total: Sequence[float], correlation: float) -> float:
    """Independent frames that clusters of these sizes are worth at this intraclass correlation; NaN for a NaN one.

    N / (1 + (m - 1) rho) with m the size of the cluster an average frame lies in, sum m_i^2 / sum m_i (Kish 1965,
    *Survey Sampling*, Sec. 8.2; Kerry & Bland 2001 for unequal clusters).
    """
    n = np.asarray(total, float)
    n = n[n > 0]
    if not len(n):
        return 0.0
    return float(n.sum() / (1 + ((n**2).sum() / n.sum() - 1) * correlation))


def effective_clusters(total: Sequence[float]) -> float:
    """Clusters of equal size that would weigh a mean as evenly: (sum m)^2 / sum m^2 (Kish); 0 for none."""
    n = np.asarray(total, float)
    return float(n.sum() ** 2 / (n**2).sum()) if n.sum() else 0.0
