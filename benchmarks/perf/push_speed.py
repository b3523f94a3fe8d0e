"""How fast labelled frames get into FiftyOne: bleedkit's push beside FiftyOne's own ways, on one cohort, in one run.

Every frame has a point and a mask with their attributes. Each way starts from the cohort on disk and ends with a
dataset that holds every frame and every attribute in its schema; ours also makes the saved views and the index. Each
runs in a process of its own, on one MongoDB, so that its peak memory is its own.

    python -m bleedkit.benchmarks.perf.push_speed --frames 5000
    python -m bleedkit.benchmarks.perf.push_speed --frames 100000 --only push_cohort
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ...datasets.cohort import Cohort, CohortMeta, write_tables
from ...datasets.schema import Clip, Frame, ImageSize, MaskLabel, OnsetLabel, PointLabel
from ...datasets.tables import concat, table_of
from ...datasets.transaction import locked, transaction

SIZE: Final = ImageSize(1280, 720)
CLIP_FRAMES: Final = 200


def make_cohort(folder: Path, frames: int) -> Cohort:
    """A cohort of clips of 200 frames, each with a point and a mask; pictures and masks are links to one file."""
    import cv2
    import numpy as np

    from ...datasets.digest import file_digest
    from ...datasets.mask_file import mask_png

    media = folder / "media"
    media.mkdir(parents=True)
    cv2.imwrite(str(media / "frame.jpg"), np.full((SIZE.height, SIZE.width, 3), 90, np.uint8))
    mask = np.zeros((SIZE.height, SIZE.width), bool)
    mask[300:420, 500:700] = True
    with locked(folder / "cohort"), transaction(folder / "cohort") as staging:
        (staging / "masks").mkdir()
        (staging / "masks/a.png").write_bytes(mask_png(mask))
        digest = file_digest(staging / "masks/a.png")
        parts: dict[str, list[Any]] = {name: [] for name in ("clips", "frames", "points", "masks", "onsets")}
        for first in range(0, frames, CLIP_FRAMES):
            clip_id = f"clip{first // CLIP_FRAMES:05d}"
            clip = _clip(media, staging / "masks", clip_id, min(CLIP_FRAMES, frames - first), digest)
            for name, rows in clip.items():
                parts[name].append(table_of(name, rows))
        meta = CohortMeta("push speed", "synthetic", "1", "none", "none", "1", "0", str(media.resolve()))
        write_tables(staging, meta, {name: concat(tables, name) for name, tables in parts.items()})
    return Cohort(folder / "cohort")


def _clip(media: Path, masks: Path, clip_id: str, frames: int, digest: str) -> Mapping[str, list[Any]]:
    for original, folder in ((media / "frame.jpg", media / clip_id), (masks / "a.png", masks / clip_id)):
        folder.mkdir()
        shutil.copy(original, folder / f"{0:06d}{original.suffix}")  # a copy a clip: a file has 65,000 links at most
        for i in range(1, frames):
            os.link(folder / f"{0:06d}{original.suffix}", folder / f"{i:06d}{original.suffix}")
    numbers = range(frames)
    return {
        "clips": [Clip(clip_id, f"p{clip_id[-2:]}", clip_id, 30, SIZE, frames, site="liver")],
        "frames": [Frame(clip_id, i, f"{clip_id}/{i:06d}.jpg", i / 30, "") for i in numbers],
        "points": [PointLabel(clip_id=clip_id, frame=i, x=100 + i, y=200.5, annotator="kim") for i in numbers],
        "masks": [_mask(clip_id, i, digest) for i in numbers],
        "onsets": [OnsetLabel(clip_id=clip_id, frame=0)],
    }


def _mask(clip_id: str, frame: int, digest: str) -> MaskLabel:
    return MaskLabel(clip_id=clip_id, frame=frame, path=f"masks/{clip_id}/{frame:06d}.png", digest=digest, area=1)


def public_samples(cohort: Cohort) -> Iterator[Any]:
    """The cohort's frames as FiftyOne samples, as somebody would write it who knows only FiftyOne's documentation."""
    import fiftyone as fo

    for view in cohort.stream():
        size = view.clip.size
        for frame, point, mask in zip(view.frames, view.points, view.masks, strict=True):
            common = [
                {name: getattr(label, name) for name in ("label_id", "annotator", "provenance")}
                | {"state": str(label.state), "review": str(label.review)}
                for label in (point, mask)
            ]
            keypoint = fo.Keypoint(
                label=point.target, points=[(point.x / size.width, point.y / size.height)], visible=True, **common[0]
            )
            yield fo.Sample(
                filepath=str(cohort.media_root / frame.path),
                metadata=fo.ImageMetadata(width=size.width, height=size.height, num_channels=3),
                clip_id=view.clip.clip_id,
                patient_id=view.clip.patient_id,
                procedure_id=view.clip.procedure_id,
                site=view.clip.site,
                frame_number=frame.frame,
                timestamp_s=frame.timestamp_s,
                onset=frame.frame == view.onset_frame,
                points=fo.Keypoints(keypoints=[keypoint]),
                regions=fo.Segmentation(mask_path=str(cohort.mask_path(mask)), target=mask.target, **common[1]),
            )


def push_cohort(cohort: Cohort, name: str) -> None:
    """Our own."""
    from ...annotate.push import push_cohort as push

    push(cohort, name)


def add_samples(cohort: Cohort, name: str) -> None:
    """All samples in one list, attributes declared once afterwards: FiftyOne's fastest public way."""
    import fiftyone as fo

    dataset = fo.Dataset(name, persistent=True)
    dataset.add_samples(list(public_samples(cohort)))
    dataset.add_dynamic_sample_fields()


