"""HemoSet's layout: pig<N>/imgs/<frame>.png, pig<N>/labels/<frame>_mask.png in #000000 and #800000."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .pictures import block_mask, clip_frames, save, truncate


@dataclass
class HemoSetTruth:
    """What was written: masks (H, W) bool by animal and frame, None where the label is missing."""

    root: Path
    nested: bool
    masks: dict[str, dict[int, np.ndarray | None]] = field(default_factory=dict)

    def folder(self, animal: str, kind: str) -> Path:
        folder = self.root / animal / kind
        return folder / kind if self.nested else folder


def write_hemoset(
    root: Path, *, animals: int = 3, frames: int = 5, nested: bool = False, seed: int = 0
) -> HemoSetTruth:
    """`frames` images an animal, 30 frames apart; the last has no label."""
    truth = HemoSetTruth(root, nested)
    for animal in range(1, animals + 1):
        name = f"pig{animal}"
        truth.masks[name] = {}
        for number, picture in enumerate(clip_frames([seed, animal], frames)):
            mask = block_mask([number, seed, animal])
            save(truth.folder(name, "imgs") / f"{30 * number:06d}.png", picture)
            if number < frames - 1:
                save(truth.folder(name, "labels") / f"{30 * number:06d}_mask.png", coloured(mask))
            truth.masks[name][30 * number] = mask if number < frames - 1 else None
    return truth


def coloured(mask: np.ndarray) -> np.ndarray:
    """The label picture of a mask."""
    return np.where(mask[..., None], np.array([128, 0, 0], np.uint8), np.uint8(0)).astype(np.uint8)


def _label(truth: HemoSetTruth, frame: int) -> Path:
    return truth.folder("pig1", "labels") / f"{frame:06d}_mask.png"


def _odd(truth: HemoSetTruth, pixels: int) -> None:
    picture = coloured(block_mask([1, 0, 1]))
    picture.reshape(-1, 3)[:pixels] = (0, 200, 0)
    save(_label(truth, 30), picture)


CORRUPTIONS = {
    "white mask": (lambda truth: save(_label(truth, 30), np.full((48, 64, 3), 255, np.uint8)), "mask-file"),
    "label indices": (lambda truth: save(_label(truth, 30), np.ones((48, 64), np.uint8)), "mask-file"),
    "a few odd pixels": (lambda truth: _odd(truth, 3), "mask-file"),
    "many odd pixels": (lambda truth: _odd(truth, 300), "mask-file"),
    "truncated mask": (lambda truth: truncate(_label(truth, 30)), "mask-file"),
    "label alone": (lambda truth: shutil.copy(_label(truth, 30), _label(truth, 45)), "mask-without-image"),
    "odd step": (lambda truth: (truth.folder("pig1", "imgs") / "000030.png").rename(
        truth.folder("pig1", "imgs") / "000030x.png"), "frame-name"),
    "animal without number": (lambda truth: (truth.root / "pig1").rename(truth.root / "Babe"), "patient"),
    "no labels": (lambda truth: shutil.rmtree(truth.root / "pig1" / "labels"), "unlabelled"),
    "no images": (lambda truth: [p.unlink() for p in truth.folder("pig1", "imgs").iterdir()], "empty-clip"),
    "link to nowhere": (lambda truth: (truth.root / "pig9").symlink_to("gone"), "link"),
}  # fmt: skip
