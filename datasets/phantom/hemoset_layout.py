"""HemoSet's layout on disk: `pig<N>/imgs/<frame>.png` and `pig<N>/labels/<frame>_mask.png`, labelled frames only.

Masks are colour pictures, background #000000 and blood #800000. An animal has one folder and so one clip.
"""

from pathlib import Path
from typing import Final

import numpy as np

from ..cohort import Cohort
from ..errors import BleedkitError
from ..media import iter_images
from ..schema import Clip
from .layout_parts import mask_pixels, masks_by_frame, write_png

BLOOD: Final = (0x80, 0, 0)


def write_clip(cohort: Cohort, clip: Clip, folder: Path) -> None:
    """Write one clip below `folder`. Raises BleedkitError for an animal's second clip."""
    if clip.clip_id != clip.patient_id:
        what = f"HemoSet has one clip an animal, {clip.patient_id} has another, {clip.clip_id}"
        raise BleedkitError(what, "ask for as many --patients as --clips")
    masks = masks_by_frame(cohort, clip.clip_id)
    for frame, rgb in iter_images(cohort, clip.clip_id, masks.keys()):
        write_png(folder / clip.patient_id / "imgs" / f"{frame:06d}.png", rgb)
        coloured = mask_pixels(cohort, masks[frame])[..., None] * np.array(BLOOD, np.uint8)
        write_png(folder / clip.patient_id / "labels" / f"{frame:06d}_mask.png", coloured)
