"""VL-SurgPT: sparse tissue and instrument points on short robotic-surgery videos. Zhou et al. 2025, arXiv:2511.12026.

Two layouts are met: the release's (`tissue_with_text/<scenario>/left/seq000/{frames/*.mp4, segmentation/labels.json}`)
and a flat one (`tissue/seq000/{*.mp4, labels.json}`). `labels.json` maps a frame number to one `[x, y]` or `null` (not
visible) a target; a target is known by its place in that list. Nothing says whether whole numbers are pixel centres or
corners, so coordinates are taken as continuous pixels as written, without a half-pixel shift. Patients are not stated
anywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from .errors import BleedkitError
from .json_file import read_json
from .problems import Problems
from .safe_path import check_inside
from .schema import Clip, PointLabel
from .source import DatasetSpec, ReadOptions, SourceClip
from .source_folder import SourceFolder, composed
from .video import VIDEO_SUFFIXES, index_video, report_video

SCENARIOS: Final = {"0": "deformation", "1": "instrument blocking", "2": "jitter", "3": "reflection", "4": "smoke"}
"""The release's tissue folders, by its readme; the statuses in `texts.json` are added to them."""

_LABELS: Final = "want {frame: [[x, y] or null, ...]}"


def read(root: Path, options: ReadOptions, problems: Problems) -> Iterator[SourceClip]:
    """Yield the sequences of both layouts in order of their paths."""
    source = SourceFolder(root, options, problems)
    folders = list(_sequences(source))
    if not folders:
        raise BleedkitError(f"{root} holds no sequence (<kind>/seq*/labels.json)", "give the folder above tissue/")
    for folder in folders:
        try:
            clip = _read_sequence(source, folder, alone=sum(f.name == folder.name for f in folders) == 1)
        except BleedkitError as error:
            source.refused("sequence", folder, error)
            continue
        if clip is not None:
            yield clip


def read_pair(
    video: Path,
    labels: Path,
    *,
    root: Path,
    clip_id: str,
    patient_id: str,
    problems: Problems,
    target: str = "tissue",
) -> SourceClip | None:
    """One video with its label file, and a `texts.json` beside that where there is one, as a clip.

    target: what targets are called before their number (`tissue-0`). Label rows that cannot be used are errors and left
    out; None, and an error, where the video or the label file as a whole cannot be used.
    """
    source = SourceFolder(root, ReadOptions(), problems)
    try:
        check_inside(root, video)
        index = index_video(video)
    except BleedkitError as error:
        source.refused("video", video, error)
        return None
    report_video(index, source.name(video), problems)
    file = _name(source, labels)
    try:
        stated, repeated = read_json(labels)
    except BleedkitError as error:
        problems.error("label-file", file, error.what.removeprefix(f"{labels}: "), error.remedy)
        return None
    for key in repeated:
        problems.error("label-frame", file, f"names {key[:40]!r} twice; the second is left out", "keep one of them")
    clip = Clip(
        clip_id, patient_id, patient_id, index.fps, index.size, index.n_frames,
        media=source.name(video), scenarios=_statuses(source, labels.with_name("texts.json")),
    )  # fmt: skip
    points = list(_points(clip, stated, file, target, problems))
    if not points:
        problems.warning("no-labels", file, "holds no label that can be used", _LABELS)
    return SourceClip(clip, index.frames(clip_id), points)


def _sequences(source: SourceFolder) -> Iterator[Path]:
    for kind in source.subfolders(source.root):
        for below in source.subfolders(kind):
            if below.name.startswith("seq"):
                yield below
            else:
                for side in source.subfolders(below):
                    if side.name == "left":
                        yield from source.subfolders(side)


def _read_sequence(source: SourceFolder, folder: Path, *, alone: bool) -> SourceClip | None:
    nested = (folder / "segmentation").is_dir()
    labels = folder / "segmentation" / "labels.json" if nested else folder / "labels.json"
    videos_in = folder / "frames" if nested else folder
    if not labels.is_file():
        source.error("labels-missing", folder, "sequence has no labels.json; left out", "download it again")
        return None
    check_inside(source.root, labels)
    check_inside(source.root, videos_in)
    videos = [path for path in source.listing(videos_in) if path.suffix.lower() in VIDEO_SUFFIXES]
    if len(videos) != 1:
        what = f"sequence must have one video, has {len(videos)}; left out"
        source.error("video-missing" if not videos else "several-videos", videos_in, what, "keep the labelled one")
        return None
    parts = [composed(part) for part in folder.relative_to(source.root).parts]
    clip = read_pair(
        videos[0],
        labels,
        root=source.root,
        clip_id="-".join(parts),
        patient_id=_patient(source, folder, parts, alone=alone),
        problems=source.problems,
        target=parts[0].lower().split("_")[0],
    )
    if clip is None or not (nested and parts[0].startswith("tissue") and parts[1] in SCENARIOS):
        return clip
    scenarios = sorted({SCENARIOS[parts[1]], *clip.clip.scenarios})
    return replace(clip, clip=replace(clip.clip, scenarios=tuple(scenarios)))


