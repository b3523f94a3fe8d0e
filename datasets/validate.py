"""Validate: everything in a cohort on disk that breaks the model, told at once, whatever state the files are in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from .cohort import MANIFEST, Cohort
from .digest import file_digest
from .errors import BleedkitError
from .keypoint_table import KEYPOINTS
from .problems import Problems
from .schema import Clip, Frame, MaskLabel, OnsetLabel, PointLabel, Provenance, ReviewItem
from .split import PARTS, Split, split_names, split_path
from .tables import LABELS, SCHEMAS, rows_of
from .transaction import current
from .validate_files import check_mask_files, check_media, warn_leftovers

Frames = dict[str, dict[int, Frame]]
Label = PointLabel | MaskLabel | OnsetLabel
_AGAIN: Final = "restore it from a copy, or build the cohort again"


def validate_cohort(cohort: Cohort, *, quick: bool = False) -> Problems:
    """List everything wrong with a cohort; empty for a sound one.

    quick: media and masks only have to be there; else their digests are compared. Never raises for bad data: a table
    that cannot be read is one problem, and the others are still checked.
    """
    problems = Problems()
    tables = {name: table for name in SCHEMAS if (table := _table(cohort, name, problems)) is not None}
    typed = {name: table for name, table in tables.items() if name not in ("hashes", KEYPOINTS)}
    rows = {name: list(_rows(name, table, problems)) for name, table in typed.items()}
    clips = _check_clips(rows.get("clips", []), problems)
    frames = _check_frames(clips, rows.get("frames", []), problems)
    runs = _check_runs(rows.get("provenance", []), tables.get("provenance"), problems)
    known = _Known(clips, frames, runs)
    for name in LABELS:
        if name in rows:
            known.check_labels(name, rows[name], problems)
            _check_ids(name, rows[name], tables[name], problems)
    for item in rows.get("review", []):
        known.check_place("review", item, problems)
    known.check_keypoints(tables.get(KEYPOINTS), problems)
    _check_hashes(tables.get("hashes"), frames, problems)
    check_media(cohort, clips, frames, problems, quick=quick)
    check_mask_files(cohort, clips, rows.get("masks", []), problems, quick=quick)
    warn_leftovers(cohort, rows.get("masks", []), problems)
    _check_splits(cohort, clips, problems)
    return problems


def _table(cohort: Cohort, name: str, problems: Problems) -> pa.Table | None:
    """One table of the right columns; None, and an error, where it is not that."""
    file = f"{name}.parquet"
    path = current(cohort.folder, file)
    stated = cohort.meta.digests.get(name)
    if not path.is_file():
        if stated is None and name not in ("clips", "frames"):
            return SCHEMAS[name].empty_table()
        problems.error("table-missing", file, "table is missing", _AGAIN)
        return None
    try:
        if stated != file_digest(path):
            what = f"is not the table that {MANIFEST} names (SHA-256 differs)"
            problems.error("table-digest", file, what, _AGAIN)
        table = cohort.table(name)
        return table.select(SCHEMAS[name].names).cast(SCHEMAS[name])
    except (BleedkitError, OSError, KeyError, pa.ArrowException) as error:
        problems.error("table-unreadable", file, f"cannot be read as the table {name} ({_line(error)})", _AGAIN)
        return None


def _rows(name: str, table: pa.Table, problems: Problems) -> Iterator[Any]:
    """Typed rows; one that breaks the model is an error, told by its place in the table."""
    typed = table.drop_columns(["id"]) if name == "provenance" else table
    try:
        yield from rows_of(name, typed)
        return
    except (ValueError, TypeError):
        pass  # one at a time, to tell which
    for at in range(len(typed)):
        try:
            row = rows_of(name, typed.slice(at, 1))[0]
        except (ValueError, TypeError) as error:
            problems.error("row", f"{name}.parquet", f"row {at} breaks the model ({_line(error)})", _AGAIN)
        else:
            yield row


def _check_clips(rows: list[Clip], problems: Problems) -> dict[str, Clip]:
    clips: dict[str, Clip] = {}
    for clip in rows:
        if clips.setdefault(clip.clip_id, clip) is not clip:
            problems.error("duplicate-clip", clip.clip_id, "clip id is there twice", _AGAIN)
    return clips


def _check_frames(clips: Mapping[str, Clip], rows: list[Frame], problems: Problems) -> Frames:
    frames: Frames = {clip_id: {} for clip_id in clips}
    for frame in rows:
        clip = clips.get(frame.clip_id)
        if clip is None:
            problems.error("unknown-clip", "frames.parquet", f"clip {frame.clip_id!r} is unknown", _AGAIN, frame.frame)
        elif not 0 <= frame.frame < clip.n_frames:
            what = f"number is outside the clip's 0..{clip.n_frames - 1}"
            problems.error("frame-range", frame.clip_id, what, _AGAIN, frame.frame)
        elif frames[frame.clip_id].setdefault(frame.frame, frame) is not frame:
            problems.error("duplicate-frame", frame.clip_id, "frame is there twice", _AGAIN, frame.frame)
    for clip in clips.values():
        found = len(frames[clip.clip_id])
        if not found or (clip.media and found != clip.n_frames):
            what = f"clip of {clip.n_frames} frames has rows for {found}"
            problems.error("frame-rows", clip.clip_id, what, _AGAIN)
    return frames


def _check_runs(rows: list[Provenance], table: pa.Table | None, problems: Problems) -> set[str]:
    stated = table["id"].to_pylist() if table is not None else []
    runs = {run.id for run in rows}
    for wrong in sorted(set(stated) - runs):
        problems.error("provenance-id", "provenance.parquet", f"id {wrong} is not that of its row", _AGAIN)
    for run in rows:
        if run.parent and run.parent not in runs:
            what = f"run {run.id} builds on unknown run {run.parent}"
            problems.error("unknown-provenance", "provenance.parquet", what, _AGAIN)
    return runs


@dataclass(frozen=True)
class _Known:
    """What label rows may name."""

    clips: Mapping[str, Clip]
    frames: Frames
    runs: set[str]

    def check_labels(self, name: str, rows: list[Label], problems: Problems) -> None:
        """Each label's place, point and superseded label."""
        by_id = {label.label_id: label for label in rows}
        for label in rows:
            self.check_place(name, label, problems)
            clip = self.clips.get(label.clip_id)
            if isinstance(label, PointLabel) and label.visible and clip and not clip.size.holds(label.x, label.y):
                what = f"{label.target} at ({label.x:g}, {label.y:g}) lies outside the {clip.size} image"
                problems.error("point-outside", label.clip_id, what, "correct the label", label.frame)
            old = by_id.get(label.supersedes)
            if label.supersedes and (old is None or old.clip_id != label.clip_id):
                what = f"{name}: {label.target} supersedes unknown label {label.supersedes}"
                problems.error("unknown-label", label.clip_id, what, _AGAIN, label.frame)

    def check_place(self, name: str, row: Label | ReviewItem, problems: Problems) -> None:
        """Clip, frame and provenance of a row exist; an onset needs no row of its frame and may say never (-1)."""
        file = f"{name}.parquet"
        clip = self.clips.get(row.clip_id)
        if clip is None:
            problems.error("unknown-clip", file, f"clip {row.clip_id!r} is unknown", _AGAIN, row.frame)
        elif isinstance(row, OnsetLabel):
            if row.frame >= clip.n_frames:
                what = f"onset of {row.clip_id} is outside its 0..{clip.n_frames - 1}"
                problems.error("unknown-frame", file, what, "correct the label", row.frame)
        elif row.frame not in self.frames[row.clip_id]:
            problems.error("unknown-frame", file, f"{row.target} is on no frame of {row.clip_id}", _AGAIN, row.frame)
        if row.provenance and row.provenance not in self.runs:
            what = f"{row.target} in {row.clip_id} names unknown provenance {row.provenance}"
            problems.error("unknown-provenance", file, what, _AGAIN, row.frame)

    def check_keypoints(self, table: pa.Table | None, problems: Problems) -> None:
        """Place, position and number of keypoints; their rows are too many to be looked at one by one."""
        if table is None or not len(table):
            return
        file = f"{KEYPOINTS}.parquet"
        for row in _distinct(table, ["clip_id", "frame", "target", "provenance"]):
            self.check_place(KEYPOINTS, ReviewItem(**row, reason=""), problems)
        for row in _distinct(table.filter(_no_position(table)), ["clip_id", "frame"]):
            problems.error("row", file, f"a keypoint of {row['clip_id']} has no finite x and y", _AGAIN, row["frame"])
        keys = ["clip_id", "frame", "target", "keypoint"]
        again = table.group_by(keys, use_threads=False).aggregate([([], "count_all")])
        for row in again.filter(pc.greater(again["count_all"], 1)).to_pylist():
            what = f"keypoint {row['keypoint']} of {row['target']} in {row['clip_id']} is there twice"
            problems.error("duplicate-keypoint", file, what, _AGAIN, row["frame"])


