"""MaskRuns: many encoded masks as runs of pixels, so that areas, overlaps and edges need no pictures.

A picture of 512x512 has a quarter of a million pixels and some hundred runs; all masks are worked on at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...datasets.checks import check_array
from .mask_code import GRID

PIXELS: Final = GRID * GRID
_SIDE: Final = GRID + 2  # one pixel of background on every side, so that no neighbour lies in another column or mask
_FIELD: Final = _SIDE * _SIDE


class BadCodeError(ValueError):
    """A code that is no run lengths of a mask on the grid; place: the first such of those given."""

    def __init__(self, place: int) -> None:
        super().__init__(f"code {place} is no run lengths of a {GRID}x{GRID} mask")
        self.place = place


@dataclass(frozen=True, eq=False)
class MaskRuns:
    """n masks. mask (R,): whose each run is; start, stop (R,): first pixel and the one after the last; all int64.

    Pixels count down the columns, as COCO has them: x * GRID + y. Runs of a mask are in order and do not touch; one may
    go on in the next column.
    """

    n: int
    mask: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    def __post_init__(self) -> None:
        for name in ("mask", "start", "stop"):
            check_array(name, getattr(self, name), (len(self.mask),), np.int64)

    def area(self) -> np.ndarray:
        """Pixels of each mask, (n,) float64."""
        return np.bincount(self.mask, self.stop - self.start, self.n)


def mask_runs(codes: Sequence[bytes]) -> MaskRuns:
    """The runs of masks as encode_mask gives them.

    COCO's compressed counts: five bits a character above 48, low ones first, bit 5 where more follow, bit 4 of the last
    the sign; from the fourth number on, each is the difference to the one before the last. Raises BadCodeError where
    one is no such text, does not fill the grid, or has an empty run after the first, which encode_mask never writes.
    """
    text = np.frombuffer(b"".join(codes), np.uint8).astype(np.int64) - 48
    length = np.array([len(code) for code in codes], np.int64)
    owner = np.repeat(np.arange(len(codes)), length)
    closed = np.ones(len(codes), bool)
    closed[length > 0] = (text[np.cumsum(length)[length > 0] - 1] & 32) == 0
    _refuse((length == 0) | ~closed | (np.bincount(owner, (text < 0) | (text > 63), len(codes)) > 0))
    number, mask = _numbers(text, owner)
    place = np.arange(len(mask)) - np.searchsorted(mask, mask)
    counts = _undo_differences(number, mask, place)
    total = np.bincount(mask, counts, len(codes))
    _refuse((total != PIXELS) | (np.bincount(mask, counts < (place > 0), len(codes)) > 0))
    stop = np.cumsum(counts) - mask * PIXELS
    inside = place % 2 == 1
    return MaskRuns(len(codes), mask[inside], (stop - counts)[inside], stop[inside])


def shared_area(one: MaskRuns, other: MaskRuns) -> np.ndarray:
    """Pixels that the n-th mask of both has, (n,) float64."""
    spans = [(runs.mask * PIXELS + runs.start, runs.mask * PIXELS + runs.stop, 1) for runs in (one, other)]
    start, stop = _where_depth(spans, 2, 3)
    return np.bincount(start // PIXELS, stop - start, one.n)


def edges(runs: MaskRuns) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of masks with one of their four neighbours outside, the outside of the picture too.

    Returns whose each is (E,) int64, in order, and its column and row (E, 2) int64.
    """
    start, stop = _split_at_columns(runs)
    inner = stop - start > 2
    start, stop = _where_depth(
        [
            (start, stop, 4),
            (start[inner] + 1, stop[inner] - 1, 1),  # a neighbour above and one below
            (start - _SIDE, stop - _SIDE, 1),
            (start + _SIDE, stop + _SIDE, 1),
        ],
        4,
        7,
    )
    length = stop - start
    pixel = np.repeat(start - (np.cumsum(length) - length), length) + np.arange(length.sum())
    mask, pixel = np.divmod(pixel, _FIELD)
    column, row = np.divmod(pixel, _SIDE)
    return mask, np.stack([column - 1, row - 1], axis=1)


def _refuse(bad: np.ndarray) -> None:
    if bad.any():
        raise BadCodeError(int(np.flatnonzero(bad)[0]))


def _numbers(text: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that the characters spell, and whose each is."""
    ends = np.flatnonzero((text & 32) == 0)
    first = np.append(0, ends + 1)[:-1]
    digit = np.arange(len(text)) - np.repeat(first, ends - first + 1)
    if len(digit) and digit.max() > 11:  # 60 bits: not one of ours, and more than fits
        _refuse(np.bincount(owner, digit > 11) > 0)
    value = np.add.reduceat((text & 31) << (5 * digit), first) if len(ends) else np.zeros(0, np.int64)
    negative = (text[ends] & 16) > 0
    return value - np.where(negative, np.int64(1) << (5 * (digit[ends] + 1)), 0), owner[ends]


def _undo_differences(number: np.ndarray, mask: np.ndarray, place: np.ndarray) -> np.ndarray:
    counts = number.copy()
    for chain in ((place % 2 == 1), (place % 2 == 0) & (place > 0)):
        total, whose = np.cumsum(number[chain]), mask[chain]
        before = np.append(0, total)[np.searchsorted(whose, whose)]
        counts[chain] = total - before
    return counts


def _split_at_columns(runs: MaskRuns) -> tuple[np.ndarray, np.ndarray]:
    """Runs cut where a column ends, as places in fields with a border round each mask."""
    first, last = runs.start // GRID, (runs.stop - 1) // GRID
    pieces = last - first + 1
    whole = np.repeat(np.arange(len(first)), pieces)
    column = first[whole] + np.arange(len(whole)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    top = np.maximum(runs.start[whole] - column * GRID, 0)
    bottom = np.minimum(runs.stop[whole] - column * GRID, GRID)
    corner = runs.mask[whole] * _FIELD + (column + 1) * _SIDE + 1
    return corner + top, corner + bottom


def _where_depth(
    spans: Sequence[tuple[np.ndarray, np.ndarray, int]], least: int, below: int
) -> tuple[np.ndarray, np.ndarray]:
    """Starts and stops of the places that spans of at least `least` and less than `below` together cover.

    Each kind of span counts as much as its third entry says, 1 to 7.
    """
    # One number says place, direction and weight, because NumPy sorts plain numbers many times faster than pairs.
    opened = [start * 16 + weight for start, _, weight in spans]
    ended = [stop * 16 + 8 + weight for _, stop, weight in spans]
    events = np.sort(np.concatenate(opened + ended))
    depth = np.cumsum(np.where(events & 8, -(events & 7), events & 7))
    place = events >> 4
    there = np.flatnonzero((depth[:-1] >= least) & (depth[:-1] < below) & (place[1:] > place[:-1]))
    return place[there], place[there + 1]
