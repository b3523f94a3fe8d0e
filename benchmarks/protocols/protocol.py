"""Protocol: a fixed evaluation, as one frozen object that says all that a score hangs on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ..metrics.metric import Metric
from ..predictions.schemas import SCHEMAS, Task


@dataclass(frozen=True)
class Protocol:
    """name and version: scores of two versions are never compared; `changes` says what each version changed.

    task: which of SCHEMAS its predictions have, and which models enter. input: what a model is given. split_rule: which
    clips are scored. truth_rule: what counts as truth, and on which frames. tables: of the papers. part: of the split.
    rows: predictions as typed rows; metrics are functions of those, `primary` the one that ranks.
    """

    name: str
    version: str
    task: Task
    title: str
    tables: tuple[str, ...]
    input: str
    split_rule: str
    truth_rule: str
    rows: Callable[[pa.Table], Any]
    metrics: tuple[Metric[Any], ...]
    primary: str
    part: str = "test"
    changes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [metric.name for metric in self.metrics]
        if len(set(names)) != len(names) or self.primary not in names:
            raise ValueError(f"protocol {self.name} must name each metric once, and {self.primary} among them")

    @property
    def schema(self) -> pa.Schema:
        """Columns of its predictions.parquet."""
        return SCHEMAS[self.task]

    @property
    def by_name(self) -> dict[str, Metric[Any]]:
        """Its metrics by name."""
        return {metric.name: metric for metric in self.metrics}
