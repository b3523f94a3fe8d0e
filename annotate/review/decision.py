"""Decision: one thing a reviewer said, as it stands in the log."""

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final, Self

from ...datasets.errors import BleedkitError

NEVER: Final = -1  # the onset of a clip that never bleeds


class Action(StrEnum):
    """What a reviewer can do."""

    ACCEPT = "accept"
    REJECT = "reject"
    MOVE = "move"
    HIDE = "hide"
    ONSET = "onset"
    REDRAW = "redraw"
    CLEAR = "clear"
    COMMENT = "comment"
    UNDO = "undo"


@dataclass(frozen=True)
class TrackPoint:
    """One frame of a segment's track as it came out again after a correction; PointLabel has the same fields.

    before: label_id of the pseudo-label that it replaces, "" where there was none. reason: why the engine does not
    trust it, "" where it does; then it is a guess to show and no label.
    """

    frame: int
    x: float
    y: float
    visible: bool
    var_x: float
    var_y: float
    cov_xy: float
    confidence: float
    before: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Decision:
    """number: from 1 on, in the reviewer's own log. seconds: how long the reviewer looked before deciding.

    frames: where it holds; one, or a whole segment's or clip's; NEVER alone for an onset that never comes. before:
    label_ids of the rows that it judges or replaces, as they were on the screen. xy: pixels of the stored frame. mask:
    path of the redrawn region below the cohort. track: the rest of the segment after the correction, by the
    pseudo-label engine in the settings `engine`. undoes: number of the decision that is taken back.
    """

    number: int
    reviewer: str
    at_utc: str
    code_version: str
    action: Action
    clip_id: str
    frames: tuple[int, ...]
    target: str = ""
    before: tuple[str, ...] = ()
    seconds: float = math.nan
    xy: tuple[float, float] | None = None
    mask: str = ""
    area: int = 0
    text: str = ""
    undoes: int = 0
    track: tuple[TrackPoint, ...] = ()
    engine: str = ""

    def __post_init__(self) -> None:
        if self.number < 1 or not self.reviewer or not self.clip_id:
            raise ValueError("a decision needs a number from 1 on, a reviewer and a clip")
        if self.action is Action.MOVE and (self.xy is None or not all(map(math.isfinite, self.xy))):
            raise ValueError(f"decision {self.number}: a moved point needs finite x and y, got {self.xy}")
        if self.action is Action.UNDO and not 0 < self.undoes < self.number:
            raise ValueError(f"decision {self.number}: can only take back an earlier one, got {self.undoes}")

    def to_line(self) -> str:
        """One line of the log, without its end."""
        unsaid = {field.name: field.default for field in fields(self)}
        values = {name: value for name, value in asdict(self).items() if value is not unsaid[name]}
        return json.dumps(values, sort_keys=True)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read a line of the log. Raises BleedkitError where it is not one."""
        try:
            values: dict[str, Any] = json.loads(line)
            values["action"] = Action(values["action"])
            values["track"] = tuple(TrackPoint(**point) for point in values.get("track", ()))
            values.update({name: tuple(values[name]) for name in ("frames", "before", "xy") if name in values})
            return cls(**values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BleedkitError(f"not a decision ({error})", "restore the log from a backup") from error

    def numbered(self, number: int) -> Self:
        """The same decision under another number."""
        return replace(self, number=number)
