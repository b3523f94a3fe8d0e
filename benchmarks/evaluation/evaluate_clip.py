"""One clip of a cohort under a protocol: what a model answers, beside what is true."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from ...datasets.cohort import ClipView, Cohort
from ..predictions.schemas import Task
from ..protocols.protocol import Protocol
from . import deploy_clip, onset_clip, region_point_clip, source_clip, track_clip
from .clip_frames import ClipFrames
from .clip_rows import Row, clip_table
from .clip_truth import ClipTruth, clip_truth
from .prediction_clock import PredictionClock
from .predictors import Predictor


@dataclass(frozen=True)
class ClipTask:
    """lacks: what a clip would need to be scored, "" where it can be. ask: the rows of one that can.

    The predictor that `ask` takes is the task's own, see predictors.py.
    """

    lacks: Callable[[ClipTruth], str]
    ask: Callable[[ClipFrames, ClipTruth, Any, PredictionClock], Iterator[Row]]


CLIP_TASKS: Final[Mapping[Task, ClipTask]] = {
    "region-point": ClipTask(region_point_clip.lacks, region_point_clip.ask),
    "onset": ClipTask(onset_clip.lacks, onset_clip.ask),
    "source": ClipTask(source_clip.lacks, source_clip.ask),
    "track": ClipTask(track_clip.lacks, track_clip.ask),
    "deploy": ClipTask(deploy_clip.lacks, deploy_clip.ask),
}


def evaluate_clip(
    protocol: Protocol, cohort: Cohort, view: ClipView, predictor: Predictor, clock: PredictionClock | None = None
) -> pa.Table:
    """The clip's rows in protocol.schema, in frame order; none where the clip has nothing to be scored against.

    view: as `Truth.view` gives it. predictor: of the protocol's task. clock: adds up how long it took. Frames are
    decoded one at a time and none is kept. Raises BleedkitError where an image or a mask cannot be read, ValueError
    where an answer is none of a predictor's.
    """
    task, truth = CLIP_TASKS[protocol.task], clip_truth(cohort, view)
    if task.lacks(truth):
        return protocol.schema.empty_table()
    rows = task.ask(ClipFrames.of(cohort, view), truth, predictor, clock or PredictionClock())
    return clip_table(protocol.schema, view.clip, rows)
