"""HemoSet: blood regions in robotic thyroidectomies of live pigs. Miao et al. 2024 (ISMR).

Masks are colour pictures: background #000000, blood #800000, read as red > 110 with no green and no blue. Images carry
their frame number in the 30 fps video; about every 30th is there. Some copies nest `imgs/imgs` and `labels/labels`, and
some labels are missing. An animal is a patient.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from .errors import BleedkitError
from .images import read_image
from .problems import Problems
from .schema import Clip
from .source import DatasetSpec, ReadOptions, SourceClip, SourceMask
from .source_folder import NUMBER, SourceFolder, plain_name

FPS: Final = 30.0
MAX_ODD_SHARE: Final = 0.01
"""Smoothed edges stay below this share of a mask's pixels; with more odd ones it is another kind of mask."""

_ANIMAL: Final = re.compile(r"pig[-_ ]?([0-9]{1,4})", re.IGNORECASE)
_MASK_NAME: Final = re.compile(r"([0-9]{1,9})_mask", re.IGNORECASE)


def parse_animal(name: str) -> str | None:
    """Read `pig7` from a folder's name; None for a name of another form."""
    match = _ANIMAL.fullmatch(name)
    return f"pig{int(match[1])}" if match else None


def mask_of_colours(rgb: np.ndarray) -> tuple[np.ndarray, int]:
    """Split a label picture (H, W, 3) uint8 RGB into the blood region (H, W) bool and a count of odd pixels.

    Odd ones are neither black nor blood; they count as background.
    """
    no_green_or_blue = ~rgb[..., 1:].any(axis=2)
    blood = no_green_or_blue & (rgb[..., 0] > 110)
    black = no_green_or_blue & (rgb[..., 0] == 0)
    return blood, int(np.count_nonzero(~(blood | black)))


def read(root: Path, options: ReadOptions, problems: Problems) -> Iterator[SourceClip]:
    """Yield one clip an animal, in natural order of their names; masks stay on disk until asked for."""
    source = SourceFolder(root, options, problems)
    animals = [folder for folder in source.subfolders(root) if (folder / "imgs").is_dir()]
    if not animals:
        raise BleedkitError(f"{root} has no pig<N>/imgs/ folder", "give the folder that holds the animals")
    for folder in animals:
        clip = _read_clip(source, folder)
        if clip is not None:
            yield clip


def _read_clip(source: SourceFolder, folder: Path) -> SourceClip | None:
    name = plain_name(folder)
    patient = source.patient(name, folder, parse_animal(name))
    images = _files(source, folder / "imgs", NUMBER)
    labels = _files(source, folder / "labels", _MASK_NAME)
    size = source.clip_size(folder, list(images.values()))
    if patient is None or size is None:
        return None
    for number in sorted(labels.keys() - images.keys()):
        source.error("mask-without-image", labels[number], "left out: no image has its number", "put the image back")
    labels = {number: path for number, path in labels.items() if number in images}
    if not labels:
        source.warning("unlabelled", folder, "no image has a label", "check that labels/ was unpacked")
    _check_steps(source, folder, list(images))
    return SourceClip(
        Clip(name, patient, patient, FPS, size, max(images) + 1),
        source.frames(name, FPS, images.items()),
        masks=lambda: _masks(source, labels),
    )


def _files(source: SourceFolder, folder: Path, name: re.Pattern[str]) -> dict[int, Path]:
    """Images by number, of `imgs` and, in copies that nest it, of `imgs/imgs`."""
    found: dict[int, Path] = {}
    for place in (folder, folder / folder.name):
        for file in source.image_files(place, name) if place.is_dir() else []:
            if found.setdefault(file.number, file.path) is not file.path:
                source.error(
                    "duplicate-frame", file.path, "left out: the outer folder has it too", "keep one of the two"
                )
    return dict(sorted(found.items()))


def _check_steps(source: SourceFolder, folder: Path, numbers: list[int]) -> None:
    """Warn, once a clip, of steps between images that differ from the usual one."""
    steps = list(zip(numbers, np.diff(numbers).tolist(), strict=False))
    if not steps:
        return
    usual = Counter(step for _, step in steps).most_common(1)[0][0]
    odd = [(number, step) for number, step in steps if step != usual]
    if odd:
        number, step = odd[0]
        what = f"{len(odd)} of {len(steps)} steps between images are not {usual} frames; the first is {step}"
        source.warning("frame-step", folder, what, "nothing to do if the copy is whole", frame=number)


def _masks(source: SourceFolder, labels: Mapping[int, Path]) -> Iterator[SourceMask]:
    for frame, path in labels.items():
        try:
            blood, odd = mask_of_colours(read_image(path))
        except BleedkitError as error:
            source.refused("mask-file", path, error, frame=frame)
            continue
        what = f"mask is not binary: {odd} of {blood.size} pixels are neither #000000 nor blood (#800000)"
        if odd > MAX_ODD_SHARE * blood.size:
            source.error("mask-file", path, f"left out: {what}", "save it in the two colours", frame=frame)
            continue
        if odd:
            source.warning("mask-file", path, f"{what}; they count as background", "look at it", frame=frame)
        yield SourceMask(frame, blood)


SPEC: Final = DatasetSpec(
    name="hemoset",
    title="HemoSet: blood regions in robotic surgery of live pigs",
    version="1.0.0",
    read=read,
    citation=(
        "Miao AJ, Lin S, Lu J, Richter F, Ostrander B, Funk EK, Orosco RK, Yip MC. HemoSet: The First Blood "
        "Segmentation Dataset for Automation of Hemostasis Management. ISMR 2024, pp. 1-7, arXiv:2403.16286"
    ),
    licence="none stated in the paper; see the project page",
    url="https://arclab-hemoset.github.io",
    layout="pig<N>/imgs/<frame>.png, pig<N>/labels/<frame>_mask.png; imgs/imgs and labels/labels are read as well",
    expected={"clips": 11, "patients": 11, "masks": 857},
    contradictions=("SurgBlood's Table 1 counts 10 videos, BleedOrigin's Table 2 counts 11",),
)
