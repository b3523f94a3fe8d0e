"""PredictionClock: how long a model took for how many frames, the decoding of them left out."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")


class PredictionClock:
    """One for an evaluation. seconds: in the model's own code, wall time. frames: that it answered."""

    def __init__(self) -> None:
        self.frames = 0
        self.seconds = 0.0
        self._decoding = 0.0

    @property
    def frames_per_s(self) -> float | None:
        """None where nothing was asked."""
        return self.frames / self.seconds if self.frames and self.seconds else None

    @contextmanager
    def asked(self, frames: int) -> Iterator[None]:
        """While a model works at so many frames; what it decodes through `decoding` meanwhile does not count."""
        began, decoded = perf_counter(), self._decoding
        try:
            yield
        finally:
            self.seconds += perf_counter() - began - (self._decoding - decoded)
            self.frames += frames

    def answers(self, answers: Iterable[Item]) -> Iterator[Item]:
        """A model's answers, one a frame; only the time until each has come counts."""
        stream = iter(answers)
        while True:
            with self.asked(0):
                answer = next(stream, None)
            if answer is None:
                return
            self.frames += 1
            yield answer

    def decoding(self, pictures: Iterable[Item]) -> Iterator[Item]:
        """Pictures, the time until each has come being the decoder's."""
        stream = iter(pictures)
        while True:
            began = perf_counter()
            try:
                picture = next(stream, None)
            finally:
                self._decoding += perf_counter() - began
            if picture is None:
                return
            yield picture
