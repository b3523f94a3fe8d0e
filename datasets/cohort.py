"""Cohort: the one class that opens a cohort folder, streams its clips and appends labels to it, atomically."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from .cohort_change import CohortChange
from .digest import file_digest, value_digest
from .errors import BleedkitError
from .keypoint_table import KEYPOINTS
from .safe_path import inside
from .schema import (
    Clip,
    Frame,
    Keypoint,
    LabelState,
    MaskLabel,
    OnsetLabel,
    PointLabel,
    Provenance,
    Review,
    ReviewItem,
)
from .table_file import TableByClip, read_table, typed_rows
from .tables import LABELS, SCHEMAS, write_table
from .transaction import COMMIT, current, locked, transaction

MANIFEST: Final = "cohort.json"
FORMAT: Final = 1
Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)
_TRUST: Final = {LabelState.HUMAN: 2, LabelState.PSEUDO: 1, LabelState.MODEL: 0}


@dataclass(frozen=True)
class CohortMeta:
    """What `cohort.json` says. media_root: absolute, or relative to the cohort folder (`media` after `--copy`).

    counts: rows by table. digests: SHA-256 by table file. Unknown keys of the file are kept in `extra`.
    """

    name: str
    source: str
    source_version: str
    licence: str
    citation: str
    builder_version: str
    code_version: str
    media_root: str
    counts: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of `cohort.json`."""
        values = asdict(self)
        return json.dumps({"format": FORMAT, **values.pop("extra"), **values}, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, path: Path) -> Self:
        """Read `cohort.json`. Raises BleedkitError where it is not one, or one of a newer format."""
        try:
            values = json.loads(text)
            version = values.pop("format")
            known = {name: values.pop(name) for name in cls.__dataclass_fields__ if name in values}
            meta = cls(**known, extra=values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BleedkitError(f"{path} is not a cohort's {MANIFEST} ({error})", "build the cohort again") from error
        if version != FORMAT:
            raise BleedkitError(f"{path} has format {version}, this bleedkit reads {FORMAT}", "upgrade bleedkit")
        return meta


@dataclass(frozen=True)
class ClipView:
    """One clip with everything current about it: frames and labels in frame order, superseded labels left out."""

    clip: Clip
    frames: Sequence[Frame]
    points: Sequence[PointLabel]
    masks: Sequence[MaskLabel]
    onsets: Sequence[OnsetLabel]

    @property
    def onset_frame(self) -> int | None:
        """First bleeding frame by the most trusted onset label; None where nobody said or it never bleeds."""
        label = most_trusted(self.onsets)
        return label.frame if label is not None and label.frame >= 0 else None


class Cohort:
    """A dataset in bleedkit's form on disk. Opening reads `cohort.json` only; tables are read when asked for.

    media_root: overrides the root that the cohort declares, for media that moved.
    Raises BleedkitError where `folder` holds no cohort.
    """

    def __init__(self, folder: Path | str, media_root: Path | str | None = None) -> None:
        self.folder = Path(folder)
        self._media_root = Path(media_root) if media_root is not None else None
        manifest = current(self.folder, MANIFEST)
        if not manifest.is_file():
            raise BleedkitError(f"{self.folder} holds no cohort", "make one with 'bleedkit data build'")
        self.meta = CohortMeta.from_json(manifest.read_text(encoding="utf-8"), manifest)

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def media_root(self) -> Path:
        """Folder that `Clip.media` and `Frame.path` are relative to."""
        return self._media_root or self.folder / self.meta.media_root

    @cached_property
    def digest(self) -> str:
        """SHA-256 over who and what is in the cohort (clips and frames, not labels): what a split file names."""
        return value_digest([self.meta.digests.get("clips", ""), self.meta.digests.get("frames", "")])

    @cached_property
    def clips(self) -> Mapping[str, Clip]:
        """Every clip by its id, in id order."""
        return {clip.clip_id: clip for clip in typed_rows("clips", self.table("clips"))}

    def clip(self, clip_id: str) -> Clip:
        """One clip. Raises BleedkitError where there is none of that id."""
        if clip_id not in self.clips:
            raise BleedkitError(f"{self.folder} has no clip {clip_id!r}", "list them with 'bleedkit data stats'")
        return self.clips[clip_id]

    def table(self, name: str, clip_id: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """A table as it lies on disk, superseded labels included; of one clip only where `clip_id` is given."""
        filters = None if clip_id is None else [("clip_id", "==", clip_id)]
        for _ in range(3):  # a writer may move the file between our looking for it and opening it
            path = current(self.folder, f"{name}.parquet")
            try:
                return read_table(path, name, columns, filters)
            except FileNotFoundError:
                continue
        table = SCHEMAS[name].empty_table()
        return table.select(list(columns)) if columns else table

    def label_table(self, name: str, clip_id: str | None = None, *, history: bool = False) -> pa.Table:
        """`points`, `masks` or `onsets` without the rows a later row supersedes; all of them with `history`."""
        table = self.table(name, clip_id)
        return table if history else _not_superseded(table)

    def frames(self, clip_id: str) -> list[Frame]:
        """The clip's frames in order."""
        return typed_rows("frames", self.table("frames", clip_id))

    def points(self, clip_id: str | None = None, *, history: bool = False) -> list[PointLabel]:
        """Point labels in frame order: the current ones, or every row ever written with `history`."""
        return typed_rows("points", self.label_table("points", clip_id, history=history))

    def masks(self, clip_id: str | None = None, *, history: bool = False) -> list[MaskLabel]:
        """Mask labels in frame order, like `points`."""
        return typed_rows("masks", self.label_table("masks", clip_id, history=history))

    def onsets(self, clip_id: str | None = None, *, history: bool = False) -> list[OnsetLabel]:
        """Onset labels, like `points`."""
        return typed_rows("onsets", self.label_table("onsets", clip_id, history=history))

    def review_items(self, clip_id: str | None = None) -> list[ReviewItem]:
        """Frames somebody should look at."""
        return typed_rows("review", self.table("review", clip_id))

    def keypoints(self, clip_id: str) -> list[Keypoint]:
        """The pseudo-keypoints round the clip's targets, in frame order."""
        return typed_rows(KEYPOINTS, self.table(KEYPOINTS, clip_id))

    def provenance(self) -> dict[str, Provenance]:
        """Every run that made labels, by id."""
        table = self.table("provenance").drop_columns(["id"])
        return {run.id: run for run in typed_rows("provenance", table)}

    def stream(self) -> Iterator[ClipView]:
        """Every clip with its frames and current labels, in id order, in memory for one clip at a time."""
        tables = {name: TableByClip(current(self.folder, f"{name}.parquet"), name) for name in ("frames", *LABELS)}
        for clip in self.clips.values():
            parts = {name: reader.take(clip.clip_id) for name, reader in tables.items()}
            labels = {name: typed_rows(name, _not_superseded(parts[name])) for name in LABELS}
            yield ClipView(clip, typed_rows("frames", parts["frames"]), **labels)

    def media_path(self, relative: str) -> Path:
        """Absolute path of a video or image. Raises BleedkitError where it would lie outside the media root."""
        return inside(self.media_root, relative)

    def mask_path(self, label: MaskLabel) -> Path:
        """Absolute path of a mask's PNG."""
        inside(self.folder, label.path)
        return current(self.folder, label.path)

    # -- writing ------------------------------------------------------------------------------------------------------

    @contextmanager
    def change(self) -> Iterator[CohortChange]:
        """Read, decide and write with the writer's lock held: all that is done lands as one commit.

        Other writers wait. On an exception nothing has happened.
        """
        with locked(self.folder):
            with transaction(self.folder) as staging:
                change = CohortChange(Cohort(self.folder, self._media_root), staging)
                yield change
                written = change.finish()
                if change.tables or written:
                    write_tables(staging, change.cohort.meta, change.tables, written)
            self.meta = Cohort(self.folder).meta

    def append(
        self,
        *,
        points: Iterable[PointLabel] = (),
        masks: Iterable[MaskLabel] = (),
        onsets: Iterable[OnsetLabel] = (),
        review: Iterable[ReviewItem] = (),
        provenance: Iterable[Provenance] = (),
        files: Mapping[str, bytes] | None = None,
    ) -> dict[str, int]:
        """Append rows and their mask files as one change; returns how many rows of each table were new.

        A row that is there already (same label_id) is not written again, so a repeated append changes nothing. Raises
        BleedkitError, and writes nothing, where a row names an unknown clip, frame, provenance or superseded label.
        """
        with self.change() as change:
            return change.append(
                points=points, masks=masks, onsets=onsets, review=review, provenance=provenance, files=files
            )


def write_tables(
    staging: Path, meta: CohortMeta, tables: Mapping[str, pa.Table], written: Mapping[str, int] | None = None
) -> CohortMeta:
    """Write tables and the `cohort.json` that counts them into a transaction's staging folder; returns the new meta.

    written: rows of the tables that lie there already.
    """
    rows = {**(written or {}), **{name: len(table) for name, table in tables.items()}}
    for name, table in tables.items():
        write_table(staging / f"{name}.parquet", name, table)
    counts = {**meta.counts, **rows}
    digests = {**meta.digests, **{name: file_digest(staging / f"{name}.parquet") for name in rows}}
    meta = replace(meta, counts=counts, digests=digests)
    (staging / MANIFEST).write_text(meta.to_json(), encoding="utf-8")
    return meta


def holds_cohort(folder: Path) -> bool:
    """Whether a cohort is there, a commit not yet moved included."""
    return (folder / MANIFEST).exists() or (folder / COMMIT / MANIFEST).exists()


def declared_media_root(root: Path, cohort: Path) -> str:
    """How `cohort.json` names media that stay where they are: relative where both lie in one tree, else absolute."""
    root, cohort = root.resolve(), cohort.resolve()
    shared = Path(os.path.commonpath([root, cohort]))
    return str(root) if shared == Path(shared.anchor) else os.path.relpath(root, cohort)


def most_trusted(labels: Iterable[Label]) -> Label | None:
    """The label to use where several are current: not rejected, human before pseudo before model, reviewed, latest."""
    best: Label | None = None
    for label in labels:
        if label.review is not Review.REJECTED and (best is None or _trust(label) >= _trust(best)):
            best = label
    return best


def _trust(label: PointLabel | MaskLabel | OnsetLabel) -> tuple[int, bool]:
    return _TRUST[label.state], label.review is not Review.UNREVIEWED


def _not_superseded(table: pa.Table) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table["label_id"], value_set=table["supersedes"].combine_chunks())))
