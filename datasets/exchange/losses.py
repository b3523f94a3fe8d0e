"""What a format could not hold: counted by kind, never dropped in silence."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """So many things of one kind that are in the cohort, or in the file read, and not on the other side."""

    what: str
    count: int

    def __str__(self) -> str:
        return f"{self.count} x {self.what}"


class Losses:
    """A tally that exporters and importers add to."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, what: str, count: int = 1) -> None:
        """Count `count` more of `what`; none adds no line."""
        if count:
            self._counts[what] += count

    def __iter__(self) -> Iterator[Loss]:
        return (Loss(what, count) for what, count in sorted(self._counts.items()))
