"""Matching by XFeat's keypoints, the paper's matcher (BleedOrigin 4.2.1), with two ways to say how sure a match is."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from .lighter_glue import LighterGlue
from .matcher import Disc, Matches
from .mutual import mutual_best
from .xfeat_features import Features, XFeatFeatures, kornia_xfeat

Pairing = Callable[[Features, Features], tuple[np.ndarray, np.ndarray, np.ndarray]]


class XFeatMatcher:
    """Finds keypoints round both discs and pairs them. pairing: indices in first and second, and confidences, (K,)."""

    def __init__(self, features: XFeatFeatures, pairing: Pairing) -> None:
        self._features, self._pairing = features, pairing

    def match(self, first: np.ndarray, second: np.ndarray, around_first: Disc, around_second: Disc) -> Matches:
        """Match two RGB frames within a disc of each; keypoints in the margin compete and are not given out."""
        ours = self._features.detect(first, around_first)
        theirs = self._features.detect(second, around_second)
        if ours is None or theirs is None or not len(ours.xy) or not len(theirs.xy):
            return Matches.none()
        i, j, confidence = self._pairing(ours, theirs)
        wanted = ours.wanted[i] & theirs.wanted[j]
        return Matches.of(ours.xy[i[wanted]], theirs.xy[j[wanted]], confidence[wanted])


def xfeat(
    *,
    weights: Mapping[str, Path],
    device: str = "cpu",
    top_k: int = 4096,
    threshold: float = 0.05,
    margin: float = 48.0,
) -> XFeatMatcher:
    """XFeat with LighterGlue; confidence is LighterGlue's matching score.

    top_k, threshold: the authors' own (keypoints a crop at most, and the heat from which there is one); margin: pixels
    looked at round each disc. Raises BleedkitError where the weights `xfeat` and `lighterglue` do not fit.
    """
    model = kornia_xfeat(weights["xfeat"], device, top_k=top_k, threshold=threshold)
    return XFeatMatcher(XFeatFeatures(model, device, margin), LighterGlue(weights["lighterglue"], device).match)


def xfeat_cosine(
    *,
    weights: Mapping[str, Path],
    device: str = "cpu",
    top_k: int = 4096,
    threshold: float = 0.05,
    margin: float = 48.0,
) -> XFeatMatcher:
    """XFeat with mutual nearest neighbours, as in its paper; confidence is the descriptors' cosine, 0 if negative.

    A poor judge of right and wrong: nearly every mutual match has more than 0.7.
    """
    model = kornia_xfeat(weights["xfeat"], device, top_k=top_k, threshold=threshold)
    return XFeatMatcher(XFeatFeatures(model, device, margin), by_cosine)


def by_cosine(first: Features, second: Features) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mutually nearest descriptors and their cosine."""
    cosine = (first.descriptors @ second.descriptors.T).cpu().numpy()
    i, j = mutual_best(cosine)
    return i, j, cosine[i, j].clip(0, 1)
