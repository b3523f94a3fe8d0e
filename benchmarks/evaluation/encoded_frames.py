"""EncodedFrames: a clip as a tracker takes it, encoded when asked for and let go of soon after.

What Track-On keeps of one frame is some 33 MB; a clip of 731 frames would be 24 GB.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import numpy as np


class EncodedFrames(Sequence[Any]):
    """Encoded frames by place. The first and the latest are held: trackers go forward and look back at the start.

    A frame before the latest is had by decoding anew, which is right and slow. encode: as PointTracker has it; stream:
    gives the frames anew at each call; length: how many they are.
    """

    def __init__(
        self,
        encode: Callable[[np.ndarray], Any],
        stream: Callable[[], Iterator[tuple[int, np.ndarray]]],
        length: int,
    ) -> None:
        self._encode, self._stream, self._length = encode, stream, length
        self._left = stream()
        self._at, self._latest = -1, None
        self._first: Any = None

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        """Raises IndexError beyond the last frame, as any sequence does."""
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(self._length))]
        at = place + self._length if place < 0 else place
        if not 0 <= at < self._length:
            raise IndexError(f"frame {place} of {self._length}")
        if at == 0 and self._at >= 0:
            return self._first
        if at < self._at:
            self._left, self._at = self._stream(), -1
        while self._at < at:
            self._next(wanted=at)
        return self._latest

    def _next(self, wanted: int) -> None:
        """The next frame; of those on the way to `wanted` only the first is worth encoding."""
        place, rgb = next(self._left)
        self._at = place
        if place in (0, wanted):
            self._latest = self._encode(rgb)
        if place == 0:
            self._first = self._latest