def _patient(source: SourceFolder, folder: Path, parts: Sequence[str], *, alone: bool) -> str:
    """Who the user says it is, by clip id, path or (where it is the only one so named) folder name; else a warning."""
    said = {composed(name): patient for name, patient in source.options.patients.items()}
    names = ["-".join(parts), "/".join(parts), *([parts[-1]] if alone else [])]
    patient = next((said[name] for name in names if name in said), None)
    if patient is None:
        patient = names[0]
        what = f"no patient is stated; taken for a patient of its own, {patient!r}"
        source.warning("patient", folder, what, "sequences of one patient leak between parts: use --patients map.csv")
    return patient


def _points(clip: Clip, stated: Any, file: str, target: str, problems: Problems) -> Iterator[PointLabel]:
    if not isinstance(stated, dict):
        problems.error("label-file", file, f"holds a {type(stated).__name__}, not an object", _LABELS)
        return
    usual: int | None = None
    rows = {key: _frame_number(key) for key in stated}
    for key, frame in sorted(rows.items(), key=lambda row: (row[1] is None, row[1] or 0, row[0])):
        xys = stated[key]
        if frame is None:
            problems.error("label-frame", file, f"{key[:40]!r} is not a frame number; left out", _LABELS)
        elif frame >= clip.n_frames:
            what = f"is beyond the video's {clip.n_frames} frames; left out"
            problems.error("label-frame", file, what, "check that this is the video's label file", frame)
        elif xys is None:
            continue  # the authors' own loader passes such frames over: nobody looked
        elif not isinstance(xys, list):
            problems.error("label-shape", file, f"holds a {type(xys).__name__}; left out", _LABELS, frame)
        else:
            usual = len(xys) if usual is None else usual
            if len(xys) != usual:
                what = f"has {len(xys)} targets, the first labelled frame {usual}"
                problems.warning("target-count", file, what, "check that places in the list are the targets", frame)
            for number, xy in enumerate(xys):
                name = f"{target}-{number}"
                if xy is None:
                    yield PointLabel(clip_id=clip.clip_id, frame=frame, target=name, visible=False)
                elif _is_point(xy):
                    yield PointLabel(clip_id=clip.clip_id, frame=frame, target=name, x=float(xy[0]), y=float(xy[1]))
                else:
                    what = f"{name} is not two finite numbers; left out"
                    problems.error("point-value", file, what, _LABELS, frame)


def _frame_number(key: str) -> int | None:
    """The frame a key names, in ASCII digits; None for any other text."""
    return int(key) if key.isascii() and key.isdigit() and len(key) < 10 else None


def _is_point(value: Any) -> bool:
    """Whether it is [x, y] of plain finite numbers: no text, no truth values, no integer that no float holds."""
    if not (isinstance(value, list) and len(value) == 2 and all(type(part) in (int, float) for part in value)):
        return False
    return all(abs(part) < 1e9 for part in value)


def _statuses(source: SourceFolder, path: Path) -> tuple[str, ...]:
    """Every status word in `texts.json`, lower case, sorted; a status is one word or a list of them."""
    if not path.is_file():
        return ()
    try:
        check_inside(path.parent, path)
        stated, _ = read_json(path)
        entries = [entry for frame in stated.values() for entry in frame or ()]
        found = [entry["status"] for entry in entries]
    except BleedkitError as error:
        what, remedy = error.what.removeprefix(f"{path}: "), error.remedy
        source.problems.warning("texts", _name(source, path), f"{what}; statuses left out", remedy)
        return ()
    except (AttributeError, TypeError, KeyError):
        what = "is not {frame: [{status: ...}, ...]}; statuses left out"
        source.problems.warning("texts", _name(source, path), what, "download it again")
        return ()
    words = [word for status in found for word in (status if isinstance(status, list) else [status])]
    return tuple(sorted({word.strip().lower() for word in words if isinstance(word, str) and word.strip()}))


def _name(source: SourceFolder, path: Path) -> str:
    """A label file may lie outside the root where the user names it (`--labels`)."""
    return source.name(path) if path.is_relative_to(source.root) else path.name


SPEC: Final = DatasetSpec(
    name="vl_surgpt",
    title="VL-SurgPT: tissue and instrument points with status words in robotic surgery",
    version="1.0.0",
    read=read,
    citation=(
        "Zhou R, He W, Wang A, Zhang J, Zeng X, Zhang X, Zhu C, Hu H, Ren H. Bridging Vision and Language for Robust "
        "Context-Aware Surgical Point Tracking: The VL-SurgPT Dataset and Benchmark. AAAI 2026, arXiv:2511.12026"
    ),
    licence="CC BY by its project page, which also rules out commercial use",
    url="https://github.com/SzuPc/VL-SurgPT-Dataset",
    layout="<kind>/seq<N>/{*.mp4, labels.json, texts.json} or <kind>/<N>/left/seq<N>/{frames/*.mp4, segmentation/}",
    expected={"clips": 908},
    contradictions=("its project page names CC BY and forbids commercial use, which CC BY allows",),
)
