"""What people say of a clip's regions, as prompts: their masks, their clicks on sources, and boxes given beside."""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...datasets.cohort import ClipView, Cohort, most_trusted
from ...datasets.errors import BleedkitError
from ...datasets.schema import Clip, LabelState, MaskLabel, PointLabel
from ...pseudolabel.label_noise import consensus
from .clip_unit import Box, Prompt

COLUMNS: Final = ("clip_id", "frame", "x0", "y0", "x1", "y1")
_TOLD: Final = 10  # rows that an error names


@dataclass(frozen=True)
class BoxPrompt:
    """A box round the bleeding region of one frame: half-open, pixels of the frame."""

    clip_id: str
    frame: int
    box: Box


def prompts_of(view: ClipView, boxes: Iterable[BoxPrompt] = ()) -> tuple[Prompt, ...]:
    """The clip's prompts by frame, ascending. boxes: of this clip.

    Several people's masks of a target count as their most trusted one, several targets as one region. Several people's
    points of a source are their consensus; sources are targets named `source` or `source-...`.
    """
    drawn, clicked = _masks(view.masks), _clicks(view.points)
    boxed = {box.frame: box.box for box in boxes}
    found = []
    for frame in sorted({*drawn, *clicked, *boxed}):
        if frame in drawn:
            found.append(Prompt(frame, masks=drawn[frame], walled=True))
        else:
            found.append(Prompt(frame, clicked.get(frame, ()), boxed.get(frame)))
    return tuple(found)


def read_boxes(path: Path, cohort: Cohort) -> list[BoxPrompt]:
    """Boxes of a CSV file with the columns COLUMNS. Raises BleedkitError that names all rows that cannot be used."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BleedkitError(f"{path} cannot be read ({error})", f"give a CSV file: {','.join(COLUMNS)}") from error
    found: list[BoxPrompt] = []
    problems: list[str] = []
    for line, row in enumerate(rows, start=2):
        try:
            box = _box(row, cohort.clips)
            if any((other.clip_id, other.frame) == (box.clip_id, box.frame) for other in found):
                raise ValueError("its frame has a box already")
            found.append(box)
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"line {line}: {error}")
    if problems:
        more = f" and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        raise BleedkitError(
            f"{path}: {'; '.join(problems[:_TOLD])}{more}", f"each line is {','.join(COLUMNS)}, pixels of the frame"
        )
    return found


def _box(row: Mapping[str, str], clips: Mapping[str, Clip]) -> BoxPrompt:
    """Raises ValueError, TypeError or KeyError where the row is none."""
    clip_id, frame = row["clip_id"], int(row["frame"])
    if clip_id not in clips:
        raise ValueError(f"there is no clip {clip_id!r}")
    clip = clips[clip_id]
    if not 0 <= frame < clip.n_frames:
        raise ValueError(f"clip {clip_id} has no frame {frame}")
    x0, y0, x1, y1 = (float(row[name]) for name in COLUMNS[2:])
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        raise ValueError("the box must be finite")
    if not (0 <= x0 < x1 <= clip.size.width and 0 <= y0 < y1 <= clip.size.height):
        raise ValueError(f"the box {x0:g},{y0:g},{x1:g},{y1:g} must lie in the {clip.size} frame, x0 < x1, y0 < y1")
    return BoxPrompt(clip_id, frame, (x0, y0, x1, y1))


def _masks(masks: Sequence[MaskLabel]) -> dict[int, tuple[str, ...]]:
    """By frame, the files of what people drew; none where they say that there is no region."""
    by_place: dict[tuple[int, str], list[MaskLabel]] = {}
    for mask in masks:
        if mask.state is LabelState.HUMAN:
            by_place.setdefault((mask.frame, mask.target), []).append(mask)
    found: dict[int, tuple[str, ...]] = {}
    for (frame, _), several in sorted(by_place.items()):
        best = most_trusted(several)
        if best is not None:
            found[frame] = found.get(frame, ()) + ((best.path,) if best.area else ())
    return found


def _clicks(points: Sequence[PointLabel]) -> dict[int, tuple[tuple[float, float], ...]]:
    """By frame, where people see sources."""
    by_place: dict[tuple[int, str], list[PointLabel]] = {}
    for point in points:
        if point.target == "source" or point.target.startswith("source-"):
            by_place.setdefault((point.frame, point.target), []).append(point)
    found: dict[int, tuple[tuple[float, float], ...]] = {}
    for (frame, _), several in sorted(by_place.items()):
        said = consensus(several)
        if said is not None and said.xy is not None:
            found[frame] = (*found.get(frame, ()), said.xy)
    return found
