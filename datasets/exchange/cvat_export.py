"""CVAT for video 1.1: one XML file a clip.

Format: https://docs.cvat.ai/docs/other/xml_format, section Interpolation. CVAT draws lines between the labelled frames
of a track, so every stretch without label is closed by a keyframe that is `outside`. A target that was looked for and
not seen is `occluded`, and `outside` as well where nobody knows its position. A mask is a track of its own, as CVAT
makes shapes of them on reading. Coordinates are continuous, as ours. `labels.json` beside the files is what CVAT's
"Raw" label editor takes, so that the task knows the attributes that carry our fields. CVAT hands a keyframe's
attributes on to later ones without: what an earlier keyframe of a track said and a later one does not is written as
empty, and `of_frame` names the frame that they were written for, as a keyframe that a person adds has them too. CVAT
keeps nothing of ours but attributes: which labels went out is listed in `bleedkit-export.json`, and `export` of every
label names its clip's list in there.
"""

import json
import math
from collections.abc import Collection, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..cohort import ClipView, Cohort
from ..schema import LabelState, MaskLabel, PointLabel
from .export_list import export_name, write_export_list
from .file_names import clip_names
from .label_fields import NUMBERS, TEXTS, fields_of
from .losses import Losses
from .point_tracks import point_tracks
from .run_lengths import BoxRuns
from .safe_xml import attribute, text
from .selection import Selection, label_mask

EMPTY: Final = "empty region (looked, and no bleeding)"
OF_FRAME: Final = "of_frame"
EXPORT: Final = "export"
ONSET: Final = "onset"
_ATTRIBUTES: Final = (*TEXTS, *NUMBERS, OF_FRAME, EXPORT)


def export_cvat(cohort: Cohort, out: Path, selection: Selection, losses: Losses) -> dict[str, int]:
    """Write `<clip>.xml`, in a folder for each part of the split; returns what was written, by kind."""
    counts = {"clips": 0, "points": 0, "regions": 0}
    names = clip_names(cohort.clips)
    kinds: dict[str, set[str]] = {}
    shapes: dict[str, dict[str, str]] = {}
    for view in selection.views(cohort, losses, "CVAT"):
        folder = out / selection.part(view.clip)
        folder.mkdir(exist_ok=True)
        losses.add(ONSET, len(view.onsets))
        losses.add(EMPTY, sum(row.area == 0 for row in view.masks))
        regions = [row for row in view.masks if row.area]
        shapes[view.clip.clip_id] = dict.fromkeys((row.label_id for row in (*view.points, *regions)), "")
        with (folder / f"{names[view.clip.clip_id]}.xml").open("w", encoding="utf-8") as stream:
            stream.writelines(_document(cohort, view, regions, shapes[view.clip.clip_id]))
        for kind, rows in (("points", view.points), ("mask", regions)):
            for row in rows:
                kinds.setdefault(row.target, set()).add(kind)
        counts["clips"] += 1
        counts["points"] += len(view.points)
        counts["regions"] += len(regions)
    write_export_list(out, shapes)
    (out / "labels.json").write_text(json.dumps(_raw_labels(kinds), indent=2) + "\n", encoding="utf-8")
    return counts


def _document(
    cohort: Cohort, view: ClipView, regions: Sequence[MaskLabel], shapes: MutableMapping[str, str]
) -> Iterator[str]:
    """Lines of the file. shapes: of its labels by id; digests of the regions' are filled in."""
    export = export_name(shapes)
    yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
    yield from _meta(view, regions)
    tracks = point_tracks(view.points)
    for number, rows in enumerate(tracks):
        yield _track(number, rows[0])
        yield from _points(view, rows, export)
        yield "</track>\n"
    for number, row in enumerate(regions, len(tracks)):
        runs = BoxRuns.of(label_mask(cohort, view.clip, row))
        shapes[row.label_id] = runs.digest
        place = f'left="{runs.left}" top="{runs.top}" width="{runs.width}" height="{runs.height}"'
        flags = f'frame="{row.frame}" outside="0" occluded="0" keyframe="1"'
        yield _track(number, row)
        yield f'<mask {flags} rle="{", ".join(map(str, runs.runs))}" {place} z_order="0">\n'
        yield _attributes(row, export) + "</mask>\n</track>\n"
    yield "</annotations>\n"


def _meta(view: ClipView, regions: Sequence[MaskLabel]) -> Iterator[str]:
    clip = view.clip
    yield f"<meta><task><name>{text(clip.clip_id)}</name><size>{clip.n_frames}</size><mode>interpolation</mode>"
    yield "<overlap>0</overlap><flipped>False</flipped><labels>\n"
    for target in sorted({*(row.target for row in view.points), *(row.target for row in regions)}):
        yield f"<label><name>{text(target)}</name><attributes>\n"
        for name in _ATTRIBUTES:
            yield f"<attribute><name>{name}</name><mutable>True</mutable><input_type>text</input_type>"
            yield "<default_value></default_value><values></values></attribute>\n"
        yield "</attributes></label>\n"
    size = f"<width>{clip.size.width}</width><height>{clip.size.height}</height>"
    yield f"</labels><original_size>{size}</original_size></task></meta>\n"


def _track(number: int, row: PointLabel | MaskLabel) -> str:
    source = "manual" if row.state is LabelState.HUMAN else "auto"
    return f'<track id="{number}" label={attribute(row.target)} source="{source}">\n'


def _points(view: ClipView, rows: Sequence[PointLabel], export: str) -> Iterator[str]:
    labelled = {row.frame for row in rows}
    said: set[str] = set()
    last = next(
        ((row.x, row.y) for row in rows if math.isfinite(row.x)), (view.clip.size.width / 2, view.clip.size.height / 2)
    )
    for row in rows:
        located = math.isfinite(row.x) and math.isfinite(row.y)
        last = (row.x, row.y) if located else last
        yield _point(row.frame, last, not located, not row.visible) + _attributes(row, export, said) + "</points>\n"
        said.update(fields_of(row))
        if row.frame + 1 not in labelled and row.frame + 1 < view.clip.n_frames:
            yield _point(row.frame + 1, last, outside=True, occluded=False) + "</points>\n"


def _point(frame: int, xy: tuple[float, float], outside: bool, occluded: bool) -> str:
    flags = f'outside="{int(outside)}" occluded="{int(occluded)}" keyframe="1"'
    return f'<points frame="{frame}" {flags} points="{xy[0]!r},{xy[1]!r}" z_order="0">\n'


def _attributes(row: PointLabel | MaskLabel, export: str, said: Collection[str] = ()) -> str:
    """The row's fields as lines, and those of `said` that it has not as empty ones."""
    fields = {**dict.fromkeys(sorted(said), ""), **fields_of(row), OF_FRAME: row.frame, EXPORT: export}
    return "".join(f'<attribute name="{name}">{text(value)}</attribute>\n' for name, value in fields.items())


def _raw_labels(kinds: dict[str, set[str]]) -> list[dict[str, Any]]:
    fields = [
        {"name": name, "mutable": True, "input_type": "text", "default_value": "", "values": [""]}
        for name in _ATTRIBUTES
    ]
    return [
        {"name": target, "type": next(iter(found)) if len(found) == 1 else "any", "attributes": fields}
        for target, found in sorted(kinds.items())
    ]
