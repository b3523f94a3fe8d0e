"""Corrections made in labelme, brought into the cohort as new label rows."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ...datasets.problems import Problems
from ...datasets.schema import MaskLabel, PointLabel, Provenance
from .folder_changes import FileChange, FolderChanges, read_folder
from .frame_changes import Annotator
from .manifest import Manifest
from .pairing import kind_of


@dataclass(frozen=True)
class ImportResult:
    """What an import found, and unless `dry_run` brought. frames: label files read. changes: each a new label row.

    problems: errors were refused, warnings tell of what no label holds.
    """

    folder: Path
    annotator: str
    dry_run: bool
    frames: int
    changes: Sequence[FileChange]
    problems: Problems

    @property
    def conflicts(self) -> Sequence[FileChange]:
        """Changes of labels that were changed in the cohort as well since the export; both rows are kept."""
        return [one for one in self.changes if one.conflict]

    @property
    def counts(self) -> Mapping[str, int]:
        """Changes by what they are: `moved`, `added`, `rejected`, ..."""
        return dict(sorted(Counter(one.change.what for one in self.changes).items()))

    def lines(self) -> list[str]:
        """The diff: one line a change, in the order of clips and frames."""
        return [_line(one) for one in self.changes]

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "folder": str(self.folder),
            "annotator": self.annotator,
            "dry_run": self.dry_run,
            "frames": self.frames,
            "counts": dict(self.counts),
            "changes": [_plain(one) for one in self.changes],
            "conflicts": len(self.conflicts),
        }


def import_labelme(cohort: Cohort, folder: Path, *, annotator: str, dry_run: bool = False) -> ImportResult:
    """Append what was changed in an export folder, as rows by `annotator`.

    A moved, renamed or redrawn shape becomes a human label that replaces the exported one, a deleted shape rejects it,
    a new shape is a human label. Nothing that is in the cohort is overwritten; a second import brings nothing, and a
    later one what was changed in between. dry_run: only say what would come. Raises BleedkitError where `folder` is no
    finished export of this cohort.
    """
    if not annotator.strip():
        raise BleedkitError("an annotator needs a name", "say who with --annotator")
    manifest = Manifest.read(folder)
    run = Provenance.of("review", {"labelme": manifest.export, "annotator": annotator})
    found = read_folder(cohort, folder, manifest, Annotator(annotator, run.id))
    if found.changes and not dry_run:
        if run.id not in manifest.imported:
            # Before the rows: an import that the folder knows nothing of would look like somebody else's.
            replace(manifest, imported=(*manifest.imported, run.id)).write(folder)
        _append(cohort, found, run)
    return ImportResult(folder, annotator, dry_run, found.frames, found.changes, found.problems)


def _append(cohort: Cohort, found: FolderChanges, run: Provenance) -> None:
    rows = [one.change.row for one in found.changes]
    cohort.append(
        points=[row for row in rows if isinstance(row, PointLabel)],
        masks=[row for row in rows if isinstance(row, MaskLabel)],
        provenance=[run],
        files=found.files,
    )


def _line(one: FileChange) -> str:
    change = one.change
    said = f"{change.what} from {change.base.target!r}" if change.base and change.what == "renamed" else change.what
    if change.pixels > 0:  # NaN is not
        points = kind_of(change.row) == "point"
        said += f" by {change.pixels:.1f} px" if points else f", {change.pixels:.0f} pixels changed"
    meanwhile = "; it was changed in the cohort as well, both are kept" if one.conflict else ""
    place = f"{change.row.clip_id} frame {change.row.frame}"
    return f"{place}: {kind_of(change.row)} {change.row.target!r} {said}{meanwhile}"


def _plain(one: FileChange) -> dict[str, Any]:
    row = one.change.row
    told: dict[str, Any] = {
        "file": one.file,
        "clip_id": row.clip_id,
        "frame": row.frame,
        "kind": kind_of(row),
        "target": row.target,
        "what": one.change.what,
        "pixels": None if math.isnan(one.change.pixels) else one.change.pixels,
        "conflict": one.conflict,
        "label_id": row.label_id,
        "supersedes": row.supersedes,
        "state": row.state,
        "review": row.review,
    }
    if isinstance(row, PointLabel):
        told |= {"x": row.x, "y": row.y} if row.visible else {"x": None, "y": None}
    else:
        told |= {"area": row.area}
    return told
