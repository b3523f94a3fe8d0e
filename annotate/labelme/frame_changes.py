"""What a person changed in one frame's label file, as new label rows."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ...datasets.mask_store import MaskFile
from ...datasets.schema import Clip, LabelState, MaskLabel, PointLabel, Review
from .lineage import Row
from .marks import FrameMarks, Mark
from .pairing import is_absent, kind_of, pair


@dataclass(frozen=True)
class Annotator:
    """Who corrected the labels, and the provenance id of bringing that back."""

    name: str
    run: str


@dataclass(frozen=True)
class Change:
    """One new label row and the one it replaces, None where there was none. what: the change in words.

    pixels: how far a point moved, or how many pixels of a region changed; NaN where neither did.
    """

    row: Row
    base: Row | None
    what: str
    pixels: float = math.nan


@dataclass
class FrameChanges:
    """changes: new rows. files: mask files by path below the cohort. refused: in words, what no row can be made of."""

    changes: list[Change] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


class FrameReader:
    """Compares one frame's file with its labels. masks: pixels of a mask label."""

    def __init__(self, clip: Clip, frame: int, who: Annotator, masks: Callable[[MaskLabel], np.ndarray]) -> None:
        self.clip, self.frame, self.who, self.masks = clip, frame, who, masks
        self.found = FrameChanges()

    def read(self, labels: Mapping[str, Row], said: FrameMarks) -> FrameChanges:
        """labels: by the id they were exported as, each as the folder's own imports left it."""
        pairing = pair(labels, said, self._same)
        self.found.refused += pairing.refused
        for row, mark in pairing.pairs:
            self._judge(row, mark, accepted=said.accepted)
        for mark in pairing.new:
            self._take(mark, None, "added" if not mark.absent else "looked for, and not there")
        return self.found

    def _judge(self, row: Row, mark: Mark | None, *, accepted: bool) -> None:
        rejected = row.review is Review.REJECTED
        if mark is None:
            if not rejected:
                self._review(row, Review.REJECTED, "rejected")
        elif rejected:
            self._take(mark, row, "taken back into the labels")
        elif not self._same(row, mark):
            self._take(mark, row, _told(row, mark), self._difference(row, mark))
        elif accepted and row.review is Review.UNREVIEWED:
            self._review(row, Review.ACCEPTED, "accepted")

    def _same(self, row: Row, mark: Mark) -> bool:
        if row.target != mark.target or is_absent(row) != mark.absent:
            return False
        if isinstance(row, PointLabel):
            return mark.absent or mark.xy == (row.x, row.y)
        return mark.mask is None or np.array_equal(mark.mask, self.masks(row))

    def _difference(self, row: Row, mark: Mark) -> float:
        if isinstance(row, PointLabel) and row.visible and mark.xy is not None:
            return math.dist(mark.xy, (row.x, row.y))
        if isinstance(row, MaskLabel) and mark.mask is not None and row.area:
            return float(np.count_nonzero(mark.mask != self.masks(row)))
        return math.nan

    def _review(self, base: Row, said: Review, what: str) -> None:
        row = replace(base, review=said, annotator=self.who.name, provenance=self.who.run, supersedes=base.label_id)
        self.found.changes.append(Change(row, base, what))

    def _take(self, mark: Mark, base: Row | None, what: str, pixels: float = math.nan) -> None:
        """Note the human label that a mark is, or why it cannot be one."""
        if not mark.target.strip() or not mark.target.isprintable():
            self.found.refused.append(f"the name {mark.target!r} is empty or holds control characters")
        elif mark.xy is not None and not self.clip.size.holds(*mark.xy):
            x, y = mark.xy
            self.found.refused.append(f"point {mark.target!r} at ({x:g}, {y:g}) is outside {self.clip.size}")
        elif mark.mask is not None and not mark.mask.any():
            self.found.refused.append(f"region {mark.target!r} covers no pixel's centre")
        else:
            self.found.changes.append(Change(self._row(mark, base), base, what, pixels))

    def _row(self, mark: Mark, base: Row | None) -> Row:
        """The human label that a mark is."""
        review = Review.CORRECTED if base else Review.ACCEPTED
        supersedes = base.label_id if base else ""
        if mark.kind == "point":
            x, y = mark.xy or (math.nan, math.nan)
            return PointLabel(
                clip_id=self.clip.clip_id,
                frame=self.frame,
                target=mark.target,
                x=x,
                y=y,
                visible=not mark.absent,
                state=LabelState.HUMAN,
                review=review,
                annotator=self.who.name,
                provenance=self.who.run,
                supersedes=supersedes,
            )
        size = self.clip.size
        file = MaskFile.of(mark.mask if mark.mask is not None else np.zeros((size.height, size.width), np.bool_))
        self.found.files[file.path] = file.data
        return MaskLabel(
            clip_id=self.clip.clip_id,
            frame=self.frame,
            target=mark.target,
            path=file.path,
            digest=file.digest,
            area=file.area,
            state=LabelState.HUMAN,
            review=review,
            annotator=self.who.name,
            provenance=self.who.run,
            supersedes=supersedes,
        )


def _told(row: Row, mark: Mark) -> str:
    if is_absent(row) != mark.absent:
        return "now not there" if mark.absent else "now there"
    changed = "moved" if kind_of(row) == "point" else "redrawn"
    return changed if row.target == mark.target else "renamed"
