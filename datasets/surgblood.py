"""SurgBlood: 95 laparoscopic cholecystectomy clips with bleeding regions and points. Pei et al. 2025, Sec. 3.

Layout as the authors' own loader reads it: JPEG masks (threshold 128), points as `x y` normalised to [0, 1] in one text
file a frame, where `0 0`, an empty file and no file all mean that there is no point. Frames are 2 a second.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from .errors import BleedkitError
from .images import read_gray
from .problems import Problems
from .schema import Clip, PointLabel
from .source import DatasetSpec, ReadOptions, SourceClip, SourceMask
from .source_folder import SourceFolder, plain_name

FPS: Final = 2.0
SITES: Final = {
    "testgallbladder": "gallbladder",
    "testcystictriangle": "cystic triangle",
    "testvessel": "vessel",
    "testgallbladderbed": "gallbladder bed",
}
"""Bleeding type by extra test folder, in lower case; they hold the test clips again, sorted by type."""

MAX_GRAY_SHARE: Final = 0.05
"""JPEG noise around a mask's edge is well below this share of its pixels; more gray is no mask."""

_CLIP_NAME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[-_ ]?patient[-_ ]?([0-9]{1,6})[-_ ]?clip[-_ ]?([0-9]{1,6})", re.IGNORECASE
)
_POINT_REMEDY: Final = "write one 'x y' normalised to [0, 1], or nothing for no point"


@dataclass(frozen=True)
class ClipName:
    """What a clip's name says: date of the operation, patient (`patient11`), number of the clip."""

    date: str
    patient: str
    clip: int


def parse_clip_name(name: str) -> ClipName | None:
    """Read `2023-12-21patient11clip3`; None for a name of another form."""
    match = _CLIP_NAME.fullmatch(name)
    return ClipName(match[1], f"patient{int(match[2])}", int(match[3])) if match else None


def parse_point(text: str) -> tuple[float, float] | None:
    """Normalised x and y of a point file's text; None where it says that there is no point (empty, or `0 0`).

    Raises BleedkitError where it holds anything but one pair of numbers in [0, 1].
    """
    words = text.split()
    if not words:
        return None
    if len(words) != 2:
        raise BleedkitError(f"wanted one 'x y', got {len(words)} values", _POINT_REMEDY)
    try:
        x, y = (float(word) for word in words)
    except ValueError:
        raise BleedkitError("wanted two numbers, got other text", _POINT_REMEDY) from None
    if not (0 <= x <= 1 and 0 <= y <= 1):  # NaN fails as well
        raise BleedkitError(f"wanted numbers in [0, 1], got {x:g} {y:g}", _POINT_REMEDY)
    return None if x == y == 0 else (x, y)


def mask_of_gray(gray: np.ndarray) -> np.ndarray:
    """Return the region (H, W) bool of a JPEG mask's luma (H, W) uint8: 128 and above.

    Raises BleedkitError where more than MAX_GRAY_SHARE of the pixels are neither dark nor bright.
    """
    share = float(np.mean((gray >= 32) & (gray < 224)))
    if share > MAX_GRAY_SHARE:
        raise BleedkitError(f"mask is not binary: {share:.0%} of its pixels are gray", "save it as black and white")
    return gray >= 128


def read(root: Path, options: ReadOptions, problems: Problems) -> Iterator[SourceClip]:
    """Yield the clips of train, then of test, in natural order of their names; masks stay on disk until asked for."""
    source = SourceFolder(root, options, problems)
    parts = _parts(source)
    sites = _sites(source, parts)
    seen: set[str] = set()
    dates: dict[str, set[str]] = defaultdict(set)
    for part in ("train", "test"):
        for images in source.subfolders(parts[part] / "videos-image") if part in parts else []:
            name = plain_name(images)
            if name in seen:
                source.error("duplicate-clip", images, "left out: the clip is in train/ as well", "keep one of the two")
                continue
            seen.add(name)
            clip = _read_clip(source, images, sites.get(name, ""))
            if clip is not None:
                said = parse_clip_name(name)
                if said and said.patient == clip.clip.patient_id:
                    dates[said.patient].add(said.date)
                yield clip
    for patient in sorted(patient for patient, days in dates.items() if len(days) > 1):
        what = f"{patient} has clips of {len(dates[patient])} dates, taken for one patient"
        source.warning("patient-dates", root, what, "if numbers start again every day, use --patients map.csv")


def _parts(source: SourceFolder) -> dict[str, Path]:
    """train, test and the extra test folders, by lower-case name."""
    found = {plain_name(path).lower(): path for path in source.subfolders(source.root)}
    parts = {name: found.pop(name) for name in ("train", "test", *SITES) if name in found}
    if not {"train", "test"} & parts.keys():
        raise BleedkitError(f"{source.root} has neither train/ nor test/", "give the folder that holds them")
    for path in found.values():
        source.warning("unknown-folder", path, "is no part of SurgBlood; not read", "move it away")
    for name, folder in list(parts.items()):
        if not (folder / "videos-image").is_dir():
            source.error("layout", parts.pop(name), "has no videos-image/; not read", "unpack it again")
    return parts


