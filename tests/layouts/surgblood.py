"""SurgBlood's layout: train|test/videos-{image,mask,mask-edge,point}/<clip>/<frame>.{jpg,txt}, test folders by type."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .pictures import SIZE, block_mask, clip_frames, save, truncate

SITES = ("testGallbladder", "testCysticTriangle", "testVessel", "testGallbladderBed")


@dataclass
class SurgBloodTruth:
    """What was written. points: pixels or None, by clip and frame; masks: (H, W) bool likewise."""

    root: Path
    part: dict[str, str] = field(default_factory=dict)
    site: dict[str, str] = field(default_factory=dict)
    points: dict[str, list[tuple[float, float] | None]] = field(default_factory=dict)
    masks: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def folder(self, clip: str, kind: str = "image") -> Path:
        return self.root / self.part[clip] / f"videos-{kind}" / clip


def write_surgblood(
    root: Path, *, patients: int = 3, clips: int = 2, frames: int = 6, seed: int = 0, leak: bool = True
) -> SurgBloodTruth:
    """Clips of `patients` patients; the last clip of each is for testing (with `leak`), else the last patient is."""
    truth = SurgBloodTruth(root)
    for patient in range(1, patients + 1):
        for clip in range(1, clips + 1):
            name = f"2023-12-{patient:02d}patient{patient}clip{clip}"
            test = clip == clips and clips > 1 if leak else patient == patients
            truth.part[name] = "test" if test else "train"
            _write_clip(truth, name, frames, [seed, patient, clip])
            if test:
                truth.site[name] = SITES[patient % len(SITES)]
                for kind in ("image", "mask", "point"):
                    there = root / truth.site[name] / f"videos-{kind}" / name
                    shutil.copytree(truth.folder(name, kind), there)
    return truth


def _write_clip(truth: SurgBloodTruth, name: str, frames: int, key: list[int]) -> None:
    rng = np.random.default_rng([9, *key])
    truth.points[name], truth.masks[name] = [], []
    for frame, picture in enumerate(clip_frames(key, frames)):
        mask = block_mask([frame, *key])
        gray = mask.astype(np.uint8) * 255
        save(truth.folder(name) / f"{frame:05d}.jpg", picture)
        save(truth.folder(name, "mask") / f"{frame:05d}.jpg", gray)
        if truth.part[name] == "train":
            save(truth.folder(name, "mask-edge") / f"{frame:05d}.jpg", gray)
        x, y = (round(float(v), 6) for v in rng.uniform(0.05, 0.95, 2))
        text, point = f"{x} {y}\n", (x * SIZE[0], y * SIZE[1])
        if frame % 5 == 3:
            text, point = "0 0\n", None
        elif frame % 5 == 4:
            text, point = "", None
        file = truth.folder(name, "point") / f"{frame:05d}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        if frame != 5:  # no file at all: no point either
            file.write_text(text)
        truth.points[name].append(None if frame == 5 else point)
        truth.masks[name].append(mask)


CLIP = "2023-12-01patient1clip1"
"""The clip that damage is planted in."""


def _image(truth: SurgBloodTruth, frame: int, kind: str = "image", ending: str = ".jpg") -> Path:
    return truth.folder(CLIP, kind) / f"{frame:05d}{ending}"


def _text(text: str):
    return lambda truth: _image(truth, 1, "point", ".txt").write_text(text)


def _unnamed(truth: SurgBloodTruth) -> None:
    for kind in ("image", "mask", "point"):
        truth.folder(CLIP, kind).rename(truth.folder(CLIP, kind).with_name("clipA"))


def _both_parts(truth: SurgBloodTruth) -> None:
    for kind in ("image", "mask", "point"):
        shutil.copytree(truth.folder(CLIP, kind), truth.root / "test" / f"videos-{kind}" / CLIP)


def _outside(truth: SurgBloodTruth) -> None:
    other = truth.root.parent / "elsewhere"
    shutil.copytree(truth.folder(CLIP), other)
    (truth.root / "train/videos-image/2023-12-01patient1clip9").symlink_to(other)


CORRUPTIONS = {
    "two values on a second line": (_text("0.5 0.5\n0.6 0.6\n"), "point-file"),
    "one value": (_text("0.5\n"), "point-file"),
    "three values": (_text("0.5 0.5 0.5"), "point-file"),
    "NaN": (_text("nan 0.5"), "point-file"),
    "infinite": (_text("0.5 inf"), "point-file"),
    "pixels": (_text("640 360"), "point-file"),
    "words": (_text("left top"), "point-file"),
    "comma": (_text("0.5,0.5"), "point-file"),
    "binary": (lambda truth: _image(truth, 1, "point", ".txt").write_bytes(b"\xff\xfe\x00"), "point-file"),
    "no mask": (lambda truth: _image(truth, 2, "mask").unlink(), "mask-missing"),
    "no mask folder": (lambda truth: shutil.rmtree(truth.folder(CLIP, "mask")), "mask-missing"),
    "no point folder": (lambda truth: shutil.rmtree(truth.folder(CLIP, "point")), "point-missing"),
    "gray mask": (lambda truth: save(_image(truth, 2, "mask"), np.full((48, 64), 120, np.uint8)), "mask-file"),
    "truncated mask": (lambda truth: truncate(_image(truth, 2, "mask")), "mask-file"),
    "mask alone": (
        lambda truth: shutil.copy(_image(truth, 2, "mask"), _image(truth, 77, "mask")),
        "mask-without-image",
    ),
    "point alone": (lambda truth: _image(truth, 77, "point", ".txt").write_text("0.5 0.5"), "point-without-image"),
    "GIF": (lambda truth: _image(truth, 2, ending=".gif").write_bytes(b"GIF89a"), "extension"),
    "name without number": (lambda truth: _image(truth, 2).with_stem("last").write_bytes(b"x"), "frame-name"),
    "number twice": (lambda truth: shutil.copy(_image(truth, 2), _image(truth, 2).with_stem("2")), "duplicate-frame"),
    "empty clip": (lambda truth: (truth.root / "train/videos-image/2023-12-01patient1clip7").mkdir(), "empty-clip"),
    "no patient in the name": (_unnamed, "patient"),
    "clip in both parts": (_both_parts, "duplicate-clip"),
    "link out": (_outside, "link"),
    "cyclic link": (lambda truth: (truth.folder(CLIP) / "loop.jpg").symlink_to("loop.jpg"), "link"),
}