def _distinct(table: pa.Table, columns: list[str]) -> list[dict[str, Any]]:
    return table.group_by(columns, use_threads=False).aggregate([]).to_pylist()


def _no_position(table: pa.Table) -> pa.ChunkedArray:
    """(N,) bool: x or y is null or not finite."""
    finite = pc.and_(pc.is_finite(table["x"]), pc.is_finite(table["y"]))
    return pc.invert(pc.fill_null(finite, False))


def _check_ids(name: str, rows: list[Label], table: pa.Table, problems: Problems) -> None:
    """Ids are digests of their rows, so another id means an altered row. So does a circle of supersession.

    In a circle every label would vanish from view.
    """
    ids = {replace(label).label_id for label in rows}  # a copy computes its id anew, a read row keeps the stored one
    for wrong in sorted(set(table["label_id"].to_pylist()) - ids):
        problems.error("label-id", f"{name}.parquet", f"label {wrong} was altered: its id is not its row's", _AGAIN)
    before = dict(zip(table["label_id"].to_pylist(), table["supersedes"].to_pylist(), strict=True))
    done: set[str] = set()
    for start in before:
        path: list[str] = []
        label = start
        while label in before and label not in done:
            done.add(label)
            path.append(label)
            label = before[label]
        if label in path:
            circle = " -> ".join([*path[path.index(label) :], label])
            what = f"labels supersede each other in a circle: {circle}"
            problems.error("supersession-cycle", f"{name}.parquet", what, _AGAIN)


