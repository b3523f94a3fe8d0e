"""Labels without error: an evaluation shows them to see the engine's own error apart from the annotators'."""

from dataclasses import replace
from typing import Final

from .known_truth import TargetTruth
from .segments import Anchor, Segment

EXACT_SD: Final = 0.1  # per axis, pixels of the clip: stated for exact positions, as no smoother takes a variance of 0


def with_exact_labels(segment: Segment, truth: TargetTruth) -> Segment:
    """The segment with its visible anchors where the target really is, in sight or not, of variance EXACT_SD squared.

    The same frames between the same anchors, so that both ways of evaluating score the same frames.
    """
    before, after = (_exact(anchor, truth) for anchor in (segment.before, segment.after))
    return replace(segment, before=before, after=after, label_variance=EXACT_SD**2)


def _exact(anchor: Anchor | None, truth: TargetTruth) -> Anchor | None:
    if anchor is None or anchor.xy is None:
        return anchor
    x, y = truth.xy[anchor.frame]
    return Anchor(anchor.frame, (float(x), float(y)))
