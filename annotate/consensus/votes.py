"""Who said what: several people's labels of one target in one frame, or of one clip's onset, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import pyarrow.compute as pc

from ...datasets.cohort import Cohort, most_trusted
from ...datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Review
from ...datasets.tables import LABELS, rows_of

Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)
UNNAMED: Final = "(unnamed)"
_CLIP: Final = -1  # the frame of what is said of a whole clip


@dataclass(frozen=True, eq=False)
class Votes(Generic[Label]):
    """What people say of one thing. frame: -1 for an onset, which is said of the clip.

    own: by annotator, their own latest label, as they gave it before any reviewer spoke; it is compared.
    current: the human labels that nothing replaced, reviewers' among them; consensus is made of them.
    """

    clip_id: str
    frame: int
    target: str
    own: Mapping[str, Label] = field(default_factory=dict)
    current: tuple[Label, ...] = ()


def point_votes(cohort: Cohort, target: str = "") -> list[Votes[PointLabel]]:
    """By clip, frame and target, where anybody labelled a point. target: only this one; "" for all."""
    return _votes(cohort, PointLabel, target)


def mask_votes(cohort: Cohort, target: str = "") -> list[Votes[MaskLabel]]:
    """By clip, frame and target, where anybody drew a region, an empty one included."""
    return _votes(cohort, MaskLabel, target)


def onset_votes(cohort: Cohort, target: str = "") -> list[Votes[OnsetLabel]]:
    """By clip, where anybody gave an onset."""
    return _votes(cohort, OnsetLabel, target)


def standing(labels: Iterable[Label]) -> list[Label]:
    """The labels that count: a reviewed one alone, else everybody's latest; in order of the annotators' names.

    The same choice as `label_noise.consensus` makes for the engine.
    """
    kept = [label for label in labels if label.state is LabelState.HUMAN and label.review is not Review.REJECTED]
    if any(label.review is not Review.UNREVIEWED for label in kept):
        best = most_trusted(kept)
        return [] if best is None else [best]
    latest = {label.annotator: label for label in kept}
    return [latest[name] for name in sorted(latest)]


def shown_name(annotator: str) -> str:
    """An annotator's name in words and tables."""
    return annotator or UNNAMED


def _votes(cohort: Cohort, kind: type[Label], target: str) -> list[Votes[Label]]:
    own: dict[tuple[str, int, str], dict[str, Label]] = {}
    current: dict[tuple[str, int, str], list[Label]] = {}
    for label, is_current in _human_rows(cohort, kind):
        if target in ("", label.target):
            place = (label.clip_id, _CLIP if isinstance(label, OnsetLabel) else label.frame, label.target)
            names = own.setdefault(place, {})
            if label.review is Review.UNREVIEWED:
                names[label.annotator] = label
            if is_current:
                current.setdefault(place, []).append(label)
    return [Votes(*place, dict(sorted(own[place].items())), tuple(current.get(place, ()))) for place in sorted(own)]


def _human_rows(cohort: Cohort, kind: type[Label]) -> list[tuple[Label, bool]]:
    """Every human row ever written, in order of arrival, and whether it is current."""
    table = next(name for name, made in LABELS.items() if made is kind)
    rows = cohort.label_table(table, history=True)
    replaced = set(rows["supersedes"].to_pylist())  # by any row: a restored pseudo-label may replace a person's
    human = rows.filter(pc.equal(rows["state"], LabelState.HUMAN.value))
    return [(label, label.label_id not in replaced) for label in rows_of(table, human)]
