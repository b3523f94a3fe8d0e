"""Gates: which frames the engine does not trust, and why, in words for whoever reviews them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..datasets.schema import ImageSize
from ..models.point_tracker import scaled
from .direction import DirectedTrack
from .segments import Segment
from .smooth_track import SmoothTrack


@dataclass(frozen=True)
class GateLimits:
    """From where on a frame is not trusted; lengths in pixels of a picture REFERENCE_WIDTH wide. All are ours.

    sigma: standard deviation along the ellipse's long axis. meeting: distance that the two tracks must once come under,
    for meeting_frames together, as tracks that merely cross do not meet. forward_backward: distance of the two tracks
    at a frame (10 px kept 71 % of points at 4.5 px on real tissue). Of both, three standard deviations of two labels'
    errors are the least. innovation: chi-square of 2 degrees of freedom that the next label may miss the forward track
    by (9.21: one honest one in a hundred does), for a drift of innovation_sd per step and axis. visibility: frames
    since, or until, the point was last seen. spread: median disagreement of the pseudo-keypoints with the target's
    motion, where at least spread_keypoints of them are seen.
    """

    sigma: float = 8.0
    meeting: float = 12.0
    meeting_frames: int = 5
    forward_backward: float = 10.0
    innovation: float = 9.21
    innovation_sd: float = 2.0
    visibility: int = 15
    spread: float = 10.0
    spread_keypoints: int = 4


@dataclass(frozen=True, eq=False)
class Candidate:
    """A densified segment before it is judged: arrays over the segment's frames, anchors included.

    keypoints: its pseudo-keypoints, smoothed.
    """

    segment: Segment
    size: ImageSize
    track: SmoothTrack
    forward: DirectedTrack | None
    backward: DirectedTrack | None
    keypoints: Sequence[SmoothTrack] = ()
    limits: GateLimits = field(default_factory=GateLimits)

    @property
    def sigma(self) -> np.ndarray:
        """Standard deviation along the long axis of each frame's ellipse, pixels, (T,)."""
        return long_axis(self.track.covariance)

    def pixels(self, length: float) -> float:
        """A limit in this picture's pixels."""
        return scaled(length, self.size.width)


Gate = Callable[[Candidate], list[str]]


def long_axis(covariance: np.ndarray) -> np.ndarray:
    """Standard deviation along the long axis of ellipses (..., 2, 2), pixels, (...)."""
    return np.sqrt(np.linalg.eigvalsh(covariance)[..., -1])


def gate_image(candidate: Candidate) -> list[str]:
    """Frames where the point has left the picture."""
    return ["" if candidate.size.holds(x, y) else "the point has left the picture" for x, y in candidate.track.xy]


def gate_open_end(candidate: Candidate) -> list[str]:
    """Where only one side is labelled as visible: hidden frames, and the half next to a not-visible label."""
    segment = candidate.segment
    if segment.start is not None and segment.end is not None:
        return _trusted(candidate)
    reasons = ["looks hidden, and no label beyond confirms it" if hidden else "" for hidden in candidate.track.hidden]
    gone, seen = (segment.after, segment.before) if segment.end is None else (segment.before, segment.after)
    if gone is not None and seen is not None:
        for i, frame in enumerate(segment.frames):
            if abs(frame - gone.frame) <= abs(frame - seen.frame):
                reasons[i] = f"labelled not visible at frame {gone.frame}, nobody said from when on"
    return reasons


def gate_meeting(candidate: Candidate) -> list[str]:
    """The whole segment, where its two tracks never meet: both lost their point, or the labels are not of one point."""
    apart = _apart(candidate)
    if apart is None:
        return _trusted(candidate)
    closest = sliding_window_view(apart, min(candidate.limits.meeting_frames, len(apart))).max(axis=1).min()
    limit = _apart_limit(candidate, candidate.limits.meeting)
    if closest <= limit:
        return _trusted(candidate)
    apart_by = f"{closest:.0f} px apart, more than {limit:.0f}"
    return [f"forward and backward tracks stay {apart_by}: the point was lost, or a label is off"] * len(apart)


