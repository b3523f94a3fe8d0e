"""Export of a cohort in a format, and import from one."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..cohort import Cohort
from ..digest import file_digest, value_digest
from ..errors import BleedkitError
from ..problems import Problems
from ..schema import LabelState, Provenance
from .bring_in import bring_in
from .formats import FORMATS
from .losses import Loss, Losses
from .reading import Reading
from .selection import Selection


@dataclass(frozen=True)
class ExportResult:
    """counts: what was written, by kind. losses: what the format could not hold; it is still in the cohort."""

    out: Path
    counts: Mapping[str, int]
    losses: Sequence[Loss]

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {"out": str(self.out), "counts": dict(self.counts), "losses": [asdict(loss) for loss in self.losses]}


@dataclass(frozen=True)
class ImportResult:
    """counts: labels `new`, `corrected` and `unchanged`. losses: what was in the file and no label of ours holds.

    problems: labels that were refused, each with its reason. missing: labels that the file was exported with, that are
    not in it now and still stand in the cohort. rejected: such labels, where the import was to reject them.
    """

    counts: Mapping[str, int]
    losses: Sequence[Loss]
    problems: Problems
    missing: int = 0
    rejected: int = 0

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "counts": dict(self.counts),
            "missing": self.missing,
            "rejected": self.rejected,
            "losses": [asdict(loss) for loss in self.losses],
            "problems": [asdict(one) for one in self.problems],
        }


def export_cohort(cohort: Cohort, name: str, out: Path, selection: Selection | None = None) -> ExportResult:
    """Write the cohort to the new folder `out` in the format `name`, a key of FORMATS.

    The folder appears whole or not at all. Raises BleedkitError where it exists and is not empty, or where something
    that has to be written is broken.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BleedkitError(f"{out} exists and is not an empty folder", "name a new folder with --out")
    out.parent.mkdir(parents=True, exist_ok=True)
    losses = Losses()
    staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        counts = FORMATS[name].write(cohort, staging, selection or Selection(), losses)
        staging.chmod(0o755)
        os.replace(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return ExportResult(out, counts, tuple(losses))


def import_labels(
    cohort: Cohort,
    name: str,
    path: Path,
    *,
    annotator: str,
    state: LabelState = LabelState.HUMAN,
    reject_deleted: bool = False,
    exported: Path | None = None,
) -> ImportResult:
    """Append the labels of a file, or folder, in the format `name` to the cohort, as one commit.

    annotator, state: who made the labels that do not say themselves. reject_deleted: reject labels that the file was
    exported with and that are not in it now; else they are counted. exported: the folder of that export, where `path`
    lies elsewhere and cannot say so itself (CVAT). Raises BleedkitError, and appends nothing, where `path` as a whole
    is not of the format; single bad labels are problems of the result.
    """
    read = FORMATS[name].read
    if read is None:
        raise BleedkitError(f"{name} holds no labels to import", "import another format")
    if not annotator.strip():
        raise BleedkitError("an annotator needs a name", "say who with --annotator")
    if not path.exists():
        raise BleedkitError(f"{path} does not exist", "check the path")
    config = {"format": name, "digest": _digest(path), "annotator": annotator, "state": str(state)}
    run = Provenance.of("import", config)
    reading = Reading(cohort, run, annotator, state, Problems(), Losses(), beside=exported)
    brought = bring_in(reading, read(path, reading), FORMATS[name].tolerance_px, reject=reject_deleted)
    return ImportResult(
        brought.counts, tuple(reading.losses), reading.problems, missing=brought.missing, rejected=brought.rejected
    )


def _digest(path: Path) -> str:
    """SHA-256 of the file, or of a folder's files but for its pictures, which no importer reads."""
    if path.is_file():
        return file_digest(path)
    files = sorted(file.relative_to(path) for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    read = [file for file in files if not any(part.startswith("images") for part in file.parts[:-1])]
    return value_digest([[file.as_posix(), file_digest(path / file)] for file in read])
