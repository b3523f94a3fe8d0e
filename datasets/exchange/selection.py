"""Which clips and labels go out, and by which part of a split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import numpy as np

from ..cohort import ClipView, Cohort, most_trusted
from ..errors import BleedkitError
from ..mask_file import read_mask_png
from ..progress import track
from ..schema import Clip, LabelState, MaskLabel, OnsetLabel, PointLabel, Review
from ..split import Split, load_split
from .losses import Losses

Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)
REJECTED: Final = "label that a reviewer rejected"
_SECOND: Final = "further label of a target in a frame (other annotators, less trusted states)"


@dataclass(frozen=True)
class Selection:
    """clips: ids, none for all. states: of labels to write. split: parts go to files of their own; None for one file.

    images: copy the pictures as well where the format can do without them.
    """

    clips: Sequence[str] = ()
    states: Sequence[LabelState] = tuple(LabelState)
    split: Split | None = None
    images: bool = False

    @classmethod
    def of(cls, cohort: Cohort, *, clips: str = "", states: str = "", split: str = "", images: bool = False) -> Self:
        """From texts with commas. Raises BleedkitError where a clip, state or split is unknown."""
        named = [one.strip() for one in states.split(",") if one.strip()] or list(LabelState)
        if wrong := [one for one in named if one not in set(LabelState)]:
            raise BleedkitError(f"states must be among {', '.join(LabelState)}, got {', '.join(wrong)}")
        ids = tuple(one.strip() for one in clips.split(",") if one.strip())
        for clip_id in ids:
            cohort.clip(clip_id)
        return cls(ids, tuple(map(LabelState, named)), load_split(cohort, split) if split else None, images)

    def part(self, clip: Clip) -> str:
        """The clip's part, "" without a split. Raises BleedkitError for a split of several folds."""
        if self.split is None:
            return ""
        if len(self.split.folds) > 1:
            what = f"split {self.split.name} has {len(self.split.folds)} folds, and this format holds one"
            raise BleedkitError(what, "export without --split, or take a split by ratio")
        return self.split.part(clip)

    def clip_ids(self, cohort: Cohort) -> list[str]:
        """Ids of the wanted clips, in order."""
        return [clip_id for clip_id in cohort.clips if not self.clips or clip_id in self.clips]

    def views(self, cohort: Cohort, losses: Losses, what: str) -> Iterator[ClipView]:
        """The wanted clips with the wanted labels, one in memory at a time, under a bar that says `what`."""
        wanted = set(self.clip_ids(cohort))
        for view in track(cohort.stream(), what, total=len(cohort.clips)):
            if view.clip.clip_id in wanted:
                yield ClipView(
                    view.clip,
                    view.frames,
                    self._kept(view.points, losses),
                    self._kept(view.masks, losses),
                    self._kept(view.onsets, losses),
                )

    def _kept(self, rows: Sequence[Label], losses: Losses) -> list[Label]:
        asked = [row for row in rows if row.state in self.states]
        kept = [row for row in asked if row.review is not Review.REJECTED]
        losses.add(REJECTED, len(asked) - len(kept))
        return kept


def one_each(rows: Sequence[Label], losses: Losses) -> list[Label]:
    """The most trusted label of every target in every frame, for formats that hold one."""
    groups: dict[tuple[int, str], list[Label]] = {}
    for row in rows:
        groups.setdefault((row.frame, row.target), []).append(row)
    best = [most_trusted(group) for group in groups.values()]
    losses.add(_SECOND, len(rows) - len(best))
    return [row for row in best if row is not None]


def by_frame(rows: Sequence[Label]) -> dict[int, list[Label]]:
    """The rows of every frame that has any."""
    found: dict[int, list[Label]] = {}
    for row in rows:
        found.setdefault(row.frame, []).append(row)
    return found


def label_mask(cohort: Cohort, clip: Clip, label: MaskLabel) -> np.ndarray:
    """A region as (H, W) bool. Raises BleedkitError where its file is missing, broken or not of the clip's size."""
    mask = read_mask_png(cohort.mask_path(label))
    if mask.shape != (clip.size.height, clip.size.width):
        what = f"clip {clip.clip_id} frame {label.frame}: mask must be {clip.size}, got {mask.shape[1]}x{mask.shape[0]}"
        raise BleedkitError(what, "list every fault with 'bleedkit data validate'")
    return mask
