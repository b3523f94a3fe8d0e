"""A view of a cohort as a folder that labelme opens: a folder a clip, with an image and a label file for each frame."""

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np

from ...datasets.cohort import ClipView, Cohort
from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.exchange.pictures import pictures
from ...datasets.labelme_file import LabelMeFile, read_labelme, write_labelme
from ...datasets.problems import Problems
from ...datasets.progress import track
from ...datasets.safe_path import inside
from ...datasets.schema import Frame, MaskLabel, PointLabel, ReviewItem
from ...datasets.transaction import write_atomic
from .earlier_file import NOTHING_EARLIER, Earlier, match_earlier
from .folder_changes import changed_names, mask_of, read_folder
from .frame_changes import Annotator
from .frame_choice import FrameChoice, still_open
from .label_shapes import label_file
from .lineage import Lineage, Row
from .losses import has_name, losses_of
from .manifest import MANIFEST, ExportedFrame, Manifest

_DRAFT: Final = f"{MANIFEST}.unfinished"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._ -]{0,99}")
_TARGETS: Final = {"point": "source", "region": "region"}
_NOBODY: Final = Annotator("nobody", "no run")


@dataclass
class ExportResult:
    """counts: `clips`, `frames`, `points`, `regions` written. problems: warnings on earlier files that are broken.

    losses: what labelme cannot hold, in words, with how often it was met; it stays in the cohort.
    """

    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)
    problems: Problems = field(default_factory=Problems)

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {"folder": str(self.folder), "counts": dict(self.counts), "losses": dict(self.losses)}


def export_labelme(
    cohort: Cohort, folder: Path, choice: FrameChoice | None = None, *, originals: Path | None = None
) -> ExportResult:
    """Write the chosen frames of a cohort, with their labels, to a new folder or over an earlier export of it.

    What label files said besides labels is kept: of the earlier export, or else of LabelMe files with the images' names
    below `originals`, by default where the cohort's media are. Raises BleedkitError where the folder holds anything
    else, or changes that were not imported yet; then nothing is written.
    """
    choice = choice or FrameChoice()
    chosen = {clip_id: cohort.clip(clip_id) for clip_id in choice.clips} or cohort.clips
    _check_folder(cohort, folder)
    export = _Export(cohort, folder, choice, originals or cohort.media_root)
    items: dict[str, list[ReviewItem]] = {}
    for item in cohort.review_items():
        items.setdefault(item.clip_id, []).append(item)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / _DRAFT, b"this export did not end; export again\n")
    (folder / MANIFEST).unlink(missing_ok=True)
    for view in track(cohort.stream(), "Writing clips", total=len(cohort.clips)):
        if view.clip.clip_id in chosen:
            export.clip(view, still_open(view, items.get(view.clip.clip_id, ())))
    Manifest(secrets.token_hex(8), cohort.meta.name, cohort.digest, export.frames).write(folder)
    (folder / _DRAFT).unlink()
    return export.result


