"""BleedOrigin-Bench: bleeding sources in endoscopic submucosal dissection. BleedOrigin 2025, Sec. 3.

The data are not out yet. Built for LabelMe points in `<patient>/<clip>/<frame>.{jpg,json}`; whatever the release looks
like, a small mapping file declares it. Detection clips have 150 frames at 30 fps and one label, at frame 120, the
onset. Tracking clips have 31 to 731 frames and a label every 30.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from .bleedorigin_mapping import BleedOriginMapping, ClipFacts, clip_facts, declared_files, part_of_patient
from .errors import BleedkitError
from .labelme_clips import ClipFiles, find_clips, frame_indices
from .labelme_file import LabelMeShape
from .labelme_labels import FrameShapes, read_shapes, tell_ignored
from .labelme_shape import shape_point
from .problems import Problems
from .schema import Clip, OnsetLabel, PointLabel
from .source import DatasetSpec, ReadOptions, SourceClip
from .source_folder import SourceFolder


def read(root: Path, options: ReadOptions, problems: Problems) -> Iterator[SourceClip]:
    """Yield clips in natural order of patient and clip."""
    source = SourceFolder(root, options, problems)
    mapping = BleedOriginMapping.of(options.mapping)
    not_labels = declared_files(root, mapping)
    facts, parts = clip_facts(source, mapping), part_of_patient(source, mapping)
    found = find_clips(source, mapping, not_labels)
    if not found:
        raise BleedkitError(f"{root} holds no <patient>/<clip>/<frame>.jpg", "declare the layout with --mapping")
    for patient, name in sorted(facts.keys() - {(files.patient, files.clip) for files in found}):
        what = f"names clip {name} of {patient}, which is not there"
        source.warning("clip-table", root / mapping.clips, what, "correct the table")
    outside = sorted({files.patient for files in found} - parts.keys()) if parts else []
    if outside:
        what = f"official split leaves {len(outside)} patients out ({', '.join(outside)})"
        source.warning("split", root, what, "nothing to do if the source does so")
    for files in found:
        part = files.split or parts.get(files.patient, "")
        clip = _read_clip(source, mapping, files, facts.get((files.patient, files.clip), ClipFacts()), part)
        if clip is not None:
            yield clip


def _read_clip(
    source: SourceFolder, mapping: BleedOriginMapping, files: ClipFiles, facts: ClipFacts, part: str
) -> SourceClip | None:
    patient = source.patient(files.clip_id, files.folder, files.patient)
    frames = frame_indices(source, files, mapping.first_frame)
    size = source.clip_size(files.folder, [frame.image for frame in frames.values()])
    if patient is None or size is None:
        return None
    if not files.labelled:
        source.warning("unlabelled", files.folder, "no image has a LabelMe file", "check that labels were unpacked")
    name, fps = files.clip_id, mapping.fps
    shapes = read_shapes(source, frames, size)
    points = [point for found in shapes for point in _point(source, mapping, name, found)]
    clip = Clip(name, patient, patient, fps, size, max(frames) + 1, site=facts.site, scenarios=facts.scenarios)
    return SourceClip(
        replace(clip, official_split=part),
        source.frames(name, fps, ((index, frame.image) for index, frame in frames.items())),
        points=points,
        onsets=_onset(source, mapping, files, points),
    )


def _point(source: SourceFolder, mapping: BleedOriginMapping, clip_id: str, found: FrameShapes) -> Iterator[PointLabel]:
    """The frame's bleeding source; `visible` False where its file holds none; nothing, and an error, where several."""
    sources: list[LabelMeShape] = []
    others: list[LabelMeShape] = []
    for shape in found.shapes:
        wanted = not mapping.source_labels or shape.label in mapping.source_labels
        (sources if wanted and shape_point(shape) else others).append(shape)
    tell_ignored(source, found, others)
    if len(sources) > 1:
        what = (
            f"left out: wanted one bleeding source, got {len(sources)} points ({', '.join(s.label for s in sources)})"
        )
        source.error("several-points", found.file, what, "keep one, or say source_labels", frame=found.frame)
    elif sources:
        x, y = sources[0].points[0]
        yield PointLabel(clip_id=clip_id, frame=found.frame, x=x, y=y)
    else:
        yield PointLabel(clip_id=clip_id, frame=found.frame, visible=False)


def _onset(
    source: SourceFolder, mapping: BleedOriginMapping, files: ClipFiles, points: list[PointLabel]
) -> list[OnsetLabel]:
    """A clip with one labelled frame is a detection clip, and that frame its onset, if it is where onsets are."""
    seen = [point.frame for point in points if point.visible]
    if mapping.onset_frame is None or len(seen) != 1:
        return []
    if seen[0] != mapping.onset_frame:
        what = f"its one label is at frame {seen[0]}, not at {mapping.onset_frame}; no onset taken from it"
        source.warning("onset", files.folder, what, "say onset_frame or first_frame in --mapping", frame=seen[0])
        return []
    return [OnsetLabel(clip_id=files.clip_id, frame=seen[0])]


SPEC: Final = DatasetSpec(
    name="bleedorigin",
    title="BleedOrigin-Bench: bleeding onset and source in endoscopic submucosal dissection",
    version="1.0.0",
    read=read,
    takes_mapping=True,
    citation=(
        "Xu M, Zhou R, Wang A, Lyu C, Li Z, Zhong N, Ren H. BleedOrigin: Dynamic Bleeding Source Localization in "
        "Endoscopic Submucosal Dissection via Dual-Stage Detection and Tracking. 2025, arXiv:2507.15094"
    ),
    licence="not released yet",
    url="https://szupc.github.io/ESD_BleedOrigin/",
    layout="<patient>/<clip>/<frame>.jpg and .json, or train|val|test above; else declare it with --mapping",
    expected={"clips": 485, "patients": 44, "frames": 106222},
    contradictions=(
        "44 patients are stated, but the split has 25 + 6 + 8 = 39, with all 319 + 68 + 98 = 485 clips (Sec. 3.3.1)",
        "485 detection clips of 150 frames are 72,750 frames, 66,896 are stated (Sec. 3.3 and 3.3.1)",
        "66,896 detection and 1,771 + 39,755 tracking frames are 108,422, 106,222 are stated in all (Sec. 3.3)",
    ),
    official_split_leaks=False,
)
