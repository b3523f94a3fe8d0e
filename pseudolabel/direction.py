"""One direction's track of a point, in the order of time, as the smoothers take it."""

from dataclasses import dataclass

import numpy as np

from ..models.point_tracker import PointTracks


@dataclass(frozen=True, eq=False)
class DirectedTrack:
    """A point followed from one label: xy (T, 2), step_error (T,), hidden (T,), all in the order of time.

    step_error[t] is of the step that arrives at t for a forward track, that leaves t for a backward one. label_doubt:
    factor on the usual variance of the label that it starts on, see `label_doubt`.
    """

    xy: np.ndarray
    step_error: np.ndarray
    hidden: np.ndarray
    label_doubt: float = 1.0

    @classmethod
    def of_point(cls, tracks: PointTracks, point: int, *, backward: bool, label_doubt: float = 1.0) -> "DirectedTrack":
        """One of the N points of `tracks`; those of reversed frames are turned round."""
        order = slice(None, None, -1 if backward else 1)
        return cls(
            tracks.xy[order, point].astype(float),
            tracks.step_error[order, point].astype(float),
            tracks.hidden[order, point],
            label_doubt,
        )

    @classmethod
    def of_target(cls, tracks: PointTracks, *, backward: bool) -> "DirectedTrack":
        """Point 0 of `tracks`, the target."""
        return cls.of_point(tracks, 0, backward=backward)

    def reversed(self) -> "DirectedTrack":
        """The same track against the order of time."""
        return DirectedTrack(self.xy[::-1], self.step_error[::-1], self.hidden[::-1], self.label_doubt)
