"""Presets: which stage does what, named for what they are and never swapped silently."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar

from ..datasets.errors import BleedkitError
from ..models.corner_detector import CornerDetector
from ..models.matcher import Matcher
from ..models.matchers import MATCHERS
from ..models.point_tracker import PointTracker
from ..models.stage import Resources, Stage
from ..models.trackers import TRACKERS
from .gates import GateLimits
from .keypoints import KeypointRule
from .smoothers import SMOOTHERS, Smoother

Made = TypeVar("Made")
CORNERS: Final = "corners"
_CARRIES: Final = ("anchored_lucas_kanade",)  # trackers that need neighbours


@dataclass(frozen=True)
class PseudoLabelConfig:
    """match -> propagate -> smooth -> gate. gates: in the order in which their reasons are told.

    matcher: "" for none, and then there are no pseudo-keypoints. neighbours: CORNERS, tracked beside the target for
    a tracker that carries a hidden point by the tissue round it, or "". horizon_before, horizon_after: frames to go on
    where no further label follows, before the first label and after the last. chains: False where every label stands
    alone: it is carried forward for horizon_after frames at most, and the next one is not looked at.
    """

    tracker: str
    smoother: str
    gates: tuple[str, ...] = ()
    matcher: str = ""
    neighbours: str = ""
    keypoints: KeypointRule = field(default_factory=KeypointRule)
    limits: GateLimits = field(default_factory=GateLimits)
    horizon_before: int = 30
    horizon_after: int = 30
    chains: bool = True

    def settings(self, resources: Resources) -> dict[str, Any]:
        """Every name and number that the results hang on, as JSON-able values; OpenCV's version among them.

        Raises BleedkitError where weights are missing.
        """
        import cv2

        from .. import __version__

        return {
            "matcher": {self.matcher: matcher_stage(self.matcher).settings(resources)} if self.matcher else {},
            "keypoints": asdict(self.keypoints) if self.matcher else {},
            "tracker": {self.tracker: tracker_stage(self.tracker).settings(resources)},
            "neighbours": {self.neighbours: Stage(CornerDetector).settings(resources)} if self.neighbours else {},
            "smoother": {self.smoother: smoother_stage(self.smoother).settings(resources)},
            "gates": list(self.gates),
            "limits": asdict(self.limits) if self.gates else {},
            "horizon": [self.horizon_before, self.horizon_after],
            "chains": self.chains,
            "bleedkit": __version__,
            "opencv": cv2.__version__,
        }


# Not `innovation`, which distrusts a whole segment for its forward track alone: the backward one takes over where that
# failed, and on phantom clips `forward_backward` keeps as many frames with half as many errors over 10 px.
_GATES: Final = ("image", "open_end", "meeting", "forward_backward", "visibility", "spread", "sigma")

PRESETS: Final[Mapping[str, PseudoLabelConfig]] = {
    # BleedOrigin 4.2.1 to the letter. The paper has no gate; but a label must lie in its picture.
    "paper": PseudoLabelConfig(matcher="xfeat", tracker="track_on", smoother="paper", gates=("image",)),
    "best": PseudoLabelConfig(
        matcher="xfeat",
        tracker="track_on",
        smoother="bidirectional",
        gates=_GATES,
        keypoints=KeypointRule(near_next=True, most=48),
    ),
    # No weights needed. SIFT finds too few in 50 px, so that we look as far as for corners.
    "classical": PseudoLabelConfig(
        matcher="sift",
        tracker="anchored_lucas_kanade",
        smoother="bidirectional",
        gates=_GATES,
        neighbours=CORNERS,
        keypoints=KeypointRule(radius=100.0, near_next=True, most=36),
    ),
    # BleedOrigin 4.1.2: the labelled place carried on by optical flow, n = 10. Its formula names frame t + n, its text
    # "multiple temporal frames": all up to t + n. It does not say which flow.
    "detector": PseudoLabelConfig(
        tracker="dense_flow",
        smoother="raw",
        gates=("image", "open_end"),
        horizon_before=0,
        horizon_after=10,
        chains=False,
    ),
}


def preset_config(preset: str, *, matcher: str = "", tracker: str = "") -> PseudoLabelConfig:
    """A preset by name; matcher, tracker: another stage in place of the preset's own.

    Raises BleedkitError where there is none of that name.
    """
    if preset not in PRESETS:
        raise BleedkitError(f"there is no preset {preset!r}", f"choose from {', '.join(PRESETS)}")
    config = PRESETS[preset]
    config = replace(config, matcher=matcher or config.matcher, tracker=tracker or config.tracker)
    config = replace(config, neighbours=CORNERS if config.tracker in _CARRIES else "")
    tracker_stage(config.tracker)
    if config.matcher:
        matcher_stage(config.matcher)
    return config


def matcher_stage(name: str) -> Stage[Matcher]:
    """The matcher of that name. Raises BleedkitError where there is none."""
    return _stage("matcher", name, MATCHERS)


def tracker_stage(name: str) -> Stage[PointTracker]:
    """The tracker of that name. Raises BleedkitError where there is none."""
    return _stage("tracker", name, TRACKERS)


def smoother_stage(name: str) -> Stage[Smoother]:
    """The smoother of that name. Raises BleedkitError where there is none."""
    return _stage("smoother", name, SMOOTHERS)


def _stage(kind: str, name: str, known: Mapping[str, Stage[Made]]) -> Stage[Made]:
    if name not in known:
        raise BleedkitError(f"there is no {kind} {name!r}", f"choose from {', '.join(known)}")
    return known[name]
