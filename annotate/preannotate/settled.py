"""What people have settled of a clip, and no model may touch."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ...datasets.cohort import ClipView
from ...datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Review
from .annotator import Kind

TARGET = "source"  # of a model's points; one who looks for the source says nothing of other targets
Label = PointLabel | MaskLabel | OnsetLabel


@dataclass(frozen=True)
class Settled:
    """points, regions: frames. onset: of the clip."""

    points: frozenset[int]
    regions: frozenset[int]
    onset: bool

    @classmethod
    def of(cls, view: ClipView) -> "Settled":
        """A label settles its place where a person made or judged it, or where it was derived from people's."""
        return cls(
            frozenset(point.frame for point in view.points if point.target == TARGET and is_settled(point)),
            frozenset(mask.frame for mask in view.masks if is_settled(mask)),
            any(is_settled(onset) for onset in view.onsets),
        )

    def leaves(self, frames: Collection[int], says: Iterable[Kind]) -> bool:
        """Whether anything of what a model says is left to be said of these frames."""
        left = {
            "points": bool(set(frames) - self.points),
            "regions": bool(set(frames) - self.regions),
            "onset": not self.onset,
        }
        return any(left[kind] for kind in says)


def is_settled(label: Label) -> bool:
    """Whether a model has to leave the label's place alone.

    What a person rejected settles it too: they looked. What a run itself gave up, without annotator, settles nothing.
    """
    if label.state is LabelState.PSEUDO:
        return label.review is not Review.REJECTED or bool(label.annotator)
    return label.state is LabelState.HUMAN or label.review is not Review.UNREVIEWED
