"""Which frames BleedOrigin-Track is trained on (Section 4.2.1): short clips, long clips, or both."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal, get_args

import numpy as np

SHORT: Final = 31  # frames: two labels a second apart at 30 frames a second, and all between
LONGEST: Final = 301
LEAST: Final = 61
Training = Literal["short", "long", "hybrid"]


def short_clips(labelled: Sequence[int], length: int = SHORT) -> list[range]:
    """Every run of at most `length` frames from one labelled frame to the next, both included; in order.

    labelled: frame numbers of a clip's human labels, rising. Labels further apart give none: there is nothing to say
    about most of the frames between.
    """
    return [range(first, last + 1) for first, last in pairwise(labelled) if last - first < length]


def long_clips(labelled: Sequence[int], least: int = LEAST, longest: int = LONGEST) -> list[range]:
    """From every labelled frame as far as labels go, to `longest` frames at most; those of `least` frames or more.

    A clip whose labels span no more than `longest` frames gives only itself, whole, as the paper takes it.
    """
    if not labelled:
        return []
    starts = labelled if labelled[-1] - labelled[0] >= longest else labelled[:1]
    clips = []
    for first in starts:
        last = max(frame for frame in labelled if frame - first < longest and frame >= first)
        if last - first + 1 >= least:
            clips.append(range(first, last + 1))
    return clips


def drawn_clip(
    rng: np.random.Generator, labelled: Sequence[int], training: Training = "hybrid", *, long_share: float = 0.5
) -> range | None:
    """One training clip of a labelled clip; None where it has none of the kind.

    hybrid: a long one with the chance `long_share`, else a short one, and the other kind where there is none; the paper
    gives no share. Raises ValueError for another training.
    """
    if training not in get_args(Training):
        raise ValueError(f"there is no training {training!r}; choose from {', '.join(get_args(Training))}")
    short, long = short_clips(labelled), long_clips(labelled)
    wants_long = training == "long" or (training == "hybrid" and rng.random() < long_share)
    chosen = long if wants_long else short
    if training == "hybrid" and not chosen:
        chosen = short or long
    return chosen[int(rng.integers(len(chosen)))] if chosen else None
