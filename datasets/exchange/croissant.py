"""MLCommons Croissant 1.0: the cohort's tables with a description that dataset search and mlcroissant read.

Specification: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. The tables go along, of the wanted clips
and states and without replaced rows, and the masks they name; pictures do not, as a cohort only refers to them.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..clock import utc_now
from ..cohort import Cohort
from ..digest import file_digest
from ..progress import track
from ..safe_path import inside
from ..tables import LABELS, write_table
from ..transaction import current
from .losses import Losses
from .selection import Selection

_PARQUET: Final = "application/x-parquet"
_SPLIT: Final = "split"
_TABLES: Final = ("clips", "frames", "points", "masks", "onsets", "keypoints", "review", "provenance")
_TYPES: Final[Mapping[str, str]] = {
    "string": "sc:Text",
    "list<element: string>": "sc:Text",
    "int32": "sc:Integer",
    "double": "sc:Float",
    "bool": "sc:Boolean",
}
_MEANING: Final[Mapping[str, str]] = {
    "clips": "Consecutive frames of one procedure of one patient.",
    "frames": "Images of a clip; frame counts from 0 at the clip's own rate.",
    "points": "Positions of bleeding sources and tissue points, in pixels: column c covers [c, c+1).",
    "masks": "Bleeding regions; path names a 0/255 PNG of the frame's size.",
    "onsets": "The first bleeding frame of a clip; -1: it never bleeds.",
    "keypoints": "Machine-made tissue points round a target; never labels.",
    "review": "Frames that somebody should look at, and why.",
    "provenance": "The runs that made labels.",
    _SPLIT: "The part of every clip: no patient is in two.",
}
_CONTEXT: Final[Mapping[str, object]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "conformsTo": "dct:conformsTo",
    **{
        key: f"cr:{key}"
        for key in (
            "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet",
            "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
            "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField",
            "transform",
        )
    },
}  # fmt: skip


def export_croissant(cohort: Cohort, out: Path, selection: Selection, losses: Losses) -> dict[str, int]:
    """Write `croissant.json`, the tables it describes and the masks; returns rows by table."""
    counts: dict[str, int] = {}
    clips = pa.array(selection.clip_ids(cohort), pa.string())
    for name in track(_TABLES, "Croissant", total=len(_TABLES)):
        table = cohort.label_table(name) if name in LABELS else cohort.table(name)
        if "clip_id" in table.column_names:
            table = table.filter(pc.is_in(table["clip_id"], value_set=clips))
        if name in LABELS:
            states = pa.array([str(state) for state in selection.states], pa.string())
            table = table.filter(pc.is_in(table["state"], value_set=states))
        if len(table):
            write_table(out / f"{name}.parquet", name, table)
            counts[name] = len(table)
    if "frames" in counts:
        has_image = pq.read_table(out / "frames.parquet", columns=["has_image"])["has_image"]
        losses.add("picture (frames.path names it)", int(pc.sum(has_image).as_py() or 0))
    if selection.split is not None:
        rows = [(clip_id, selection.part(cohort.clip(clip_id))) for clip_id in clips.to_pylist()]
        split = pa.table({"clip_id": [row[0] for row in rows], "part": [row[1] for row in rows]})
        pq.write_table(split, out / f"{_SPLIT}.parquet")
        counts[_SPLIT] = len(rows)
    _copy_masks(cohort, out)
    (out / "croissant.json").write_text(json.dumps(_document(cohort, out, list(counts)), indent=2) + "\n", "utf-8")
    return counts


def _copy_masks(cohort: Cohort, out: Path) -> None:
    if not (out / "masks.parquet").is_file():
        return
    wanted = set(pq.read_table(out / "masks.parquet", columns=["path"])["path"].to_pylist())
    for relative in track(sorted(wanted), "Masks", total=len(wanted)):
        place = inside(out, relative)
        place.parent.mkdir(parents=True, exist_ok=True)
        inside(cohort.folder, relative)
        shutil.copyfile(current(cohort.folder, relative), place)


def _document(cohort: Cohort, out: Path, tables: list[str]) -> dict[str, Any]:
    from ..registry import DATASETS

    meta = cohort.meta
    spec = DATASETS.get(meta.source)
    files = [_file(out, name) for name in tables]
    if (out / "masks.parquet").is_file():
        mask_set = {"@type": "cr:FileSet", "@id": "mask-files", "name": "mask-files", "encodingFormat": "image/png"}
        files.append({**mask_set, "includes": "masks/**/*.png", "description": "0/255 PNG, named by SHA-256."})
    return {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": meta.name,
        "description": f"Labels of surgical-bleeding video: {meta.source} {meta.source_version} as a bleedkit cohort.",
        "version": meta.source_version,
        "license": meta.licence,
        "citeAs": meta.citation,
        "creator": {"@type": "sc:Organization", "name": meta.citation},
        "url": spec.url if spec else "",
        "datePublished": utc_now(),
        "isLiveDataset": False,
        "distribution": files,
        "recordSet": [_records(out, name, tables) for name in tables],
    }


def _file(out: Path, name: str) -> dict[str, Any]:
    file = f"{name}.parquet"
    return {
        "@type": "cr:FileObject",
        "@id": file,
        "name": file,
        "contentUrl": file,
        "encodingFormat": _PARQUET,
        "sha256": file_digest(out / file),
    }


def _records(out: Path, name: str, tables: list[str]) -> dict[str, Any]:
    schema = pq.read_schema(out / f"{name}.parquet")
    keys = {"clips": ["clip_id"], "frames": ["clip_id", "frame"], "provenance": ["id"], _SPLIT: ["clip_id"]}
    key = keys.get(name, ["label_id"] if name in LABELS else [])
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": _MEANING[name],
        **({"key": [{"@id": f"{name}/{column}"} for column in key]} if key else {}),
        "field": [_field(name, field, tables) for field in schema],
    }


def _field(name: str, field: pa.Field, tables: list[str]) -> dict[str, Any]:
    kind = _TYPES[str(field.type)]
    types: str | list[str] = [kind, "cr:Split"] if (name, field.name) == (_SPLIT, "part") else kind
    refers = {"clip_id": ("clips", "clip_id"), "provenance": ("provenance", "id")}.get(field.name)
    linked = refers is not None and refers[0] != name and refers[0] in tables
    return {
        "@type": "cr:Field",
        "@id": f"{name}/{field.name}",
        "name": f"{name}/{field.name}",
        "dataType": types,
        "source": {"fileObject": {"@id": f"{name}.parquet"}, "extract": {"column": field.name}},
        **({"repeated": True} if pa.types.is_list(field.type) else {}),
        **({"references": {"field": {"@id": "/".join(refers)}}} if linked and refers else {}),
    }