def gate_forward_backward(candidate: Candidate) -> list[str]:
    """Frames where the two tracks are too far apart to be of one point."""
    apart = _apart(candidate)
    if apart is None:
        return _trusted(candidate)
    limit = _apart_limit(candidate, candidate.limits.forward_backward)
    return [
        f"forward and backward tracks are {a:.1f} px apart, more than {limit:.1f}" if a > limit else "" for a in apart
    ]


def gate_innovation(candidate: Candidate) -> list[str]:
    """The whole segment, where the next label is not where an honest forward track could have drifted to.

    The miss d over its variance, that of two labels and a random walk of n steps: |d|^2 / (2 R + n q) > limit.
    """
    segment, forward, limits = candidate.segment, candidate.forward, candidate.limits
    if forward is None or segment.end is None:
        return _trusted(candidate)
    steps = len(forward.xy) - 1
    variance = segment.labels_apart + steps * candidate.pixels(limits.innovation_sd) ** 2
    miss = float(np.linalg.norm(np.array(segment.end) - forward.xy[-1]))
    if miss**2 / variance <= limits.innovation:
        return _trusted(candidate)
    expected = (limits.innovation * variance) ** 0.5
    why = f"the next label lies {miss:.1f} px from where tracking leads, more than {expected:.1f}"
    return [why] * len(segment.frames)


def gate_visibility(candidate: Candidate) -> list[str]:
    """Hidden frames too far from any that shows the point; a label that says `visible` shows it."""
    frames, limit = np.array(candidate.segment.frames), candidate.limits.visibility
    seen = ~candidate.track.hidden
    seen[0] |= candidate.segment.start is not None
    seen[-1] |= candidate.segment.end is not None
    since = np.abs(frames[:, None] - frames[seen]).min(axis=1)
    return [f"hidden for {n} frames, more than {limit}" if n > limit else "" for n in since]


def gate_spread(candidate: Candidate) -> list[str]:
    """Frames where the tissue round the target does not move with it.

    Keypoint minus target is known at both labels; between them it should go from the one to the other, straight in
    time. The median distance of the seen keypoints from that is the disagreement.
    """
    limits, tracks = candidate.limits, candidate.keypoints
    if len(tracks) < limits.spread_keypoints:
        return _trusted(candidate)
    apart = np.stack([track.xy for track in tracks]) - candidate.track.xy
    frames = np.array(candidate.segment.frames, float)
    share = ((frames - frames[0]) / (frames[-1] - frames[0]))[:, None]
    off = np.linalg.norm(apart - (apart[:, :1] * (1 - share) + apart[:, -1:] * share), axis=-1)
    seen = ~np.stack([track.hidden for track in tracks])
    limit = candidate.pixels(limits.spread)
    reasons = _trusted(candidate)
    for t in np.flatnonzero(seen.sum(0) >= limits.spread_keypoints):
        spread = float(np.median(off[seen[:, t], t]))
        if spread > limit:
            reasons[t] = f"the tissue around moves {spread:.1f} px off the point, more than {limit:.1f}"
    return reasons


def gate_sigma(candidate: Candidate) -> list[str]:
    """Frames whose position is too uncertain."""
    limit = candidate.pixels(candidate.limits.sigma)
    return [f"uncertain by {s:.2f} px, more than {limit:.2f}" if s > limit else "" for s in candidate.sigma]


def _trusted(candidate: Candidate) -> list[str]:
    return [""] * len(candidate.segment.frames)


def _apart(candidate: Candidate) -> np.ndarray | None:
    """Distance of the two tracks, pixels, (T,); None where there are not two."""
    if candidate.forward is None or candidate.backward is None:
        return None
    return np.linalg.norm(candidate.forward.xy - candidate.backward.xy, axis=1)


def _apart_limit(candidate: Candidate, stated: float) -> float:
    """How far apart two tracks may be, pixels: as stated, but no less than two people's honest errors make."""
    labels_apart = 3 * candidate.segment.labels_apart**0.5
    return max(3.0, candidate.pixels(stated), labels_apart)


GATES: Final[Mapping[str, Gate]] = {
    "image": gate_image,
    "open_end": gate_open_end,
    "meeting": gate_meeting,
    "innovation": gate_innovation,
    "forward_backward": gate_forward_backward,
    "visibility": gate_visibility,
    "spread": gate_spread,
    "sigma": gate_sigma,
}
