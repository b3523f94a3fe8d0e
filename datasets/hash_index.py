"""A cohort's perceptual hashes in arrays, sorted by clip and frame: what an audit searches."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .checks import check_array
from .cohort import Cohort
from .errors import BleedkitError
from .perceptual_hash import BITS, SIDE, VIEWS, frequencies, hashes, thumbnails
from .schema import Clip

# The average frame is drawn towards plain grey as if by so many more patients: two alone are no average.
_GREY_PATIENTS: Final = 8


@dataclass(frozen=True, eq=False)
class HashIndex:
    """clips: by id, in id order. clip (N,) int32: which of them, ascending; frame (N,) int32, ascending within a clip.

    thumbs (N, 16, 16) float32. Frames without content have no row.
    """

    clips: Mapping[str, Clip]
    clip: np.ndarray
    frame: np.ndarray
    thumbs: np.ndarray

    def __post_init__(self) -> None:
        check_array("clip", self.clip, ("N",), np.int32)
        check_array("frame", self.frame, (len(self.clip),), np.int32)
        check_array("thumbs", self.thumbs, (len(self.clip), SIDE, SIDE), np.float32)

    @cached_property
    def patient(self) -> np.ndarray:
        """(len(clips),) int: number of each clip's patient, in order of first clip."""
        number = {name: i for i, name in enumerate(dict.fromkeys(clip.patient_id for clip in self.clips.values()))}
        return np.array([number[clip.patient_id] for clip in self.clips.values()], int)

    @cached_property
    def frequency(self) -> np.ndarray:
        """(N, 64) float32: the frames' lowest frequencies."""
        return frequencies(self.thumbs)

    @cached_property
    def centre(self) -> np.ndarray:
        """(64,) float32: frequencies of the average frame, every patient counting once."""
        patient = self.patient[self.clip]
        means = [self.frequency[patient == number].mean(axis=0) for number in np.unique(patient)]
        whole = np.vstack([np.zeros((_GREY_PATIENTS, BITS)), *means])
        return np.asarray(whole.mean(axis=0), np.float32)

    @cached_property
    def full(self) -> np.ndarray:
        """(N,) uint64: hash of every whole frame."""
        return hashes(self.frequency, self.centre)

    def of_clips(self, wanted: np.ndarray) -> np.ndarray:
        """Row numbers of the clips for which `wanted` (len(clips),) bool is true."""
        return np.flatnonzero(wanted[self.clip])


def load_hashes(cohort: Cohort) -> HashIndex:
    """The cohort's hashes. Raises BleedkitError where it has none, or ones of another bleedkit's making."""
    table = cohort.table("hashes")
    if not len(table):
        raise BleedkitError(f"{cohort.folder} has no perceptual hashes", "build it from images to have them")
    return hash_index(table, cohort.clips, str(cohort.folder))


def hash_index(table: pa.Table, clips: Mapping[str, Clip], where: str) -> HashIndex:
    """The rows of table `hashes` as arrays. clips: every clip by id, in id order. where: what to name in errors."""
    clip = pc.index_in(table["clip_id"], value_set=pa.array(list(clips), pa.string()))
    view = pc.index_in(table["view"], value_set=pa.array(VIEWS, pa.string()))
    if len(table) % len(VIEWS) or clip.null_count or view.null_count:
        raise _unfit(where)
    keys = [np.asarray(column) for column in (view, table["frame"], clip)]
    order = np.lexsort(keys)
    shape = (-1, len(VIEWS))
    if (keys[0][order].reshape(shape) != np.arange(len(VIEWS))).any():
        raise _unfit(where)
    words = table["phash"].to_numpy()[order].reshape(shape)
    first = order[:: len(VIEWS)]
    return HashIndex(clips, keys[2][first].astype(np.int32), keys[1][first].astype(np.int32), thumbnails(words))


def _unfit(where: str) -> BleedkitError:
    return BleedkitError(f"{where}: its perceptual hashes are not this bleedkit's", "build the cohort again")
