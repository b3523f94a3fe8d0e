"""RunRecord: what run.json says of one run, from the wish to the scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from ..evaluation.whose_truth import PEOPLE
from ..metrics.score import Score

State = Literal["going", "failed", "done"]


@dataclass(frozen=True)
class RunKey:
    """What a run is a run of. fold: of the split. truth: `people`, or a consensus by name (see evaluation/whose_truth).

    Two runs with one key are duplicates.
    """

    protocol: str
    cohort: str
    split: str
    fold: int
    model: str
    seed: int
    truth: str = PEOPLE

    @property
    def folder(self) -> PurePosixPath:
        """Where it lies below the folder of all runs."""
        split = f"{self.split}.{self.fold}" if self.fold else self.split
        split += "" if self.truth == PEOPLE else f".{self.truth}"
        return PurePosixPath(self.protocol, self.cohort, split, self.model, str(self.seed))


@dataclass(frozen=True)
class Efficiency:
    """What a model costs; Table 10 of BleedOrigin. None where it was not measured or has no such thing.

    parameters: all of them, the frozen ones too; trainable: those that learn. flops: of one frame, a multiply-add
    counted as two. frames_per_s: of the evaluation, decoding excluded; memory_mib: peak of the process, or of the GPU.
    """

    parameters: int | None = None
    trainable: int | None = None
    flops: float | None = None
    frames_per_s: float | None = None
    memory_mib: float | None = None


@dataclass(frozen=True)
class RunRecord:
    """run.json as a value.

    predictions_digest: SHA-256 of predictions.parquet; truth_digest: of its rows' truth alone, equal for all runs that
    were asked the same. leaky: the split puts a patient into several parts, which marks every number of the run.
    settings: the model's and the training's, JSON-able; weights: digests by name, `random` where they were drawn.
    data: digests of cohort, labels and split; `truth`: the consensus that it was scored against, if it was one. error:
    why it failed. Unknown keys of the file are kept in `extra`.
    """

    key: RunKey
    protocol_version: str
    state: State
    leaky: bool
    settings: Mapping[str, Any]
    weights: Mapping[str, str]
    data: Mapping[str, Any]
    command: tuple[str, ...]
    code_version: str
    hardware: Mapping[str, Any]
    started_utc: str
    ended_utc: str = ""
    train_s: float = 0.0
    evaluate_s: float = 0.0
    efficiency: Efficiency = field(default_factory=Efficiency)
    predictions_digest: str = ""
    truth_digest: str = ""
    scores: Mapping[str, Score] = field(default_factory=dict)
    error: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
