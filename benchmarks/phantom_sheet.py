"""The phantom's contact sheet: one row a clip, from before the onset on, and last the truth drawn over the picture.

    python -m bleedkit.benchmarks.phantom_sheet --out docs/phantom_sheet.png

Green: rim of the active region. Blue: pooled blood. Yellow: dried stains. Cross: the source, white where it is visible.
"""

import argparse
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ..datasets.phantom.config import BleedingConfig, BleedingKind, PatientLook, PhantomClip
from ..datasets.phantom.render import render_clip
from ..datasets.phantom.truth import PhantomFrame
from ..datasets.schema import ImageSize
from ..datasets.transaction import write_atomic

_CELL: Final = ImageSize(192, 160)
_SHOWN: Final = (4, 18, 44)
_ROWS: Final[tuple[tuple[int, str, dict[str, float]], ...]] = (
    (62, "gallbladder", {}),
    (41, "gallbladder bed", {"instrument interference": 0.8}),
    (23, "cystic triangle", {"smoke": 0.5}),
    (44, "vessel", {}),
    (60, "gastric antrum", {"water flushing": 1.0}),
    (47, "esophagus", {}),
    (46, "cardia", {"instrument interference": 0.6}),
    (45, "ascending colon", {"narrow-band": 1.0}),
)


def sheet() -> np.ndarray:
    """RGB (H, W, 3) uint8: two columns of clips, four pictures each."""
    rows = [_row(*row) for row in _ROWS]
    half = len(rows) // 2
    return np.hstack([np.vstack(rows[:half]), np.vstack(rows[half:])])


def _row(seed: int, site: str, scenarios: dict[str, float]) -> np.ndarray:
    kind = BleedingKind.SPURTING if site == "vessel" else BleedingKind.OOZING
    clip = PhantomClip(
        seed=seed,
        size=ImageSize(480, 400),
        n_frames=_SHOWN[-1] + 1,
        fps=10.0,
        patient=PatientLook.of(seed, site),
        site=site,
        onset_frame=6,
        scenarios=scenarios,
        bleeding=BleedingConfig(kind=kind),
    )
    pictures = []
    for frame in render_clip(clip):
        if frame.frame in _SHOWN:
            pictures.append(frame.rgb)
    pictures.append(_with_truth(frame))
    size = (_CELL.width, _CELL.height)
    return np.hstack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in pictures])


def _with_truth(frame: PhantomFrame) -> np.ndarray:
    drawn = frame.rgb.copy()
    for mask, colour in ((frame.pooled, (40, 80, 255)), (frame.dried, (240, 220, 40))):
        drawn[mask] = (0.5 * drawn[mask] + 0.5 * np.array(colour)).astype(np.uint8)
    drawn[cv2.dilate(frame.edges.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = (0, 255, 0)
    for source in frame.sources:
        colour = (255, 255, 255) if source.visible else (0, 0, 0)
        cv2.drawMarker(drawn, (int(source.x), int(source.y)), colour, cv2.MARKER_CROSS, 30, 3)
    return drawn


def main() -> None:
    """Write the sheet as a PNG of 128 colours, which keeps it small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.fromarray(sheet()).quantize(128, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    write_atomic(options.out, stream.getvalue())


if __name__ == "__main__":
    main()
