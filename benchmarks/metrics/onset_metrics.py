"""How near predicted onsets are."""

import numpy as np

from ..predictions.onset_rows import OnsetRows
from .metric import Metric
from .summary import Ratio


def accuracy_0(rows: OnsetRows) -> Ratio:
    """Share of bleeding clips whose onset is exactly right."""
    bleeds = ~np.isnan(rows.true_onset)
    right = bleeds & (rows.onset == rows.true_onset)
    return Ratio(right.astype(np.float64), bleeds.astype(np.float64))


METRICS = (Metric("acc_0", "±0", "%", "higher", accuracy_0, "Share of clips within 0 frames. BleedOrigin Eq. 9."),)
