"""Metric: a figure of a protocol's rows, with its name, unit, direction and definition."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from .summary import Summary

Rows = TypeVar("Rows")
Unit = Literal["%", "px", "frames", ""]
Part = Literal["", "onsets", "points"]


@dataclass(frozen=True)
class Metric(Generic[Rows]):
    """name: as in run.json and the CSV, `pck_5`; title: as in a table's head, `PCK-5 %`.

    unit: `%` for shares in [0, 1], which tables show times 100. better: the direction, `zero` for signed errors.
    definition: one sentence with paper and equation. band: metrics of one quantity at several thresholds share a name
    here, and are drawn as one curve over `at`. part: the field of the protocol's rows whose index the summary has, ""
    where the rows are all of one kind; predictions.groups reads it.
    """

    name: str
    title: str
    unit: Unit
    better: Literal["higher", "lower", "zero"]
    summarise: Callable[[Rows], Summary]
    definition: str
    band: str = ""
    at: float = 0.0
    part: Part = ""
