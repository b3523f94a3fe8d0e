"""Everything that was changed in an export folder since it was written: read, compared, and nothing written."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.labelme_file import LabelMeFile, read_labelme
from ...datasets.mask_file import read_mask_png
from ...datasets.problems import Problems
from ...datasets.progress import track
from ...datasets.safe_path import inside
from ...datasets.schema import Clip, MaskLabel
from .frame_changes import Annotator, Change, FrameReader
from .lineage import Lineage, Row
from .manifest import MANIFEST, ExportedFrame, Manifest
from .marks import read_marks
from .shape_key import KEY

_OPEN: Final = "open it in labelme, correct it and save it again"
_KEPT: Final = "it stays in the file; note elsewhere what matters"


@dataclass(frozen=True)
class FileChange:
    """One change. conflict: the label was changed in the cohort as well since the export; both rows are kept."""

    file: str
    change: Change
    conflict: bool


@dataclass
class FolderChanges:
    """changes: in the order of clips and frames. files: mask files by path below the cohort. frames: files compared.

    problems: errors are refused and bring no row; warnings are what no label can hold, such as lines.
    """

    changes: list[FileChange] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    frames: int = 0
    problems: Problems = field(default_factory=Problems)


def read_folder(cohort: Cohort, folder: Path, manifest: Manifest, who: Annotator) -> FolderChanges:
    """Compare every label file of an export with the cohort.

    What earlier imports from this folder, and imports by `who`, made of a label counts as its state, so that nothing is
    brought twice. A file with any fault is refused whole, or what could not be read would count as deleted.
    """
    if manifest.cohort_digest != cohort.digest:
        what = f"{folder} was exported from {manifest.cohort!r}, which has other clips or frames than {cohort.folder}"
        raise BleedkitError(what, "name the cohort that it is from")
    found = FolderChanges()
    by_clip: dict[str, list[tuple[str, ExportedFrame]]] = defaultdict(list)
    for name, exported in manifest.frames.items():
        by_clip[exported.clip_id].append((name, exported))
    for clip_id, files in track(sorted(by_clip.items()), "Reading label files", total=len(by_clip)):
        if clip_id not in cohort.clips:
            raise BleedkitError(f"{folder / MANIFEST}: the cohort has no clip {clip_id!r}", "export again")
        reader = _ClipReader(cohort, cohort.clip(clip_id), folder, {*manifest.imported, who.run}, who)
        for name, exported in sorted(files, key=lambda one: one[1].frame):
            reader.read(name, exported, found)
    _tell_strangers(folder, manifest, found.problems)
    return found


class _ClipReader:
    def __init__(self, cohort: Cohort, clip: Clip, folder: Path, runs: Collection[str], who: Annotator) -> None:
        self.cohort, self.clip, self.folder, self.runs, self.who = cohort, clip, folder, runs, who
        self.lineage = Lineage.of(cohort, clip.clip_id)
        self.imported = {row.frame for row in self.lineage.rows.values() if row.provenance in runs}

    def read(self, name: str, exported: ExportedFrame, found: FolderChanges) -> None:
        """Add what was changed in one file."""
        path = self._path(name, exported, found.problems)
        if path is None:
            return
        found.frames += 1
        if exported.frame not in self.imported and file_digest(path) == exported.digest:
            return
        file = self._file(path, name, exported, found.problems)
        labels = self._labels(exported, name, found.problems) if file else None
        if file is None or labels is None:
            return
        said = read_marks(file, exported.labels, self.clip.size)
        for what in said.ignored:
            found.problems.warning("labelme-ignored", name, f"{what}, which no label holds", _KEPT, exported.frame)
        changes = FrameReader(self.clip, exported.frame, self.who, self._mask).read(labels, said)
        for what in changes.refused:
            found.problems.error("labelme-refused", name, what, _OPEN, exported.frame)
        for change in changes.changes:
            self._take(name, change, found)
        found.files.update(changes.files)

    def _take(self, name: str, change: Change, found: FolderChanges) -> None:
        if change.row.label_id in self.lineage.rows:
            what = f"{change.row.target!r} is as it was when an earlier import brought it and a later one replaced it"
            found.problems.error("labelme-refused", name, what, "move it a little", change.row.frame)
            return
        conflict = change.base is not None and self.lineage.is_replaced(change.base)
        found.changes.append(FileChange(name, change, conflict))

    def _path(self, name: str, exported: ExportedFrame, problems: Problems) -> Path | None:
        try:
            path = inside(self.folder, name)
        except BleedkitError as error:
            problems.error("labelme-path", name, error.what, error.remedy, exported.frame)
            return None
        if path.is_file():
            return path
        what = "is gone; its labels stay as they are"
        problems.warning("labelme-gone", name, what, "to reject labels, delete their shapes", exported.frame)
        return None

    def _file(self, path: Path, name: str, exported: ExportedFrame, problems: Problems) -> LabelMeFile | None:
        """The file, None where anything in it is wrong."""
        before = len(problems.errors)
        file = read_labelme(path, problems, name, exported.frame)
        if file is None:
            return None
        faults = []
        if file.size != self.clip.size:
            faults.append(f"imageWidth and imageHeight must be {self.clip.size}, got {file.size or 'none'}")
        if "/" in file.image_path or Path(file.image_path).stem != path.stem:
            faults.append(f"imagePath must name the image beside it, got {file.image_path!r}")
        about = file.stored.get(KEY)
        if isinstance(about, dict) and (about.get("clip_id"), about.get("frame")) != (exported.clip_id, exported.frame):
            faults.append(f"it is the label file of another frame ({about.get('clip_id')!r} {about.get('frame')!r})")
        for what in faults:
            problems.error("labelme-file", name, what, "put the frame's own label file back", exported.frame)
        if len(problems.errors) > before:
            problems.error("labelme-file", name, "nothing of it was taken", _OPEN, exported.frame)
            return None
        return file

    def _labels(self, exported: ExportedFrame, name: str, problems: Problems) -> dict[str, Row] | None:
        """The frame's labels by the id they came into the file with, as imports from this folder left them."""
        rows = self.lineage.rows
        missing = [one for one in exported.labels if one not in rows or rows[one].frame != exported.frame]
        if missing:
            what = f"nothing of it was taken: the cohort's frame has no label {', '.join(missing)}"
            problems.error("labelme-file", name, what, "export again", exported.frame)
            return None
        added = [
            row.label_id
            for row in self.lineage.by_frame.get(exported.frame, ())
            if row.provenance in self.runs and not row.supersedes
        ]
        return {label_id: self.lineage.tip(rows[label_id], self.runs) for label_id in (*exported.labels, *added)}

    def _mask(self, label: MaskLabel) -> np.ndarray:
        return mask_of(self.cohort, label)


def mask_of(cohort: Cohort, label: MaskLabel) -> np.ndarray:
    """Pixels (H, W) bool of a mask label. Raises BleedkitError where its file is gone, broken or of another size."""
    mask = read_mask_png(cohort.mask_path(label))
    size = cohort.clip(label.clip_id).size
    if mask.shape != (size.height, size.width):
        what = f"clip {label.clip_id} frame {label.frame}: mask must be {size}, got {mask.shape[1]}x{mask.shape[0]}"
        raise BleedkitError(what, "run 'bleedkit data validate'")
    return mask


def _tell_strangers(folder: Path, manifest: Manifest, problems: Problems) -> None:
    """Warn of JSON files that the export did not write."""
    for name in _json_files(folder):
        if name not in manifest.frames and name != MANIFEST:
            problems.warning("labelme-stranger", name, "is not of this export; not read", "move it away")


def _json_files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.json")):
        yield path.relative_to(folder).as_posix()


def changed_names(found: FolderChanges) -> Sequence[str]:
    """Files that hold a change or a fault, each once."""
    errors = (problem.file for problem in found.problems.errors)
    return list(dict.fromkeys([*(one.file for one in found.changes), *errors]))
