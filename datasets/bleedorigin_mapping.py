"""What the mapping file of a BleedOrigin-shaped dataset may declare: labels, onset, official split, sites."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from .errors import BleedkitError
from .json_file import read_json
from .labelme_mapping import LabelMeMapping
from .safe_path import inside
from .source_folder import SourceFolder, composed
from .split import PARTS

_COLUMNS: Final = ("patient", "clip", "site", "scenarios")


class BleedOriginMapping(LabelMeMapping):
    """LabelMeMapping, and: the defaults are the layout `<patient>/<clip>/<frame>.{jpg,json}` at 30 fps.

    source_labels: LabelMe labels of points that are bleeding sources; empty: every point is one. onset_frame: index of
    the first bleeding frame in detection clips, None where there are none. split: part to its patients; split_file: the
    same as a JSON file. clips: CSV with the columns patient, clip, site, scenarios (`smoke;jitter`).
    """

    image: str = (
        r"(?:(?P<split>train|val|test)/)?(?P<patient>[^/]+)/(?P<clip>[^/]+)/(?:[^/]*[^/0-9])?(?P<frame>[0-9]{1,9})"
    )
    fps: Annotated[float, Field(gt=0, le=1000)] = 30.0
    source_labels: list[str] = Field(default_factory=list)
    onset_frame: Annotated[int, Field(ge=0)] | None = 120
    split: Mapping[str, list[str]] = Field(default_factory=dict)
    split_file: str = ""
    clips: str = ""


@dataclass(frozen=True)
class ClipFacts:
    """What the clips table says of one clip."""

    site: str = ""
    scenarios: tuple[str, ...] = ()


def declared_files(root: Path, mapping: BleedOriginMapping) -> list[Path]:
    """The files the mapping names for itself. Raises BleedkitError where one leads out of the root or is not there."""
    files = [inside(root, name) for name in (mapping.split_file, mapping.clips) if name]
    for path in files:
        if not path.is_file():
            raise BleedkitError(f"{path}: the mapping file names it, and it is not there", "correct the mapping file")
    return files


def part_of_patient(source: SourceFolder, mapping: BleedOriginMapping) -> dict[str, str]:
    """The official split as patient to part. A patient in two parts is an error; the first part counts."""
    split: object = dict(mapping.split)
    where = source.root
    if mapping.split_file:
        where = inside(source.root, mapping.split_file)
        split, _ = read_json(where)
    if not isinstance(split, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in split.values()
    ):
        raise BleedkitError(f'{where}: split must look like {{"train": ["p01", ...], ...}}', "correct it")
    if not set(split) <= set(PARTS):
        raise BleedkitError(f"{where}: parts of a split are {', '.join(PARTS)}, got {', '.join(split)}", "rename them")
    parts: dict[str, str] = {}
    for part, names in split.items():
        for name in names:
            if parts.setdefault(composed(name), part) != part:
                what = f"official split has patient {name!r} in {parts[composed(name)]} and in {part}"
                source.error("split", where, what, "keep the patient in one part")
    return parts


def clip_facts(source: SourceFolder, mapping: BleedOriginMapping) -> Mapping[tuple[str, str], ClipFacts]:
    """Site and scenarios by (patient, clip). Raises BleedkitError where the table lacks a column or is not text."""
    if not mapping.clips:
        return {}
    path = inside(source.root, mapping.clips)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream, strict=True)
            if not set(_COLUMNS) <= set(table.fieldnames or ()):
                raise BleedkitError(f"{path}: needs the columns {', '.join(_COLUMNS)}", "add them")
            rows = [{column: (row[column] or "").strip() for column in _COLUMNS} for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BleedkitError(f"{path}: cannot be read as CSV ({error})", "save it as UTF-8 CSV") from error
    facts: dict[tuple[str, str], ClipFacts] = {}
    for row in rows:
        key = composed(row["patient"]), composed(row["clip"])
        if key in facts:
            source.error("clip-table", path, f"clip {key[1]} of {key[0]} stands there twice", "keep one row")
            continue
        words = (word.strip().lower() for word in row["scenarios"].split(";"))
        facts[key] = ClipFacts(row["site"].lower(), tuple(word for word in words if word))
    return facts