def _sites(source: SourceFolder, parts: Mapping[str, Path]) -> dict[str, str]:
    """Bleeding type by clip name. The extra folders repeat test clips, so nothing else is read from them."""
    sites: dict[str, str] = {}
    test = parts.get("test", source.root) / "videos-image"
    for part, site in SITES.items():
        for images in source.subfolders(parts[part] / "videos-image") if part in parts else []:
            if not (test / images.name).is_dir():
                source.error("clip-not-in-test", images, "not read: the clip is not in test/", "put it there as well")
            elif sites.setdefault(plain_name(images), site) != site:
                source.warning(
                    "two-sites", images, f"clip is in {sites[plain_name(images)]} as well", "keep one of them"
                )
    return sites


def _read_clip(source: SourceFolder, images: Path, site: str) -> SourceClip | None:
    name, part = plain_name(images), images.parent.parent
    said = parse_clip_name(name)
    patient = source.patient(name, images, said.patient if said else None)
    files = {file.number: file.path for file in source.image_files(images)}
    size = source.clip_size(images, list(files.values()))
    if patient is None or size is None:
        return None
    index = _frame_indices(source, images, list(files))
    procedure = f"{said.date}{patient}" if said else patient
    split = part.name.lower()
    clip = Clip(name, patient, procedure, FPS, size, max(index.values()) + 1, site=site, official_split=split)
    masks = _beside(source, part / "videos-mask" / images.name, index, "mask")
    points = _beside(source, part / "videos-point" / images.name, index, "point")
    return SourceClip(
        clip,
        source.frames(name, FPS, ((index[number], path) for number, path in files.items())),
        points=[] if points is None else list(_points(source, clip, index, points)),
        masks=lambda: _masks(source, index, masks or {}),
    )


def _frame_indices(source: SourceFolder, images: Path, numbers: list[int]) -> dict[int, int]:
    """Frame index by number in the name. The first is 0; numbers that all lie k apart (of a video) count as 1 apart."""
    step = math.gcd(*(number - numbers[0] for number in numbers)) or 1
    if step > 1:
        what = f"frame numbers lie {step} apart; counted as consecutive frames at {FPS:g} fps"
        source.warning("frame-step", images, what, "check the frame rate")
    return {number: (number - numbers[0]) // step for number in numbers}


def _beside(source: SourceFolder, folder: Path, index: Mapping[int, int], kind: str) -> dict[int, Path] | None:
    """Mask or point files of a clip by the number in their name; None, and an error, where their folder is missing."""
    if not folder.is_dir():
        source.problems.error(f"{kind}-missing", source.name(folder), f"clip has no {kind} folder", "unpack it again")
        return None
    files = source.image_files(folder) if kind == "mask" else source.numbered_files(folder, [".txt"])
    found = {file.number: file.path for file in files if file.number in index}
    for file in files:
        if file.number not in index:
            source.error(f"{kind}-without-image", file.path, "left out: no image has its number", "remove it")
    if kind == "mask":  # a missing point file says that there is no point
        for number in sorted(index.keys() - found.keys()):
            what = f"image {number} has no mask"
            source.error("mask-missing", folder, what, "unpack it again", frame=index[number])
    return found


def _points(
    source: SourceFolder, clip: Clip, index: Mapping[int, int], files: Mapping[int, Path]
) -> Iterator[PointLabel]:
    """One label a frame, as every frame was looked at; `visible` False where the source says no point."""
    for number, frame in index.items():
        try:
            point = parse_point(files[number].read_text(encoding="utf-8-sig") if number in files else "")
        except (BleedkitError, OSError, UnicodeDecodeError) as error:
            source.refused("point-file", files[number], error, frame=frame)
            continue
        if point is None:
            yield PointLabel(clip_id=clip.clip_id, frame=frame, visible=False)
        else:
            x, y = point[0] * clip.size.width, point[1] * clip.size.height
            yield PointLabel(clip_id=clip.clip_id, frame=frame, x=x, y=y)


def _masks(source: SourceFolder, index: Mapping[int, int], files: Mapping[int, Path]) -> Iterator[SourceMask]:
    for number, path in files.items():
        try:
            yield SourceMask(index[number], mask_of_gray(read_gray(path)))
        except BleedkitError as error:
            source.refused("mask-file", path, error, frame=index[number])


SPEC: Final = DatasetSpec(
    name="surgblood",
    title="SurgBlood: bleeding regions and points in laparoscopic cholecystectomy",
    version="1.0.0",
    read=read,
    citation=(
        "Pei J, Zhou Z, Guo D, Li Z, Qin J, Du B, Heng PA. Synergistic Bleeding Region and Point Detection in "
        "Laparoscopic Surgical Videos. CVPR 2026, arXiv:2503.22174"
    ),
    licence="none stated for the data (the authors' code is MIT)",
    url="https://arxiv.org/abs/2503.22174",
    layout=(
        "train|test/videos-image/<clip>/<frame>.jpg, videos-mask/<clip>/<frame>.jpg, "
        "videos-point/<clip>/<frame>.txt; <clip> is <date>patient<N>clip<N>"
    ),
    expected={"clips": 95, "patients": 42, "frames": 5330},
    contradictions=(
        "the paper's shares of the four bleeding types add up to 100.18 % (Sec. 3.3)",
        "the paper draws 75 training and 20 test clips at random over clips, so patients sit on both sides (Sec. 5.1)",
    ),
    # At most 2^42 of the C(95, 20) = 1.7e20 draws keep every patient on one side: 3 in 100 million.
    official_split_leaks=True,
)
