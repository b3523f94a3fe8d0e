"""The exact truth of simulated clips, where a cohort has it: what pseudo-labels are scored against."""

from ..datasets import moving_texture
from ..datasets.cohort import Cohort
from ..datasets.moving_texture import Truth
from ..datasets.phantom.clip_truth import has_truth, read_truth


def known_truth(cohort: Cohort, clip_id: str) -> Truth | None:
    """Where the clip's points really are, in the order of their targets' names; None for real video.

    A phantom's source counts as seen under blood, as that is where people mark it. Raises BleedkitError where the truth
    is there and cannot be read.
    """
    if has_truth(cohort.folder):
        truth = read_truth(cohort.folder, clip_id)
        return Truth(truth.xy, truth.shown)
    return moving_texture.truth_of(cohort, cohort.clip(clip_id))
