"""What an importer hands over, and the cohort it is read for."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..cohort import Cohort
from ..mask_store import MaskFile
from ..problems import Problems
from ..schema import Clip, LabelState, MaskLabel, OnsetLabel, PointLabel, Provenance
from .exported import Exported
from .file_names import clip_names, frame_of_name
from .label_fields import LabelFields
from .losses import Losses


@dataclass(frozen=True)
class Spot:
    """What a label is of. where: file and place in it, for messages."""

    where: str
    clip_id: str
    frame: int
    target: str


@dataclass(frozen=True, eq=False)
class Found:
    """One label of a file, as the new row it would be. label_id: the row it was exported from, "" for none.

    where: file and place, for messages. data: a mask's PNG; empty where the cohort has it.
    """

    label: PointLabel | MaskLabel | OnsetLabel
    label_id: str
    where: str
    data: bytes = b""


@dataclass(frozen=True, eq=False)
class Reading:
    """One import: who made the labels that do not say themselves (annotator, state), and what was found amiss.

    problems: labels refused, each with the reason. losses: what no label of ours holds. refused: places of what readers
    refused. exported: files that say what they were exported with. beside: folder of the export that the file is from,
    for formats that cannot say so themselves; None: where the file lies.
    """

    cohort: Cohort
    run: Provenance
    annotator: str
    state: LabelState
    problems: Problems
    losses: Losses
    beside: Path | None = None
    refused: list[str] = field(default_factory=list)
    exported: list[Exported] = field(default_factory=list)

    @cached_property
    def clip_of_name(self) -> dict[str, str]:
        """Clip ids by the file names that exports give them."""
        return {name: clip_id for clip_id, name in clip_names(self.cohort.clips).items()}

    @cached_property
    def _files(self) -> dict[str, list[tuple[str, str, int]]]:
        """(path, clip_id, frame) of the cohort's image files, by file name."""
        table = self.cohort.table("frames", columns=["clip_id", "frame", "path"])
        found: dict[str, list[tuple[str, str, int]]] = {}
        for row in table.to_pylist():
            if row["path"]:
                name = row["path"].rpartition("/")[2]
                found.setdefault(name, []).append((row["path"], row["clip_id"], row["frame"]))
        return found

    def frame_of_file(self, name: str) -> tuple[str, int] | None:
        """The clip and frame of an image by its file name: as exports name it, else the one image whose path ends so.

        None where no image or several fit.
        """
        name = name.replace("\\", "/").removeprefix("./")
        stem = name.rpartition(".")[0] or name
        for tail in ("/".join(stem.split("/")[-2:]), stem.rpartition("/")[2]):
            place = frame_of_name(tail, self.clip_of_name)
            if place is not None:
                return place
        fits = [
            (clip_id, frame)
            for path, clip_id, frame in self._files.get(name.rpartition("/")[2], ())
            if path == name or path.endswith(f"/{name}") or name.endswith(f"/{path}")
        ]
        return fits[0] if len(fits) == 1 else None

    def refuse(self, where: str, what: str) -> None:
        """Leave a label out that cannot be read, and say why."""
        self.refused.append(where)
        self.conflict(where, what)

    def conflict(self, where: str, what: str) -> None:
        """Leave out what can be read and does not fit the cohort any more, and say why."""
        self.problems.error("label", where, f"{what}; left out", "correct it where it was made, and export again")

    def clip_at(self, where: str, place: tuple[str, int]) -> Clip | None:
        """The clip of a frame; None, and a problem, where the cohort has no such frame."""
        clip = self.cohort.clips.get(place[0])
        if clip is None or not 0 <= place[1] < clip.n_frames:
            self.refuse(where, f"the cohort has no frame {place[1]} of clip {place[0]!r}")
            return None
        return clip

    def point(self, spot: Spot, xy: tuple[float, float], visible: bool, said: LabelFields) -> Found | None:
        """A point in our pixels; None, and a problem, where it cannot be a label."""
        clip = self.clip_at(spot.where, (spot.clip_id, spot.frame))
        if clip is None:
            return None
        if visible and not clip.size.holds(*xy):
            self.refuse(spot.where, f"a visible point must lie inside {clip.size}, got ({xy[0]:g}, {xy[1]:g})")
            return None
        x, y = xy if math.isfinite(xy[0]) and math.isfinite(xy[1]) else (math.nan, math.nan)
        label = PointLabel(
            clip_id=spot.clip_id,
            frame=spot.frame,
            target=spot.target,
            x=x,
            y=y,
            visible=visible,
            var_x=said.var_x,
            var_y=said.var_y,
            cov_xy=said.cov_xy,
            state=said.state or self.state,
            review=said.review,
            annotator=said.annotator or self.annotator,
            confidence=said.confidence,
            provenance=self.run.id,
        )
        return Found(label, said.label_id, spot.where)

    def mask(self, spot: Spot, mask: np.ndarray, said: LabelFields) -> Found:
        """A region (H, W) bool of the clip's size."""
        return self._region(spot, MaskFile.of(mask), said)

    def same_mask(self, spot: Spot, said: LabelFields) -> Found | None:
        """A region that is still what it was in the exported row; None where the cohort's clip has no such row."""
        row = self._masks.get(said.label_id)
        if row is None or row["clip_id"] != spot.clip_id:
            return None
        return self._region(spot, MaskFile(row["path"], row["digest"], row["area"], b""), said)

    @cached_property
    def _masks(self) -> dict[str, dict[str, Any]]:
        """Clip and file of the cohort's regions, by label id."""
        table = self.cohort.table("masks", columns=["label_id", "clip_id", "path", "digest", "area"])
        return {row["label_id"]: row for row in table.to_pylist()}

    def _region(self, spot: Spot, file: MaskFile, said: LabelFields) -> Found:
        label = MaskLabel(
            clip_id=spot.clip_id,
            frame=spot.frame,
            target=spot.target,
            path=file.path,
            digest=file.digest,
            area=file.area,
            state=said.state or self.state,
            review=said.review,
            annotator=said.annotator or self.annotator,
            confidence=said.confidence,
            provenance=self.run.id,
        )
        return Found(label, said.label_id, spot.where, file.data)

    def onset(self, spot: Spot, said: LabelFields) -> Found:
        """A clip's onset; frame -1: it never bleeds."""
        label = OnsetLabel(
            clip_id=spot.clip_id,
            frame=spot.frame,
            target=spot.target,
            state=said.state or self.state,
            review=said.review,
            annotator=said.annotator or self.annotator,
            confidence=said.confidence,
            provenance=self.run.id,
        )
        return Found(label, said.label_id, spot.where)