def _check_hashes(table: pa.Table | None, frames: Frames, problems: Problems) -> None:
    if table is None:
        return
    keys = set(zip(table["clip_id"].to_pylist(), table["frame"].to_pylist(), strict=True))
    for clip_id, frame in sorted(keys):
        if frame not in frames.get(clip_id, {}):
            problems.error("unknown-frame", "hashes.parquet", f"is no frame of {clip_id!r}", _AGAIN, frame)


def _check_splits(cohort: Cohort, clips: Mapping[str, Clip], problems: Problems) -> None:
    """Split files that do not parse, were made for other clips, leave clips out or name unknown parts."""
    again = "build the split again"
    for name in split_names(cohort):
        file = f"splits/{name}.json"
        try:
            split = Split.load(split_path(cohort, name))
            if split.cohort_digest != cohort.digest:
                problems.error("split-digest", file, "was made for other clips or frames than these", again)
                continue
            for fold in range(len(split.folds)):
                for clip in clips.values():
                    if split.unit == "clip" and clip.clip_id not in split.folds[fold]:
                        continue  # an official split may leave clips out
                    if split.part(clip, fold) not in PARTS:
                        what = f"fold {fold} puts {clip.clip_id} into {split.part(clip, fold)!r}, wanted {PARTS}"
                        problems.error("split-part", file, what, again)
        except BleedkitError as error:
            problems.error("split", file, error.what, error.remedy)
        except (TypeError, AttributeError, KeyError) as error:
            problems.error("split", file, f"is not a split file ({_line(error)})", again)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
