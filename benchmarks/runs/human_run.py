"""`human` in the place of a model: one annotator against the others, as a run like any other (see evaluation/human)."""

from collections.abc import Callable
from typing import Final, NoReturn

import pyarrow as pa

from ...datasets.cohort import ClipView, Cohort
from ...datasets.errors import BleedkitError
from ..entries.entry import Entry, Setup
from ..evaluation.human import annotators, human_clip
from ..predictions.schemas import SCHEMAS, Task
from ..protocols.protocol import Protocol

HUMAN: Final = "human"


def _nobody(_setup: Setup, _task: Task) -> NoReturn:
    raise ValueError("people are not built")


ENTRY: Final = Entry(HUMAN, "Human annotator", "Ceiling: one annotator against the others", tuple(SCHEMAS), _nobody)


def human_answers(protocol: Protocol, cohort: Cohort, seed: int) -> Callable[[ClipView], pa.Table]:
    """What annotator number `seed` says of a clip. Raises BleedkitError where there is none, or nobody else."""
    people = annotators(cohort)
    if seed >= len(people) or len(people) < 2:
        names = ", ".join(people) or "nobody by name"
        what = f"{cohort.folder} has no annotator number {seed} beside others (there: {names})"
        raise BleedkitError(what, "the seed of a human run is the annotator's place in that list, from 0")
    return lambda view: human_clip(protocol, cohort, view, people[seed])
