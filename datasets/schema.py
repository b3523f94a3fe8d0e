"""The typed model every source dataset is read into: clips, frames, labels, provenance.

Pixels of the stored frame, x right and y down, continuous: column c covers [c, c+1), so an image is [0, W) x [0, H)
and a pixel's centre is c + 0.5. Frames count from 0 at the clip's own rate. Each label is one immutable row: a
correction is a new row whose `supersedes` names the row it replaces, so that nothing anybody did is ever lost.
"""

import json
import math
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from .digest import value_digest


class LabelState(StrEnum):
    """Who made a label: a person, propagation from people's labels, or a model where no label was."""

    HUMAN = "human"
    PSEUDO = "pseudo"
    MODEL = "model"


class Review(StrEnum):
    """What a reviewer said of a label."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"


@dataclass(frozen=True)
class ImageSize:
    """Width and height in whole pixels."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"an image is at least 1x1 pixels, got {self.width}x{self.height}")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    def holds(self, x: float, y: float) -> bool:
        """Whether the point (x, y), in pixels, lies in [0, W) x [0, H); NaN never does."""
        return 0 <= x < self.width and 0 <= y < self.height


@dataclass(frozen=True)
class Clip:
    """Consecutive frames of one procedure of one patient.

    fps: frames per second of the frame index (SurgBlood 2, HemoSet 30). n_frames: frame indices run over
    0..n_frames-1, with or without an image each. media: path of the video below the media root, or "" where every frame
    is a file of its own. media_digest: SHA-256 of that video. site: anatomical site or bleeding type, "" where unknown.
    scenarios: tags such as `water flushing`. official_split: the source's own part, "" where it has none.
    """

    clip_id: str
    patient_id: str
    procedure_id: str
    fps: float
    size: ImageSize
    n_frames: int
    media: str = ""
    media_digest: str = ""
    site: str = ""
    scenarios: tuple[str, ...] = ()
    official_split: str = ""

    def __post_init__(self) -> None:
        if not self.clip_id or not self.patient_id:
            raise ValueError("a clip needs a clip_id and a patient_id")
        if not self.fps > 0 or math.isinf(self.fps):
            raise ValueError(f"clip {self.clip_id}: fps must be above 0, got {self.fps}")
        if self.n_frames < 1:
            raise ValueError(f"clip {self.clip_id}: n_frames must be at least 1, got {self.n_frames}")


@dataclass(frozen=True)
class Frame:
    """One image of a clip. path: below the media root, or "" for a frame of the clip's video or one without image.

    timestamp_s: seconds from the clip's first frame. digest: SHA-256 of the image file, "" for a video's frame.
    """

    clip_id: str
    frame: int
    path: str
    timestamp_s: float
    digest: str
    has_image: bool = True


@dataclass(frozen=True, kw_only=True)
class _Label:
    """What every label row says of itself. confidence: in [0, 1], NaN where nobody said.

    annotator: who, "" where the source does not tell. provenance: id of the run that made it, "" for the source's own
    labels. supersedes: label_id of the row this one replaces, "" for a first label.
    """

    clip_id: str
    state: LabelState = LabelState.HUMAN
    review: Review = Review.UNREVIEWED
    annotator: str = ""
    confidence: float = math.nan
    provenance: str = ""
    supersedes: str = ""

    @cached_property
    def label_id(self) -> str:
        """16 hex digits of the row's content: the same row always has the same id, so appending twice adds nothing."""
        row = {field.name: _plain(getattr(self, field.name), field.type) for field in fields(self)}
        return value_digest([type(self).__name__, row])[:16]

    def _check(self) -> None:
        if not math.isnan(self.confidence) and not 0 <= self.confidence <= 1:
            raise ValueError(f"clip {self.clip_id}: confidence must be in [0, 1] or NaN, got {self.confidence}")
        if self.state is not LabelState.HUMAN and not self.provenance:
            raise ValueError(f"clip {self.clip_id}: a {self.state} label must name its provenance")


