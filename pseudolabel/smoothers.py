"""The smoothers by name: what turns the tracks between two labels into positions with covariance."""

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np

from ..models.stage import Stage
from .direction import DirectedTrack
from .failure_mixture import FailureMixture, SmoothTrack


class Smoother(Protocol):
    """Fuses a segment's tracks with its labels."""

    def smooth(
        self,
        first: np.ndarray,
        last: np.ndarray | None,
        forward: DirectedTrack,
        backward: DirectedTrack | None,
        *,
        width: int,
        label_variance: float,
    ) -> SmoothTrack:
        """Positions and covariance of every frame of a picture `width` pixels wide.

        last and backward None: nothing pins the far end. label_variance: of each label, per axis, pixels squared.
        """


SMOOTHERS: Final[Mapping[str, Stage[Smoother]]] = {"failure_mixture": Stage(FailureMixture)}