def add_samples_dynamic(cohort: Cohort, name: str) -> None:
    """All samples in one list, attributes declared as they come."""
    import fiftyone as fo

    fo.Dataset(name, persistent=True).add_samples(list(public_samples(cohort)), dynamic=True)


def add_sample_loop(cohort: Cohort, name: str) -> None:
    """One sample after the other, as most examples show it."""
    import fiftyone as fo

    dataset = fo.Dataset(name, persistent=True)
    for sample in public_samples(cohort):
        dataset.add_sample(sample, dynamic=True)


WAYS: Final[Mapping[str, Callable[[Cohort, str], None]]] = {
    way.__name__: way for way in (push_cohort, add_samples, add_samples_dynamic, add_sample_loop)
}


def time_here(way: str, folder: Path) -> dict[str, float]:
    """Seconds and peak memory of one way in this process; imports are not counted, ours as little as FiftyOne's."""
    import fiftyone as fo

    from ...annotate import push  # noqa: F401

    cohort, name = Cohort(folder), f"speed-{way}"
    fo.list_datasets()
    start, cpu = time.perf_counter(), time.process_time()
    WAYS[way](cohort, name)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    if len(fo.load_dataset(name)) != cohort.meta.counts["frames"]:
        raise RuntimeError(f"{way} lost frames")
    result = {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if way == "push_cohort":
        start = time.perf_counter()
        WAYS[way](cohort, name)
        result["again_seconds"] = time.perf_counter() - start
    fo.delete_dataset(name)
    return result


def main() -> None:
    """Print frames a second, CPU time of this side of the database, and peak memory of every way."""
    from ...annotate.mongo import running_mongod

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--only", choices=sorted(WAYS), help="time this way only")
    parser.add_argument("--cohort", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cohort:
        print(json.dumps(time_here(options.only, options.cohort)))
        return
    with tempfile.TemporaryDirectory() as folder, running_mongod(Path(folder) / "mongo"):
        make_cohort(Path(folder), options.frames)
        first: dict[str, float] = {}
        for way in [options.only] if options.only else WAYS:
            command = [sys.executable, "-P", "-m", "bleedkit.benchmarks.perf.push_speed", "--only", way]
            child = subprocess.run([*command, "--cohort", f"{folder}/cohort"], check=True, stdout=subprocess.PIPE)
            told = json.loads(child.stdout)
            first = first or told
            print(_line(way, options.frames, told, first), flush=True)


def _line(way: str, frames: int, told: Mapping[str, float], first: Mapping[str, float]) -> str:
    again = f", again {told['again_seconds']:.1f} s" if "again_seconds" in told else ""
    return (
        f"{way:20s} {frames / told['seconds']:7.0f} frames/s, {told['seconds'] / first['seconds']:5.1f}x the time; "
        f"{told['cpu_seconds'] / frames * 1e6:6.0f} us CPU a frame, "
        f"{told['cpu_seconds'] / first['cpu_seconds']:5.1f}x; peak {told['peak_mib']:.0f} MiB{again}"
    )


if __name__ == "__main__":
    main()
