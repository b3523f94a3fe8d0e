"""Presets: which stage does what, named for what they are and never swapped silently."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..datasets.errors import BleedkitError
from ..models.corner_detector import CornerDetector
from ..models.trackers import TRACKERS
from . import gates
from .smoothers import SMOOTHERS


@dataclass(frozen=True)
class PseudoLabelConfig:
    """match -> propagate -> smooth -> gate. gates: in the order in which their reasons are told.

    horizon: frames to go on where no further label follows, before the first and after the last.
    """

    tracker: str
    smoother: str
    gates: tuple[str, ...]
    horizon: int = 30

    def settings(self) -> dict[str, Any]:
        """Every name and number that the results hang on, as JSON-able values; OpenCV's version among them."""
        import cv2

        from .. import __version__

        return {
            "tracker": {self.tracker: _defaults(TRACKERS[self.tracker])},
            "keypoints": {"corners": _defaults(CornerDetector)},
            "smoother": {self.smoother: _defaults(SMOOTHERS[self.smoother])},
            "gates": {name: {} for name in self.gates},
            "limits": {"sigma": gates.SIGMA_LIMIT, "meeting": gates.MEET_LIMIT, "meeting_frames": gates.MEET_FRAMES},
            "horizon": self.horizon,
            "bleedkit": __version__,
            "opencv": cv2.__version__,
        }


PRESETS: Final[Mapping[str, PseudoLabelConfig]] = {
    "classical": PseudoLabelConfig("anchored_lucas_kanade", "failure_mixture", tuple(gates.GATES)),
}


def preset_config(preset: str) -> PseudoLabelConfig:
    """A preset by name. Raises BleedkitError where there is none."""
    if preset not in PRESETS:
        raise BleedkitError(f"there is no preset {preset!r}", f"choose from {', '.join(PRESETS)}")
    return PRESETS[preset]


def _defaults(make: Callable[..., object]) -> dict[str, Any]:
    """A stage's settings: the defaults of its constructor."""
    parameters = inspect.signature(make).parameters
    return {name: list(p.default) if isinstance(p.default, tuple) else p.default for name, p in parameters.items()}
