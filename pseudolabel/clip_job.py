"""One clip's unfinished segments: every frame decoded once, for all targets and both directions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..datasets.cohort import Cohort
from ..datasets.media import iter_images
from ..models.stage import Resources
from .densify import Densifier, Encoded
from .presets import PseudoLabelConfig
from .segments import Segment
from .shards import shard_path, write_shard


@dataclass(frozen=True)
class ClipJob:
    """What a worker process needs. segments: by id, in the order in which the video completes them."""

    cohort: Path
    media_root: Path
    clip_id: str
    config: PseudoLabelConfig
    resources: Resources
    segments: Mapping[str, Segment]
    out: Path


def run_clip(job: ClipJob) -> Iterator[str]:
    """Write the shard of each segment and yield its id. Raises BleedkitError where a frame cannot be read.

    Frames are held only from the first to the last segment that needs them.
    """
    import cv2

    cv2.setNumThreads(1)  # the parallel unit is the clip; threads inside would only fight
    cohort = Cohort(job.cohort, job.media_root)
    size = cohort.clip(job.clip_id).size
    densifier = Densifier(job.config, job.resources)
    waiting = dict(job.segments)
    wanted = {frame for segment in waiting.values() for frame in segment.frames}
    held: dict[int, Encoded] = {}
    for frame, image in iter_images(cohort, job.clip_id, wanted):
        held[frame] = densifier.encode(image)
        for segment_id in [name for name, segment in waiting.items() if segment.frames[-1] <= frame]:
            segment = waiting.pop(segment_id)
            write_shard(shard_path(job.out, segment_id), densifier.densify(segment, held, size))
            yield segment_id
        first_needed = min((segment.frames[0] for segment in waiting.values()), default=frame + 1)
        held = {kept: value for kept, value in held.items() if kept >= first_needed}


def finish_clip(job: ClipJob) -> list[str]:
    """`run_clip` to its end, for a process pool."""
    return list(run_clip(job))
