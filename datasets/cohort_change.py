"""One writer's change of a cohort: what it reads and what it writes belong together, and land as one commit."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .errors import BleedkitError
from .keypoint_table import KEYPOINTS, KeypointWriter
from .safe_path import inside
from .schema import MaskLabel, OnsetLabel, PointLabel, Provenance, ReviewItem
from .tables import LABELS, concat, table_of
from .transaction import current

if TYPE_CHECKING:
    from .cohort import Cohort


class CohortChange:
    """Made by `Cohort.change`, under the writer's lock. cohort: as it is on disk now, so that decisions hold.

    tables: what the commit will write, by name. Every method raises BleedkitError, and the whole change is dropped,
    where a row names an unknown clip, frame, provenance or superseded label.
    """

    def __init__(self, cohort: "Cohort", staging: Path) -> None:
        self.cohort = cohort
        self.tables: dict[str, pa.Table] = {}
        self._staging = staging
        self._length = {clip.clip_id: clip.n_frames for clip in cohort.clips.values()}
        self._keypoints: KeypointWriter | None = None

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
        """Add rows and mask files; returns how many rows of each table are new, as none is written twice."""
        given = {"provenance": provenance, "points": points, "masks": masks, "onsets": onsets, "review": review}
        added = {name: self._append(name, table_of(name, rows)) for name, rows in given.items()}
        for relative, data in (files or {}).items():
            path = inside(self._staging, relative)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return added

    def replace_review(self, kind: str, items: Iterable[ReviewItem]) -> None:
        """These review items in place of those of all runs of `kind`; labels are not touched."""
        table = table_of("review", items)
        self._check_places("review", table)
        runs, old = self._table("provenance"), self._table("review")
        kinds = dict(zip(runs["id"].to_pylist(), runs["kind"].to_pylist(), strict=True))
        kept = [kinds.get(run) != kind for run in old["provenance"].to_pylist()]
        self.tables["review"] = concat([old.filter(pa.array(kept, pa.bool_())), table], "review")

    def replace_keypoints(self, clip_id: str, rows: pa.Table) -> None:
        """These keypoints in place of all that the clip has. Clips must come in id order; other clips' rows stay."""
        self._check_places(KEYPOINTS, rows)
        if self._keypoints is None:
            name = f"{KEYPOINTS}.parquet"
            self._keypoints = KeypointWriter(self.cohort.clips, current(self.cohort.folder, name), self._staging / name)
        self._keypoints.replace(clip_id, rows)

    def finish(self) -> dict[str, int]:
        """Complete the tables that are written bit by bit; returns their rows, by name."""
        if self._keypoints is None or not self._keypoints.close():
            return {}
        return {KEYPOINTS: self._keypoints.rows}

    def _table(self, name: str) -> pa.Table:
        return self.tables[name] if name in self.tables else self.cohort.table(name)

    def _append(self, name: str, rows: pa.Table) -> int:
        if not len(rows):
            return 0
        old = self._table(name)
        new = _not_yet_in(old, rows, name)
        table = concat([old, new], name)
        if name != "provenance":
            self._check_places(name, rows)
        if name in LABELS:
            _check_supersedes(name, rows, table)
        if len(new):
            self.tables[name] = table
        return len(new)

    def _check_places(self, name: str, rows: pa.Table) -> None:
        """Raise BleedkitError where a row's clip, frame or provenance does not exist."""
        runs = {"", *self._table("provenance")["id"].to_pylist()}
        places = rows.group_by(["clip_id", "frame", "provenance"], use_threads=False).aggregate([])
        for row in places.to_pylist():
            at = f"{name}: clip {row['clip_id']!r} frame {row['frame']}"
            if not row["frame"] < self._length.get(row["clip_id"], -1):
                raise BleedkitError(f"{at} is not in {self.cohort.folder}", "check the clip id and frame number")
            if row["provenance"] not in runs:
                raise BleedkitError(f"{at} names unknown provenance {row['provenance']}", "append its run as well")


def _not_yet_in(old: pa.Table, rows: pa.Table, name: str) -> pa.Table:
    """Rows of `rows` that `old` does not hold, without repeats."""
    if name == "review":
        seen = {tuple(row.values()) for row in old.to_pylist()}
        keys: list[Any] = [tuple(row.values()) for row in rows.to_pylist()]
    else:
        key = "id" if name == "provenance" else "label_id"
        seen, keys = set(old[key].to_pylist()), rows[key].to_pylist()
    keep = []
    for key in keys:
        keep.append(key not in seen)
        seen.add(key)
    return rows.filter(pa.array(keep, pa.bool_()))


def _check_supersedes(name: str, new: pa.Table, table: pa.Table) -> None:
    known = {(row["label_id"], row["clip_id"]) for row in table.select(["label_id", "clip_id"]).to_pylist()}
    for row in new.to_pylist():
        if row["supersedes"] and (row["supersedes"], row["clip_id"]) not in known:
            at = f"{name}: clip {row['clip_id']!r} frame {row['frame']}"
            raise BleedkitError(f"{at} supersedes unknown label {row['supersedes']}", "pull the labels again")
