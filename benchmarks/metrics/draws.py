"""Groups and Draws: whose each row is, and how often each patient and clip stands in a resample."""

from dataclasses import dataclass

import numpy as np

from ...datasets.checks import check_array


@dataclass(frozen=True, eq=False)
class Groups:
    """Whose rows are. clip (N,) int64: index of each row's clip; patient (C,) int64: index of each clip's patient.

    Indices count from 0 without gaps. Rows of one clip, and clips of one patient, need not lie together.
    """

    clip: np.ndarray
    patient: np.ndarray

    def __post_init__(self) -> None:
        check_array("clip", self.clip, ("N",), np.int64)
        check_array("patient", self.patient, ("C",), np.int64)

    @property
    def n_patients(self) -> int:
        """P."""
        return int(self.patient.max()) + 1 if len(self.patient) else 0


@dataclass(frozen=True, eq=False)
class Draws:
    """D resamples of the same groups. patients (D, P), clips (D, C) float32: how often each stands in a draw.

    A patient drawn twice has its clips drawn twice, independently; `clips` has the sum.
    """

    patients: np.ndarray
    clips: np.ndarray

    def __post_init__(self) -> None:
        check_array("patients", self.patients, ("D", "P"), np.float32)
        check_array("clips", self.clips, (len(self.patients), "C"), np.float32)
