"""Any folder of LabelMe files: a folder with label files is a clip, points and regions are taken by their label.

LabelMe says nothing of patients and frame rates: name the patients with `--patients map.csv` or in a mapping file, the
rate in the mapping file. Russell et al. 2008; Wada, labelme (github.com/wkentaro/labelme).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from .labelme_clips import ClipFiles, find_clips, frame_indices
from .labelme_labels import FrameShapes, read_shapes, tell_ignored
from .labelme_mapping import LabelMeMapping
from .labelme_shape import REGION_TYPES, shape_mask, shape_point
from .problems import Problems
from .schema import Clip, ImageSize, PointLabel
from .source import DatasetSpec, ReadOptions, SourceClip, SourceMask
from .source_folder import SourceFolder


def read(root: Path, options: ReadOptions, problems: Problems) -> Iterator[SourceClip]:
    """Yield clips in natural order of their ids; masks are drawn when asked for."""
    source = SourceFolder(root, options, problems)
    mapping = LabelMeMapping.of(options.mapping)
    if "fps" not in mapping.model_fields_set:
        source.warning("fps", root, f"frame rate is unknown; taken for {mapping.fps:g} fps", "say fps in --mapping")
    for files in find_clips(source, mapping):
        clip = _read_clip(source, mapping, files)
        if clip is not None:
            yield clip


def _read_clip(source: SourceFolder, mapping: LabelMeMapping, files: ClipFiles) -> SourceClip | None:
    if not files.labelled:
        source.warning(
            "unlabelled", files.folder, "left out: no image has a LabelMe file", "nothing to do, or label it"
        )
        return None
    patient = source.patient(files.clip_id, files.folder, files.patient)
    frames = frame_indices(source, files, mapping.first_frame)
    size = source.clip_size(files.folder, [frame.image for frame in frames.values()])
    if patient is None or size is None:
        return None
    name = files.clip_id
    clip = Clip(name, patient, patient, mapping.fps, size, max(frames) + 1, official_split=files.split)
    shapes = read_shapes(source, frames, size)
    return SourceClip(
        clip,
        source.frames(name, mapping.fps, ((index, frame.image) for index, frame in frames.items())),
        points=[point for found in shapes for point in _points(source, name, found)],
        masks=lambda: _masks(shapes, size),
    )


def _points(source: SourceFolder, clip_id: str, found: FrameShapes) -> Iterator[PointLabel]:
    """One point a label and group; two of the same label and group are an error, as nobody can say which is meant."""
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    ignored = []
    for shape in found.shapes:
        point = shape_point(shape)
        if point is not None:
            group = "" if shape.group_id is None else f":{shape.group_id}"
            points[f"{shape.label}{group}"].append(point)
        elif shape.shape_type not in REGION_TYPES:
            ignored.append(shape)
    tell_ignored(source, found, ignored)
    for target, places in points.items():
        if len(places) > 1:
            what = f"left out: {len(places)} points are labelled {target!r}"
            source.error("several-points", found.file, what, "give them other labels or group ids", frame=found.frame)
        else:
            yield PointLabel(clip_id=clip_id, frame=found.frame, target=target, x=places[0][0], y=places[0][1])


def _masks(shapes: Sequence[FrameShapes], size: ImageSize) -> Iterator[SourceMask]:
    """One mask a frame and label: shapes of one label unite."""
    for found in shapes:
        regions: dict[str, np.ndarray] = {}
        for shape in found.shapes:
            mask = shape_mask(shape, size)
            if mask is not None:
                regions[shape.label] = regions[shape.label] | mask if shape.label in regions else mask
        for target, mask in regions.items():
            yield SourceMask(found.frame, mask, target)


SPEC: Final = DatasetSpec(
    name="labelme",
    title="LabelMe files in folders: your own points and regions",
    version="1.0.0",
    read=read,
    takes_mapping=True,
    citation="your own; LabelMe: Wada K, https://github.com/wkentaro/labelme",
    licence="whatever your data are under",
    url="https://github.com/wkentaro/labelme",
    layout="<clip>/<frame>.jpg and <clip>/<frame>.json, in any depth; else declare it with --mapping",
)
