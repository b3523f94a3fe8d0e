"""SAM 2: the region that people clicked, boxed or drew in some frames, in the clip's other frames."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch

from ...datasets.mask_store import MaskFile
from ...datasets.schema import ImageSize
from ...models.bloodet.size import POINTERS
from ...models.picture_frame import StretchedPicture
from ...models.weights import check_loaded
from .clip_answer import ClipAnswer, RegionSaid
from .clip_pictures import ClipPictures
from .clip_unit import ClipUnit, Prompt
from .region_spans import Span, spans_of
from .sam2_network import Drawn, Memory, PromptedSam2

BACK_AT_ONCE: Final = 64  # frames in memory on the way back; a video is read from its start for each such piece


@dataclass
class _Clip:
    """What is known of a clip so far, by place: memories of prompted frames, and regions drawn."""

    unit: ClipUnit
    pictures: ClipPictures
    prompted: dict[int, Memory] = field(default_factory=dict)
    regions: dict[int, RegionSaid] = field(default_factory=dict)


class Sam2Annotator:
    """A ClipAnnotator. network: as `sam2_network` makes it; device: where it is."""

    def __init__(self, network: Any, *, device: str, allow_random: bool = False) -> None:
        self._sam2, self._allow_random = PromptedSam2(network, device), allow_random

    def answer(self, unit: ClipUnit, pictures: ClipPictures) -> ClipAnswer:
        """A region in every frame that can be reached from a prompt, but those in which people drew one themselves.

        Each region's confidence is SAM 2's own guess of its IoU. Frames go through the network one by one.
        """
        check_loaded(self._sam2.network, allow_random=self._allow_random)
        place = {frame: at for at, frame in enumerate(unit.frames)}
        prompts = {place[prompt.frame]: prompt for prompt in unit.prompts if prompt.frame in place}
        spans = spans_of(len(unit.frames), prompts)
        clip = _Clip(unit, pictures)
        needed = sorted({at for span in spans for at in span.prompts})
        for at, rgb in self._read(clip, needed):
            self._begin(clip, at, rgb, prompts[at])
        early = self._forwards(clip, spans)
        for span in spans:
            self._backwards(clip, span, early.get(span.first, {}))
        return ClipAnswer(regions=tuple(clip.regions[at] for at in sorted(clip.regions)))

    def _begin(self, clip: _Clip, at: int, rgb: np.ndarray, prompt: Prompt) -> None:
        """A prompted frame: its memory, and its region unless people drew that."""
        stretch = self._stretch(clip)
        seen = self._sam2.encode(stretch.tensor(rgb)[None])
        if prompt.masks:
            mask = np.logical_or.reduce([clip.pictures.mask(path) for path in prompt.masks])
            clip.prompted[at] = self._sam2.prompted(seen, mask=self._small(mask)).memory
            return
        clicks = stretch.from_frame(np.array(prompt.clicks)) if prompt.clicks else None
        box = stretch.from_frame(np.array(prompt.box).reshape(2, 2)) if prompt.box else None
        drawn = self._sam2.prompted(seen, clicks=clicks, box=box)
        clip.prompted[at] = drawn.memory
        self._keep(clip, at, drawn)

    def _forwards(self, clip: _Clip, spans: Sequence[Span]) -> dict[int, dict[int, Memory]]:
        """Follow all spans in one pass; returns, by a span's first place, what backwards still looks at of it."""
        span_of = {at: span for span in spans for at in span.forwards}
        recent: dict[int, Memory] = {}
        early: dict[int, dict[int, Memory]] = {}
        for at, rgb in self._read(clip, sorted(span_of)):
            span = span_of[at]
            recent = {place: memory for place, memory in recent.items() if place >= max(span.first, at - POINTERS)}
            drawn = self._followed(clip, at, rgb, span, recent)
            recent[at] = drawn.memory
            if span.backwards and at < span.prompts[0] + POINTERS:
                early.setdefault(span.first, {})[at] = drawn.memory
        return early

    def _backwards(self, clip: _Clip, span: Span, early: Mapping[int, Memory]) -> None:
        """Follow a span's beginning from its first prompt back, piece by piece."""
        recent, order = dict(early), span.backwards
        for start in range(0, len(order), BACK_AT_ONCE):
            piece = dict(self._read(clip, sorted(order[start : start + BACK_AT_ONCE])))
            for at in sorted(piece, reverse=True):
                recent = {place: memory for place, memory in recent.items() if place <= at + POINTERS}
                recent[at] = self._followed(clip, at, piece[at], span, recent, backwards=True).memory

    def _followed(
        self,
        clip: _Clip,
        at: int,
        rgb: np.ndarray,
        span: Span,
        recent: Mapping[int, Memory],
        *,
        backwards: bool = False,
    ) -> Drawn:
        seen = self._sam2.encode(self._stretch(clip).tensor(rgb)[None])
        prompted = {place: clip.prompted[place] for place in span.prompts}
        drawn = self._sam2.followed(seen, at, prompted, recent, len(clip.unit.frames), backwards=backwards)
        self._keep(clip, at, drawn)
        return drawn

    def _keep(self, clip: _Clip, at: int, drawn: Drawn) -> None:
        mask = self._stretch(clip).mask(drawn.logits[0])
        clip.regions[at] = RegionSaid(clip.unit.frames[at], MaskFile.of(mask), drawn.likeness)

    def _stretch(self, clip: _Clip) -> StretchedPicture:
        return StretchedPicture(clip.pictures.size, ImageSize(self._sam2.side, self._sam2.side))

    def _small(self, mask: np.ndarray) -> torch.Tensor:
        """A frame's mask in the network's picture (S, S), as SAM 2 makes it small."""
        whole = torch.from_numpy(mask)[None, None].float()
        side = (self._sam2.side, self._sam2.side)
        small = torch.nn.functional.interpolate(whole, side, mode="bilinear", align_corners=False, antialias=True)
        return (small[0, 0] >= 0.5).float()

    def _read(self, clip: _Clip, places: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
        """The pictures at these places, ascending."""
        place = {clip.unit.frames[at]: at for at in places}
        for frame, rgb in clip.pictures.images(place):
            yield place[frame], rgb
