"""The smoothers by name: what turns the tracks between two labels into positions with covariance."""

from collections.abc import Mapping
from typing import ClassVar, Final, Protocol

import numpy as np

from ..models.stage import Stage
from .bidirectional import Bidirectional
from .bridge_smoother import BridgeSmoother
from .direction import DirectedTrack
from .paper_smoother import Paper
from .raw_smoother import Raw
from .smooth_track import SmoothTrack


class Smoother(Protocol):
    """Fuses a segment's tracks with its labels."""

    both_directions: ClassVar[bool]  # False: it makes no use of the backward track, so that none is computed for it

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

        first, last (2,): the labels. last None: nothing pins the far end. backward None: as that, or not asked for.
        label_variance: of each label, per axis, pixels squared.
        """


SMOOTHERS: Final[Mapping[str, Stage[Smoother]]] = {
    "paper": Stage(Paper),
    "bridge": Stage(BridgeSmoother),
    "bidirectional": Stage(Bidirectional),
    "raw": Stage(Raw),
}
