"""Presets: which stage does what, named for what they are and never swapped silently."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ..datasets.errors import BleedkitError
from ..models.corner_detector import CornerDetector
from ..models.matchers import MATCHERS
from ..models.stage import Resources, Stage
from ..models.trackers import TRACKERS
from . import gates
from .smoothers import SMOOTHERS


@dataclass(frozen=True)
class PseudoLabelConfig:
    """match -> propagate -> smooth -> gate. gates: in the order in which their reasons are told.

    matcher: "" for none. horizon: frames to go on where no further label follows, before the first and after the last.
    """

    tracker: str
    smoother: str
    gates: tuple[str, ...]
    matcher: str = ""
    horizon: int = 30

    def settings(self, resources: Resources) -> dict[str, Any]:
        """Every name and number that the results hang on, as JSON-able values; OpenCV's version among them.

        Raises BleedkitError where weights are missing.
        """
        import cv2

        from .. import __version__

        return {
            "matcher": {self.matcher: MATCHERS[self.matcher].settings(resources)} if self.matcher else {},
            "tracker": {self.tracker: TRACKERS[self.tracker].settings(resources)},
            "keypoints": {"corners": Stage(CornerDetector).settings(resources)},
            "smoother": {self.smoother: SMOOTHERS[self.smoother].settings(resources)},
            "gates": {name: {} for name in self.gates},
            "limits": {"sigma": gates.SIGMA_LIMIT, "meeting": gates.MEET_LIMIT, "meeting_frames": gates.MEET_FRAMES},
            "horizon": self.horizon,
            "bleedkit": __version__,
            "opencv": cv2.__version__,
        }


PRESETS: Final[Mapping[str, PseudoLabelConfig]] = {
    "classical": PseudoLabelConfig("anchored_lucas_kanade", "failure_mixture", tuple(gates.GATES)),
}


def preset_config(preset: str, *, matcher: str = "", tracker: str = "") -> PseudoLabelConfig:
    """A preset by name; matcher, tracker: another stage in place of the preset's own.

    Raises BleedkitError where there is none of that name.
    """
    for kind, name, known in (
        ("preset", preset, PRESETS),
        ("matcher", matcher, MATCHERS),
        ("tracker", tracker, TRACKERS),
    ):
        if name and name not in known:
            raise BleedkitError(f"there is no {kind} {name!r}", f"choose from {', '.join(known)}")
    config = PRESETS[preset]
    return replace(config, matcher=matcher or config.matcher, tracker=tracker or config.tracker)