@dataclass(frozen=True, kw_only=True)
class PointLabel(_Label):
    """One target (a bleeding source, a tissue point) in one frame. x, y: pixels of the stored frame.

    visible False: looked for and not to be seen; x and y may then be NaN. var_x, var_y, cov_xy: covariance of (x, y) in
    pixels squared, NaN where unknown.
    """

    frame: int
    target: str = "source"
    x: float = math.nan
    y: float = math.nan
    visible: bool = True
    var_x: float = math.nan
    var_y: float = math.nan
    cov_xy: float = math.nan

    def __post_init__(self) -> None:
        self._check()
        if self.frame < 0:
            raise ValueError(f"clip {self.clip_id}: frame must be 0 or more, got {self.frame}")
        if self.visible and not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise ValueError(f"clip {self.clip_id} frame {self.frame}: a visible point needs finite x and y")


@dataclass(frozen=True, kw_only=True)
class MaskLabel(_Label):
    """One target's region in one frame. path: a 0/255 PNG of the frame's size, below the cohort folder.

    digest: SHA-256 of that file. area: pixels in the region; 0 says: looked, and no active bleeding.
    """

    frame: int
    path: str
    digest: str
    area: int
    target: str = "region"

    def __post_init__(self) -> None:
        self._check()
        if self.frame < 0:
            raise ValueError(f"clip {self.clip_id}: frame must be 0 or more, got {self.frame}")
        if self.area < 0:
            raise ValueError(f"clip {self.clip_id} frame {self.frame}: area must be 0 or more, got {self.area}")


@dataclass(frozen=True, kw_only=True)
class OnsetLabel(_Label):
    """The first bleeding frame of a clip; frame -1: the clip was looked through and never bleeds."""

    frame: int
    target: str = "onset"

    def __post_init__(self) -> None:
        self._check()
        if self.frame < -1:
            raise ValueError(f"clip {self.clip_id}: onset frame must be -1 (never) or more, got {self.frame}")


@dataclass(frozen=True)
class ReviewItem:
    """A frame somebody should look at, and why. x, y: the best guess, never a label; NaN where there is none."""

    clip_id: str
    frame: int
    target: str
    reason: str
    provenance: str
    x: float = math.nan
    y: float = math.nan


@dataclass(frozen=True)
class Keypoint:
    """A tissue point near a target in one frame, found by a machine; never a label of the target.

    keypoint: its number, from 1, unique for the clip's target: each is one short track between two labelled frames. x,
    y, visible, var_x, var_y, cov_xy, confidence, provenance: as in PointLabel.
    """

    clip_id: str
    frame: int
    target: str
    keypoint: int
    x: float
    y: float
    visible: bool
    var_x: float
    var_y: float
    cov_xy: float
    confidence: float
    provenance: str


@dataclass(frozen=True)
class Provenance:
    """Which run made a label. kind: `build`, `pseudolabel`, `model`, `review`; parent: provenance id it built on."""

    kind: str
    config_json: str
    code_version: str
    weights_digest: str = ""
    parent: str = ""
    created_utc: str = ""

    @cached_property
    def id(self) -> str:
        """16 hex digits of everything but the time: the same work done twice has one provenance."""
        return value_digest([self.kind, self.config_json, self.code_version, self.weights_digest, self.parent])[:16]

    @classmethod
    def of(cls, kind: str, config: object, *, weights_digest: str = "", parent: str = "") -> Self:
        """Provenance of work done now by this version of bleedkit; `config` is any JSON-able value."""
        from .. import __version__
        from .clock import utc_now

        text = json.dumps(config, sort_keys=True, separators=(",", ":"))
        return cls(kind, text, __version__, weights_digest, parent, utc_now())


def _plain(value: Any, kind: object) -> object:
    """A JSON value equal for equal values; real numbers by their exact hex, so 16, 16.0 and a NumPy 16 are one."""
    return float(value).hex() if kind is float else value
