"""Krippendorff's alpha: agreement beyond chance, whoever labelled what, with gaps."""

import numpy as np

from ...datasets.checks import check_array


def nominal_alpha(votes: np.ndarray) -> float:
    """Alpha of votes (things, people) float64, NaN where somebody did not vote; 1 at most, 0 is chance.

    Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", Sec. C. NaN where no thing has two votes, or all
    votes are the same: nothing can be told from chance then.
    """
    check_array("votes", votes, ("n", "k"), np.float64)
    pairable = _pairable(votes)
    values = np.unique(pairable[np.isfinite(pairable)])
    if len(values) < 2:
        return np.nan
    counts = (pairable[:, :, None] == values).sum(axis=1)  # of each value, by thing
    of_thing, of_value, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    # Ordered pairs of unlike votes: within a thing, and among all votes.
    observed = float(np.sum((of_thing**2 - (counts**2).sum(axis=1)) / (of_thing - 1))) / total
    expected = float(total**2 - (of_value**2).sum()) / (total * (total - 1))
    return 1 - observed / expected


def interval_alpha(values: np.ndarray) -> float:
    """Alpha of values (things, people) float64 on a scale where differences count, like positions; NaN as above.

    Krippendorff 2011, Sec. D, in variances: his table of coincidences holds things x values x values numbers, which for
    1,000 points to a fraction of a pixel is 32 GB.
    """
    check_array("values", values, ("n", "k"), np.float64)
    pairable = _pairable(values)
    if not len(pairable):
        return np.nan
    votes = np.isfinite(pairable).sum(axis=1)
    total = int(votes.sum())
    # The squared differences of the ordered pairs of m values sum to 2 m squared times their variance.
    observed = 2 * float(np.sum(votes**2 * np.nanvar(pairable, axis=1) / (votes - 1))) / total
    expected = 2 * total * float(np.nanvar(pairable)) / (total - 1)
    return 1 - observed / expected if expected > 0 else np.nan


def _pairable(votes: np.ndarray) -> np.ndarray:
    """The things that two people or more voted on."""
    return votes[np.isfinite(votes).sum(axis=1) >= 2]
