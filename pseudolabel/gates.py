"""Gates: which frames the engine does not trust, and why, in words for whoever reviews them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..datasets.schema import ImageSize
from ..models.point_tracker import scaled
from .direction import DirectedTrack
from .failure_mixture import SmoothTrack
from .segments import Segment

SIGMA_LIMIT: Final = 8.0  # pixels of a picture REFERENCE_WIDTH wide, along the ellipse's long axis
MEET_LIMIT: Final = 12.0  # as above, of the distance between the two tracks
MEET_FRAMES: Final = 5  # together for so long: tracks that merely cross do not meet


@dataclass(frozen=True, eq=False)
class Candidate:
    """A densified segment before it is judged: arrays over the segment's frames, anchors included."""

    segment: Segment
    size: ImageSize
    track: SmoothTrack
    forward: DirectedTrack | None
    backward: DirectedTrack | None

    @property
    def sigma(self) -> np.ndarray:
        """Standard deviation along the long axis of each frame's ellipse, pixels, (T,)."""
        return np.sqrt(np.linalg.eigvalsh(self.track.covariance)[:, -1])


Gate = Callable[[Candidate], list[str]]


def gate_sigma(candidate: Candidate) -> list[str]:
    """Frames whose position is too uncertain."""
    limit = scaled(SIGMA_LIMIT, candidate.size.width)
    return [f"uncertain by {s:.1f} px, more than {limit:.1f}" if s > limit else "" for s in candidate.sigma]


def gate_meeting(candidate: Candidate) -> list[str]:
    """The whole segment, where its two tracks never meet: both lost their point, or the labels are not of one point."""
    frames = candidate.segment.frames
    if candidate.forward is None or candidate.backward is None:
        return [""] * len(frames)
    apart = np.linalg.norm(candidate.forward.xy - candidate.backward.xy, axis=1)
    closest = sliding_window_view(apart, min(MEET_FRAMES, len(apart))).max(axis=1).min()
    labels_apart = 3 * (2 * candidate.segment.label_variance) ** 0.5  # two people's honest errors are no lost point
    limit = max(3.0, scaled(MEET_LIMIT, candidate.size.width), labels_apart)
    if closest <= limit:
        return [""] * len(frames)
    apart_by = f"{closest:.0f} px apart, more than {limit:.0f}"
    why = f"forward and backward tracks stay {apart_by}: the point was lost, or a label is off"
    return [why] * len(frames)


def gate_image(candidate: Candidate) -> list[str]:
    """Frames where the point has left the picture."""
    return ["" if candidate.size.holds(x, y) else "the point has left the picture" for x, y in candidate.track.xy]


def gate_open_end(candidate: Candidate) -> list[str]:
    """Where only one side is labelled as visible: hidden frames, and the half next to a not-visible label."""
    segment = candidate.segment
    if segment.start is not None and segment.end is not None:
        return [""] * len(segment.frames)
    reasons = ["looks hidden, and no label beyond confirms it" if hidden else "" for hidden in candidate.track.hidden]
    gone, seen = (segment.after, segment.before) if segment.end is None else (segment.before, segment.after)
    if gone is not None and seen is not None:
        for i, frame in enumerate(segment.frames):
            if abs(frame - gone.frame) <= abs(frame - seen.frame):
                reasons[i] = f"labelled not visible at frame {gone.frame}, nobody said from when on"
    return reasons


GATES: Final[Mapping[str, Gate]] = {
    "image": gate_image,
    "open_end": gate_open_end,
    "meeting": gate_meeting,
    "sigma": gate_sigma,
}
