"""The list of exported labels beside files that have no room for one, as tools drop what they do not know."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ..digest import value_digest
from ..errors import BleedkitError
from ..json_file import read_json

LIST: Final = "bleedkit-export.json"
_FORMAT: Final = 1
_MAX_BYTES: Final = 1 << 30


def export_name(ids: Iterable[str]) -> str:
    """16 hex digits that name a clip's export: a file of one export is not judged by the list of another."""
    return value_digest(sorted(ids))[:16]


def write_export_list(folder: Path, clips: Mapping[str, Mapping[str, str]]) -> None:
    """Write the list. clips: by clip id, the digest of every region's shape by its label id, "" for points."""
    text = json.dumps({"format": _FORMAT, "clips": clips}, indent=1, ensure_ascii=False)
    (folder / LIST).write_text(text + "\n", encoding="utf-8")


def read_export_list(folder: Path) -> dict[str, dict[str, str]]:
    """The same. Raises BleedkitError where the folder has no list, or one that is none."""
    path = folder / LIST
    if not path.is_file():
        raise BleedkitError(f"{folder} has no {LIST}", "name the folder that 'bleedkit data export' wrote")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("is too large")
        values = read_json(path)[0]
        if values["format"] != _FORMAT:
            raise ValueError(f"format {values['format']}")
        return {str(clip_id): _shapes(labels) for clip_id, labels in values["clips"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BleedkitError(
            f"{path} is no list of exported labels ({error!r})", "remove it, or export again"
        ) from error


class ExportLists:
    """The lists of the exports that files are from, each read once.

    folder: of the export; None: the file's own or the one above it, as the parts of a split are folders.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._read: dict[Path, dict[str, dict[str, str]]] = {}

    def shapes(self, file: Path, clip_id: str) -> Mapping[str, str]:
        """The clip's exported labels with their shapes' digests; none where no list lies beside the file.

        Raises BleedkitError.
        """
        near = [folder for folder in (file.parent, file.parent.parent) if (folder / LIST).is_file()]
        for folder in [self._folder] if self._folder else near[:1]:
            if folder not in self._read:
                self._read[folder] = read_export_list(folder)
            return self._read[folder].get(clip_id, {})
        return {}


def _shapes(labels: object) -> dict[str, str]:
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise ValueError("labels must be shapes by label id")
    return labels