class _Export:
    """One export under way. frames: label files written so far, by path."""

    def __init__(self, cohort: Cohort, folder: Path, choice: FrameChoice, originals: Path) -> None:
        self.cohort, self.folder, self.choice, self.originals = cohort, folder, choice, originals
        self.result = ExportResult(folder)
        self.frames: dict[str, ExportedFrame] = {}

    def clip(self, view: ClipView, items: Sequence[ReviewItem]) -> None:
        """Write the clip's chosen frames."""
        clip, labels = view.clip, self.choice.labels(view)
        wanted = self.choice.wanted(view, items)
        images = {frame.frame: frame for frame in view.frames if frame.has_image}
        self.result.losses.update(losses_of(view, wanted, labels))
        lineage = Lineage.of(self.cohort, clip.clip_id) if wanted else Lineage({})
        targets = _targets(view)
        name = folder_name(clip.clip_id)
        for number, ending, data in pictures(self.cohort, clip, view.frames, wanted & images.keys()):
            image, file = (f"{name}/{number:06d}{one}" for one in (ending, ".json"))
            earlier = self._earlier(file, images[number], lineage)
            rows = [row for row in labels.get(number, ()) if has_name(row)]
            reasons = [f"{item.reason} ({item.target})" for item in items if item.frame == number]
            path = inside(self.folder, file)
            written = label_file(
                clip, number, Path(image).name, rows, self._mask, targets=targets, reasons=reasons, earlier=earlier
            )
            _write(path, written)
            inside(self.folder, image).write_bytes(data)  # waiting for the disk would cost more than the picture
            ids = tuple(row.label_id for row in rows)
            self.frames[file] = ExportedFrame(clip.clip_id, number, file_digest(path), ids)
            self._count(rows)
        self.result.counts["clips"] += bool(wanted & images.keys())

    def _earlier(self, file: str, frame: Frame, lineage: Lineage) -> Earlier:
        """What the frame's label file said so far: in this folder, or beside the image the cohort was built from."""
        path = inside(self.folder, file)
        if not path.is_file():
            if not frame.path:
                return NOTHING_EARLIER
            path = inside(self.originals, str(PurePosixPath(frame.path).with_suffix(".json")))
        if not path.is_file():
            return NOTHING_EARLIER
        faults = Problems()
        found = read_labelme(path, faults, str(path), frame.frame)
        for fault in faults:
            self.result.problems.warning("labelme-earlier", fault.file, f"not kept: {fault.what}", fault.remedy)
        if found is None:
            return NOTHING_EARLIER
        return match_earlier(found, frame.frame, lineage, self.cohort.clip(frame.clip_id).size, self._mask)

    def _mask(self, label: MaskLabel) -> np.ndarray:
        return mask_of(self.cohort, label)

    def _count(self, rows: Sequence[Row]) -> None:
        points = sum(isinstance(row, PointLabel) for row in rows)
        self.result.counts.update(frames=1, points=points, regions=len(rows) - points)


def _write(path: Path, file: LabelMeFile) -> None:
    try:
        write_labelme(path, file)
    except RecursionError as error:  # keys of an earlier file that could just be read
        raise BleedkitError(f"{path}: what it held so far is nested too deeply", "remove those keys") from error


def folder_name(clip_id: str) -> str:
    """The clip's folder: its id, or where that is no plain file name, what is plain in it and a digest."""
    if _PLAIN.fullmatch(clip_id) and not clip_id.endswith((".", " ")):
        return clip_id
    digest = hashlib.sha256(clip_id.encode()).hexdigest()[:8]
    return f"{re.sub('[^A-Za-z0-9_-]+', '-', clip_id)[:60]}-{digest}"


def _targets(view: ClipView) -> dict[str, set[str]]:
    """Targets that get a tick box in every frame of the clip."""
    points, masks = ({row.target for row in rows} for rows in (view.points, view.masks))
    return {"point": points or {_TARGETS["point"]}, "region": masks or {_TARGETS["region"]}}


def _check_folder(cohort: Cohort, folder: Path) -> None:
    """Raise BleedkitError unless the folder is new, empty, or an export of this cohort without changes to import."""
    if folder.exists() and not folder.is_dir():
        raise BleedkitError(f"{folder} is a file", "name a new folder with --out")
    if not folder.exists() or not any(folder.iterdir()) or (folder / _DRAFT).is_file():
        return
    if not (folder / MANIFEST).is_file():
        raise BleedkitError(f"{folder} is not empty and no export of ours", "name a new folder with --out")
    manifest = Manifest.read(folder)
    changed = changed_names(read_folder(cohort, folder, manifest, _NOBODY))
    if changed:
        some = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        what = f"{folder} holds changes that are not in the cohort: {some}"
        raise BleedkitError(what, "bring them in with 'bleedkit annotate labelme import' first")
