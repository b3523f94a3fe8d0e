"""The exact truth of simulated clips, where a cohort has it: what pseudo-labels are scored against."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..datasets import moving_texture
from ..datasets.cohort import Cohort
from ..datasets.phantom.clip_truth import has_truth, read_truth


@dataclass(frozen=True, eq=False)
class TargetTruth:
    """Where one target really is: xy (T, 2) float64, pixels of the clip; visible (T,): a person could point at it."""

    xy: np.ndarray
    visible: np.ndarray


def known_truth(cohort: Cohort, clip_id: str) -> Mapping[str, TargetTruth]:
    """Where the clip's targets really are, by name; empty for real video.

    A phantom's source counts as seen under blood, as that is where people mark it. Raises BleedkitError where the truth
    is there and cannot be read.
    """
    if has_truth(cohort.folder):
        truth = read_truth(cohort.folder, clip_id)
        names = ["source" if place == 0 else f"source-{place + 1}" for place in range(truth.xy.shape[1])]
        return {name: _target(truth.xy, truth.shown, place) for place, name in enumerate(names)}
    texture = moving_texture.truth_of(cohort, cohort.clip(clip_id))
    if texture is None:
        return {}
    numbers = {point.target: point.target.rpartition("-")[2] for point in cohort.points(clip_id)}
    places = {name: int(number) for name, number in numbers.items() if number.isdecimal()}
    points = texture.xy.shape[1]
    return {name: _target(texture.xy, texture.visible, place) for name, place in places.items() if place < points}


def _target(xy: np.ndarray, visible: np.ndarray, place: int) -> TargetTruth:
    return TargetTruth(xy[:, place].astype(float), visible[:, place])
