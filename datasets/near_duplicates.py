"""Near-duplicate clips across the parts of a split, from stored hashes: whole frames, mirrored ones, crops of either.

Two sweeps of Hamming distances over all frame pairs in different parts. The first compares whole frames, as they are
and mirrored. The second compares whole frames of one side with windows cut from the other side's thumbnails, for every
crop of up to 15 % a side in steps of 5 %, which leaves a true crop at most 2.5 % off; frames are thinned out evenly
where there are too many pairs. What lies within the threshold is a candidate, to be looked at in the images.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Final

import numpy as np

from .hash_index import HashIndex
from .perceptual_hash import WHOLE, frequencies, hashes, mirrored
from .progress import track

Window = tuple[float, float]
_CUTS: Final = (0.0, 0.05, 0.1, 0.15)
_AXIS: Final[Sequence[Window]] = [(cut, round(1 - other, 2)) for cut in _CUTS for other in _CUTS]
CROPS: Final[Sequence[tuple[Window, Window]]] = [c for c in product(_AXIS, _AXIS) if c != (WHOLE, WHOLE)]
# Frame pairs the crop sweep may compare; each costs 2 x 2 x 255 comparisons, about 1 microsecond on one core.
_CROP_PAIRS: Final = 25_000_000
_ROWS, _COLS = 128, 1024


@dataclass(frozen=True)
class Candidate:
    """Two clips in different parts and their closest pair of frames. bits: how many of 64 differ.

    mirrored: the second is the first mirrored left to right. cropped: which of the two shows only the window `rows`,
    `cols` (shares of height and width) of the other: `first`, `second`, or "" where both show the same.
    frame_pairs: whole-frame pairs within the threshold.
    """

    first: str
    first_frame: int
    second: str
    second_frame: int
    bits: int
    mirrored: bool = False
    cropped: str = ""
    rows: Window = WHOLE
    cols: Window = WHOLE
    frame_pairs: int = 0


@dataclass(frozen=True, eq=False)
class _Sweep:
    """One comparison of all `left` with all `right` hashes; *_row (n,): their rows in the index."""

    left: np.ndarray
    left_row: np.ndarray
    right: np.ndarray
    right_row: np.ndarray
    mirrored: bool = False
    cropped: str = ""
    rows: Window = WHOLE
    cols: Window = WHOLE


def comparisons(index: HashIndex, part: np.ndarray) -> tuple[float, int]:
    """How many hash pairs `find_candidates` will compare, and every how many frames it takes for crops."""
    pairs = sum(float(len(a)) * len(b) for a, b in _sides(index, part))
    stride = max(1, int(np.ceil(np.sqrt(pairs / _CROP_PAIRS))))
    return 2 * pairs + 4 * len(CROPS) * pairs / stride**2, stride


def find_candidates(index: HashIndex, part: np.ndarray, threshold: int) -> list[Candidate]:
    """Clip pairs in different parts with a frame pair within `threshold` bits, closest first.

    part (len(index.clips),) int: part of each clip, negative for a clip in none.
    """
    stride = comparisons(index, part)[1]
    sweeps = [sweep for a, b in _sides(index, part) for sweep in _sweeps(index, a, b, stride)]
    best: dict[tuple[int, int], Candidate] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda sweep: _closest(index, sweep, threshold), sweeps)
        for hits in track(found, "Comparing hashes", total=len(sweeps)):
            for pair, hit in hits.items():
                old = best.get(pair)
                if old is None:
                    best[pair] = hit
                else:
                    closest = hit if hit.bits < old.bits else old
                    best[pair] = replace(closest, frame_pairs=old.frame_pairs + hit.frame_pairs)
    return sorted(best.values(), key=lambda c: (c.bits, -c.frame_pairs, c.first, c.second))


def _sides(index: HashIndex, part: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for one, other in combinations(sorted(set(part[part >= 0].tolist())), 2):
        yield index.of_clips(part == one), index.of_clips(part == other)


def _sweeps(index: HashIndex, a: np.ndarray, b: np.ndarray, stride: int) -> Iterator[_Sweep]:
    """Whole against whole in blocks, so that cores share the work; then every crop, both ways."""
    right, flipped = index.full[b], hashes(mirrored(index.frequency[b]), index.centre)
    for start in range(0, len(a), 4096):
        some = a[start : start + 4096]
        yield _Sweep(index.full[some], some, right, b)
        yield _Sweep(index.full[some], some, flipped, b, True)
    a, b = _thinned(index, a, stride), _thinned(index, b, stride)
    for small, large, cropped in ((a, b, "first"), (b, a, "second")):
        whole, thumbs = index.full[small], index.thumbs[large]
        for rows, cols in CROPS:
            cut = frequencies(thumbs, rows, cols)
            for flip in (False, True):
                windows = hashes(mirrored(cut) if flip else cut, index.centre)
                if cropped == "first":
                    yield _Sweep(whole, small, windows, large, flip, cropped, rows, cols)
                else:
                    yield _Sweep(windows, large, whole, small, flip, cropped, rows, cols)


def _thinned(index: HashIndex, rows: np.ndarray, stride: int) -> np.ndarray:
    """Every stride-th of the rows of each clip, its first one always."""
    first = np.searchsorted(index.clip[rows], index.clip[rows])
    return rows[(np.arange(len(rows)) - first) % stride == 0]


def _closest(index: HashIndex, sweep: _Sweep, threshold: int) -> dict[tuple[int, int], Candidate]:
    """The closest frame pair of each clip pair within the threshold."""
    left, right, bits = _within(sweep.left, sweep.right, threshold)
    if not len(bits):
        return {}
    a, b = sweep.left_row[left], sweep.right_row[right]
    pair = index.clip[a].astype(np.int64) * len(index.clips) + index.clip[b]
    order = np.lexsort((b, a, bits, pair))
    _, start, count = np.unique(pair[order], return_index=True, return_counts=True)
    ids, hits = list(index.clips), {}
    for k, frames in zip(order[start].tolist(), count.tolist(), strict=True):
        i, j = int(a[k]), int(b[k])
        one, other = int(index.clip[i]), int(index.clip[j])
        hits[one, other] = Candidate(
            ids[one], int(index.frame[i]), ids[other], int(index.frame[j]), int(bits[k]),
            sweep.mirrored, sweep.cropped, sweep.rows, sweep.cols, 0 if sweep.cropped else frames,
        )  # fmt: skip
    return hits


def _within(left: np.ndarray, right: np.ndarray, threshold: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(left, right, bits) of every pair within the threshold, block by block so that a block stays in the cache."""
    differ = np.empty((_ROWS, _COLS), np.uint64)
    bits = np.empty((_ROWS, _COLS), np.uint8)
    found = []
    for i in range(0, len(left), _ROWS):
        for j in range(0, len(right), _COLS):
            rows, cols = left[i : i + _ROWS, None], right[None, j : j + _COLS]
            shape = (len(rows), cols.shape[1])
            d, n = differ[: shape[0], : shape[1]], bits[: shape[0], : shape[1]]
            np.bitwise_count(np.bitwise_xor(rows, cols, out=d), out=n)
            if n.min() <= threshold:
                r, c = np.nonzero(n <= threshold)
                found.append((r + i, c + j, n[r, c]))
    if not found:
        return np.empty(0, int), np.empty(0, int), np.empty(0, np.uint8)
    a, b, close = (np.concatenate(column) for column in zip(*found, strict=True))
    return a, b, close
