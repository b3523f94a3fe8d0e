"""One clip's unfinished segments: every frame decoded and encoded once, for all targets and both directions."""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Generic, Self, TypeVar

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.media import clip_images
from ..datasets.schema import ImageSize
from ..models.stage import Resources
from .densify import Densifier, Encoded
from .presets import PseudoLabelConfig
from .segments import Segment, by_clip
from .shards import shard_bytes
from .work_unit import WorkUnit
from .worker_process import resources_here

Unit = TypeVar("Unit", bound=WorkUnit)

MOST_UNITS: Final = 32  # of a job: a longer clip is shared, at the price of decoding its beginning again


@dataclass(frozen=True)
class RunSetup:
    """What is the same for all of a run's jobs, its paths absolute. resources: each worker settles its own device."""

    cohort: Path
    media_root: Path
    config: PseudoLabelConfig
    resources: Resources

    @classmethod
    def of(cls, cohort: Cohort, config: PseudoLabelConfig, resources: Resources) -> Self:
        """For workers that may start in another folder."""
        weights = {name: path.absolute() for name, path in resources.weights.items()}
        folder, media_root = cohort.folder.absolute(), cohort.media_root.absolute()
        return cls(folder, media_root, config, replace(resources, weights=weights))

    def worker(self, place: int = 0) -> "ClipWorker":
        """What does the jobs in this process."""
        return ClipWorker(self, place)

    def settings(self) -> dict[str, Any]:
        """What results hang on, as it is on this machine."""
        return self.config.settings(self.resources)


@dataclass(frozen=True)
class ClipJob(Generic[Unit]):
    """Units of one clip. segments: by id, in the order in which the video completes them."""

    clip_id: str
    segments: Mapping[str, Unit]


@dataclass(frozen=True)
class Started:
    """The worker (host:pid) is busy with this unit until it answers; where it dies before, the unit is to blame."""

    unit: str
    worker: str


@dataclass(frozen=True)
class Done:
    """A unit's shard, for the driver to write."""

    unit: str
    shard: bytes


@dataclass(frozen=True)
class Failed:
    """Bad data stops this unit, now and whenever it is tried; the job goes on."""

    unit: str
    what: str
    remedy: str


Answer = Started | Done | Failed


class ClipWorker:
    """What one process does for a run. Its models are built once, when its first job needs them.

    place: its number among the workers of this machine, which share the GPUs.
    """

    def __init__(self, setup: RunSetup, place: int = 0) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._cohort = Cohort(setup.cohort, setup.media_root)
        self._densifier = Densifier(setup.config, resources_here(setup.config, setup.resources, place))

    def run(self, job: ClipJob[Segment]) -> Iterator[Answer]:
        """Answer every unit of the job; an exception, which is none of bad data, leaves the rest unanswered.

        A frame that cannot be read fails the units that hold it.
        """
        waiting = dict(job.segments)
        yield Started(next(iter(waiting)), self.name)
        for answer in self._answers(job, waiting):
            yield answer
            if waiting:
                yield Started(next(iter(waiting)), self.name)

    def _answers(self, job: ClipJob[Segment], waiting: dict[str, Segment]) -> Iterator[Done | Failed]:
        """Each unit's answer, once it is taken from `waiting`. Frames are kept only as long as a unit needs them."""
        size = self._cohort.clip(job.clip_id).size
        anchors = {anchor.frame for s in waiting.values() for anchor in (s.before, s.after) if anchor is not None}
        held: dict[int, Encoded] = {}
        for frame, image in self._images(job):
            if not any(s.frames[0] <= frame <= s.frames[-1] for s in waiting.values()):
                continue
            try:
                held[frame] = self._encoded(image, anchor=frame in anchors)
            except BleedkitError as error:
                for unit in [unit for unit, segment in waiting.items() if frame in segment.frames]:
                    del waiting[unit]
                    yield Failed(unit, error.what, error.remedy)
            for unit in [unit for unit, segment in waiting.items() if segment.frames[-1] <= frame]:
                yield self._densified(unit, waiting.pop(unit), held, size)
            first_needed = min((segment.frames[0] for segment in waiting.values()), default=frame + 1)
            held = {kept: value for kept, value in held.items() if kept >= first_needed}

    def _encoded(self, image: np.ndarray | BleedkitError, *, anchor: bool) -> Encoded:
        if isinstance(image, BleedkitError):
            raise image
        return self._densifier.encode(image, anchor=anchor)

    def _densified(self, unit: str, segment: Segment, held: Mapping[int, Encoded], size: ImageSize) -> Done | Failed:
        try:
            return Done(unit, shard_bytes(self._densifier.densify(segment, held, size)))
        except BleedkitError as error:
            return Failed(unit, error.what, error.remedy)

    def _images(self, job: ClipJob[Segment]) -> Iterator[tuple[int, np.ndarray | BleedkitError]]:
        """Every frame the job needs, in order, with its picture or what is wrong with it.

        An image file stands for itself; a video that breaks takes all that comes after with it.
        """
        clip, root = self._cohort.clip(job.clip_id), self._cohort.media_root
        rows = self._cohort.frames(job.clip_id)
        wanted = sorted({frame for segment in job.segments.values() for frame in segment.frames})
        if not clip.media:
            of_frame = {row.frame: row for row in rows}
            for frame in wanted:
                yield from _or_error(clip_images(root, clip, [of_frame[frame]]), [frame])
            return
        yield from _or_error(clip_images(root, clip, rows, wanted), wanted)


def _or_error(
    images: Iterator[tuple[int, np.ndarray]], wanted: Sequence[int]
) -> Iterator[tuple[int, np.ndarray | BleedkitError]]:
    """The images, and from the first that cannot be read on the error."""
    left = list(wanted)
    try:
        for frame, image in images:
            left.remove(frame)
            yield frame, image
    except BleedkitError as error:
        for frame in left:
            yield frame, error


def jobs_of(units: Mapping[str, Unit], workers: int) -> list[ClipJob[Unit]]:
    """The units by clip, each clip's in the order of its video, cut so that a few clips still keep all workers busy."""
    names = {segment: name for name, segment in units.items()}
    most = max(1, min(MOST_UNITS, -(-len(units) // workers)))
    return [
        ClipJob(clip_id, {names[segment]: segment for segment in group[at : at + most]})
        for clip_id, group in by_clip(units.values())
        for at in range(0, len(group), most)
    ]
