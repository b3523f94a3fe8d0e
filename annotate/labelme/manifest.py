"""The file that says what an export folder holds, so that an import can tell what was changed since."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from ...datasets.errors import BleedkitError
from ...datasets.json_file import read_json
from ...datasets.transaction import write_atomic

MANIFEST: Final = "bleedkit-export.json"
_FORMAT: Final = 1
_REMEDY: Final = "export again, to a new folder"


@dataclass(frozen=True)
class ExportedFrame:
    """One label file. digest: SHA-256 of its bytes as exported. labels: label ids that it shows, hidden ones too."""

    clip_id: str
    frame: int
    digest: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """export: id of this export alone. cohort, cohort_digest: what it is from. frames: by path of the label file.

    imported: provenance ids of the imports from this folder: what they brought is no difference any more.
    """

    export: str
    cohort: str
    cohort_digest: str
    frames: Mapping[str, ExportedFrame]
    imported: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write it into the export folder, atomically."""
        text = json.dumps({"format": _FORMAT, **asdict(self)}, indent=1, ensure_ascii=False)
        write_atomic(folder / MANIFEST, text.encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The manifest of an export folder. Raises BleedkitError where there is none, or one cut short or changed."""
        path = folder / MANIFEST
        if not path.is_file():
            raise BleedkitError(f"{folder} has no {MANIFEST}, so it is no finished export", _REMEDY)
        values, _ = read_json(path)
        try:
            return cls._of(values)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BleedkitError(f"{path} is not a manifest of this version ({error!r})", _REMEDY) from error

    @classmethod
    def _of(cls, values: Any) -> Self:
        if values["format"] != _FORMAT:
            raise ValueError(f"format {values['format']}")
        frames = {
            _text(name): ExportedFrame(
                _text(one["clip_id"]), int(one["frame"]), _text(one["digest"]), tuple(map(_text, one["labels"]))
            )
            for name, one in values["frames"].items()
        }
        export, cohort, digest = (_text(values[key]) for key in ("export", "cohort", "cohort_digest"))
        return cls(export, cohort, digest, frames, tuple(map(_text, values["imported"])))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"wanted text, got {value!r:.60}")
    return value
