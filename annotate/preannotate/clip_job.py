"""Pre-annotation as jobs of the pseudo-label engine: one unit a clip."""

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ...pseudolabel.clip_job import Answer, ClipJob, Done, Failed, Started
from .annotator import ClipAnnotator, ModelChoice
from .answer_shard import shard_bytes
from .clip_pictures import ClipPictures
from .clip_unit import ClipUnit
from .registry import annotator_spec


@dataclass(frozen=True)
class PreannotateSetup:
    """What is the same for all of a run's jobs, its paths absolute."""

    cohort: Path
    media_root: Path
    choice: ModelChoice

    @classmethod
    def of(cls, cohort: Cohort, choice: ModelChoice) -> Self:
        """For workers that may start in another folder."""
        weights = {name: path.absolute() for name, path in choice.resources.weights.items()}
        choice = replace(choice, resources=replace(choice.resources, weights=weights))
        return cls(cohort.folder.absolute(), cohort.media_root.absolute(), choice)

    def worker(self, place: int = 0) -> "PreannotateWorker":
        """What does the jobs in this process."""
        return PreannotateWorker(self, place)

    def settings(self) -> dict[str, Any]:
        """What answers hang on, as it is on this machine. Raises BleedkitError where weights are missing."""
        return run_settings(self.choice)


class PreannotateWorker:
    """What one process does for a run. Its model is built once, for its first job.

    place: its number among the workers of this machine, which share the GPUs.
    """

    def __init__(self, setup: PreannotateSetup, place: int = 0) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._cohort = Cohort(setup.cohort, setup.media_root)
        self._choice, self._place = setup.choice, place

    @cached_property
    def _annotator(self) -> ClipAnnotator:
        from ...models.device import device_here

        device = device_here(self._choice.resources.device, self._place)
        choice = replace(self._choice, resources=replace(self._choice.resources, device=device))
        return annotator_spec(choice.model).build(choice)

    def run(self, job: ClipJob[ClipUnit]) -> Iterator[Answer]:
        """Answer every unit of the job; bad data fails its unit, another exception ends the job."""
        for unit_id, unit in job.segments.items():
            yield Started(unit_id, self.name)
            try:
                answer = self._annotator.answer(unit, ClipPictures(self._cohort, unit.clip_id))
                yield Done(unit_id, shard_bytes(answer))
            except BleedkitError as error:
                yield Failed(unit_id, error.what, error.remedy)


def run_settings(choice: ModelChoice) -> dict[str, Any]:
    """Model, its settings, its weights' digests, and the versions of what computes; JSON-able."""
    told: Mapping[str, Any] = annotator_spec(choice.model).settings(choice)
    return {"model": choice.model, **told, "torch": version("torch")}
