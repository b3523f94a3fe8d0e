"""The names of the files that a run leaves behind, and what reading a folder of runs gives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from .record import RunRecord

RECORD: Final = "run.json"
PREDICTIONS: Final = "predictions.parquet"
SAMPLES: Final = "samples"  # the same few frames in all runs of one truth, for pictures; see evaluation/samples.py
SHARDS: Final = "shards"  # finished clips of an evaluation that is going on
TRAINING: Final = "training"  # what benchmarks.training.run leaves: weights.safetensors, curves.png, checkpoints/


@dataclass(frozen=True, eq=False)
class GoodRun:
    """A finished run whose predictions are whole and give the scores that its record states."""

    folder: Path
    record: RunRecord
    predictions: pa.Table


@dataclass(frozen=True)
class BadRun:
    """A run that counts nowhere. what: what is wrong with it; remedy: what to do."""

    folder: Path
    what: str
    remedy: str
