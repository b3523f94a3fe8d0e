"""A phantom cohort in the layout of the dataset it mirrors, so that its builder reads it like the real one."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..cohort import Cohort
from ..errors import BleedkitError
from ..progress import track
from ..schema import Clip
from . import bleedorigin_layout, hemoset_layout, surgblood_layout


@dataclass(frozen=True)
class Layout:
    """clip: writes one clip below a root. whole: writes what is about all clips, None for nothing."""

    clip: Callable[[Cohort, Clip, Path], None]
    whole: Callable[[Cohort, Path], None] | None = None


LAYOUTS: Final[Mapping[str, Layout]] = {
    "surgblood": Layout(surgblood_layout.write_clip),
    "hemoset": Layout(hemoset_layout.write_clip),
    "bleedorigin": Layout(bleedorigin_layout.write_clip, bleedorigin_layout.write_facts),
}


def check_layout(preset: str, layout: str, folder: Path) -> None:
    """Raise BleedkitError unless a cohort of `preset` can be written as `layout` into the new folder `folder`."""
    if layout not in LAYOUTS:
        raise BleedkitError(f"there is no layout {layout!r}", f"choose one of {', '.join(LAYOUTS)}")
    if preset != layout:
        raise BleedkitError(f"preset {preset} has not the labels of layout {layout}", f"use --preset {layout}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BleedkitError(f"{folder} is there already and not empty", "give --layout a new folder")


def write_layout(cohort: Cohort, layout: str, folder: Path) -> None:
    """Write a phantom cohort as `layout` into `folder`, which appears when it is whole; labels are one annotator's.

    Raises BleedkitError where the cohort is no phantom of the preset of that name, or `folder` is not empty.
    """
    settings = cohort.meta.extra.get("phantom", {})
    check_layout(str(settings.get("preset", cohort.meta.source)), layout, folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    writing = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for clip in track(cohort.clips.values(), f"Writing the layout {layout}", len(cohort.clips)):
            LAYOUTS[layout].clip(cohort, clip, writing)
        whole = LAYOUTS[layout].whole
        if whole is not None:
            whole(cohort, writing)
        writing.chmod(0o755)
        os.replace(writing, folder)
    except BaseException:
        shutil.rmtree(writing, ignore_errors=True)
        raise
