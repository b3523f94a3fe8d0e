"""Spans of a clip between two regions that people drew: what is followed from where, in both directions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .clip_unit import Prompt


@dataclass(frozen=True)
class Span:
    """Frames first..last, by place in the clip, both within; no drawn region is among them.

    prompts: places of prompts that say where the region is, ascending: those within, and the drawn regions at both
    ends. The frames after the first of them are followed forwards, those before it backwards.
    """

    first: int
    last: int
    prompts: tuple[int, ...]

    @property
    def forwards(self) -> list[int]:
        """Places to be followed forwards, in order."""
        return [at for at in range(max(self.first, self.prompts[0]), self.last + 1) if at not in self.prompts]

    @property
    def backwards(self) -> list[int]:
        """Places to be followed backwards, in order: descending."""
        return list(range(min(self.last, self.prompts[0] - 1), self.first - 1, -1))


def spans_of(frames: int, prompts: Mapping[int, Prompt]) -> list[Span]:
    """The spans of a clip of so many frames that there is something to go on from. prompts: by place."""
    return list(_spans(frames, prompts, sorted(at for at, prompt in prompts.items() if prompt.walled)))


def _spans(frames: int, prompts: Mapping[int, Prompt], walls: Sequence[int]) -> Iterator[Span]:
    for before, after in zip([-1, *walls], [*walls, frames], strict=True):
        told = tuple(at for at in sorted(prompts) if before <= at <= after and prompts[at].says)
        if told and after - before > 1:
            yield Span(before + 1, after - 1, told)
