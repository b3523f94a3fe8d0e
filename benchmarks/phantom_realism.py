"""How close the phantom's pictures come to real ones, in numbers: a Markdown table of phantom and real clips.

    python -m bleedkit.benchmarks.phantom_realism --real DATA

DATA holds `esd_demo/*/*.mp4` (flexible endoscope) and `endo/*.mp4`, `vl_surgpt/**/*.mp4` (laparoscope). Both sides are
brought to the same size before anything is measured. Colour distance is each clip's to all real ones pooled; what real
clips keep from the other real ones stands beside it, as no simulator need come closer than that.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from ..datasets.phantom.config import PatientLook, PhantomClip
from ..datasets.phantom.render import render_clip
from ..datasets.phantom.sites import SITES, SceneKind
from ..datasets.schema import ImageSize
from .picture_statistics import PictureStatistics, colour_distance, statistics_of

_FRAMES = 16  # consecutive ones of each clip


@dataclass(frozen=True)
class Family:
    """Clips through one kind of endoscope. compared: the size everything is measured at. files: globs of real clips."""

    kind: SceneKind
    rendered: ImageSize
    compared: ImageSize
    fps: float
    files: tuple[str, ...]


FAMILIES = (
    Family(SceneKind.ENDOSCOPIC, ImageSize(336, 336), ImageSize(112, 112), 25.0, ("esd_demo/*/*.mp4",)),
    Family(
        SceneKind.LAPAROSCOPIC,
        ImageSize(640, 360),
        ImageSize(320, 180),
        30.0,
        ("endo/*.mp4", "vl_surgpt/**/*.mp4"),
    ),
)


def real_statistics(family: Family, data: Path) -> list[PictureStatistics]:
    """One entry for each stretch of a real clip: three stretches of each, spread over its length."""
    found: list[PictureStatistics] = []
    for path in sorted(file for pattern in family.files for file in data.glob(pattern)):
        frames = list(_decoded(path))
        starts = np.linspace(0, max(len(frames) - _FRAMES, 0), 3).astype(int)
        found.extend(_measured(frames[start : start + _FRAMES], family.compared) for start in starts)
    return found


def phantom_statistics(family: Family, patients: int) -> list[PictureStatistics]:
    """One entry for each patient, at the sites in turn; the clips bleed from before their first measured frame on."""
    sites = [name for name, site in SITES.items() if site.kind is family.kind]
    found = []
    for patient in range(patients):
        site = sites[patient % len(sites)]
        lead = 30 + 10 * (patient % 4)
        clip = PhantomClip(
            seed=patient,
            size=family.rendered,
            n_frames=lead + _FRAMES,
            fps=family.fps,
            patient=PatientLook.of(patient, site),
            site=site,
            onset_frame=5,
        )
        frames = [frame.rgb for frame in islice(render_clip(clip), lead, None)]
        found.append(_measured(frames, family.compared))
    return found


def table(data: Path, patients: int) -> str:
    """The comparison as Markdown; families without real clips are left out."""
    lines = [
        "| | clips | colour distance | spectrum slope | motion, % of width | specular, % | red, % |",
        "|---|---|---|---|---|---|---|",
    ]
    for family in FAMILIES:
        real = real_statistics(family, data)
        if not real:
            continue
        phantom = phantom_statistics(family, patients)
        among = [colour_distance(one.colour, _pooled([r for r in real if r is not one])) for one in real]
        across = [colour_distance(one.colour, _pooled(real)) for one in phantom]
        lines.append(_row(f"real, {family.kind}", real, f"{np.median(among):.2f} to the other real ones"))
        pooled = colour_distance(_pooled(phantom), _pooled(real))
        lines.append(_row(f"phantom, {family.kind}", phantom, f"{np.median(across):.2f}, pooled {pooled:.2f}"))
    return "\n".join(lines)


def _row(name: str, clips: list[PictureStatistics], distance: str) -> str:
    def spread(field: str) -> str:
        low, middle, high = np.nanpercentile([getattr(clip, field) for clip in clips], (25, 50, 75))
        return f"{middle:.2f} ({low:.2f} to {high:.2f})"

    fields = ("spectrum_slope", "motion_percent", "specular_percent", "red_percent")
    return f"| {name} | {len(clips)} | {distance} | " + " | ".join(spread(field) for field in fields) + " |"


def _pooled(clips: list[PictureStatistics]) -> np.ndarray:
    return np.mean([clip.colour for clip in clips], axis=0)


def _measured(frames: list[np.ndarray], size: ImageSize) -> PictureStatistics:
    small = [cv2.resize(frame, (size.width, size.height), interpolation=cv2.INTER_AREA) for frame in frames]
    return statistics_of(small, [_shows_tissue(frame) for frame in small])


def _shows_tissue(frame: np.ndarray) -> np.ndarray:
    """Pixels that are neither the black surround nor near the green prediction burned into the real clips."""
    red, green, blue = (frame[..., channel].astype(int) for channel in range(3))
    marker = ((green > red + 35) & (green > blue + 35)).astype(np.uint8)
    near = cv2.dilate(marker, np.ones((5, 5), np.uint8)) > 0
    return (frame.max(axis=-1) > 24) & ~near


def _decoded(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=16)
    options = parser.parse_args()
    print(table(options.real, options.patients))


if __name__ == "__main__":
    main()
