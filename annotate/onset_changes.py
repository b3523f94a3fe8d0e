"""A clip's onset that a reviewer moved, took away or judged, as a new row."""

from collections.abc import Sequence

from ..datasets.schema import LabelState, OnsetLabel, Review
from .sample_changes import SampleChanges


def judge_onset(sample: SampleChanges) -> None:
    """A verdict on the onset frame is one on the onset as well."""
    base = _pushed_onset(sample)
    judged = base is not None and base.frame == sample.frame and base.review is Review.UNREVIEWED
    if base is not None and judged and sample.verdict is not None:
        sample.judge(base, sample.verdict)


def read_onsets(samples: Sequence[SampleChanges]) -> None:
    """The clip's onset, from the samples whose flag changed: one is newly flagged, or the old one's flag is gone."""
    flagged = [sample for sample in samples if sample.document.get("onset")]
    for sample in samples if len(flagged) > 1 else ():
        sample.refuse("onset", f"{len(flagged)} frames are newly flagged as the onset, wanted 1")
    if len(flagged) == 1:
        _move(flagged[0])
    elif samples and not flagged:
        base = _pushed_onset(samples[0])
        if base is not None and base.frame in {sample.frame for sample in samples}:
            samples[0].judge(base, Review.REJECTED)


def _move(sample: SampleChanges) -> None:
    base = _pushed_onset(sample)
    row = OnsetLabel(
        clip_id=sample.clip.clip_id,
        frame=sample.frame,
        state=LabelState.HUMAN,
        review=Review.CORRECTED if base else Review.ACCEPTED,
        annotator=sample.reviewer.name,
        provenance=sample.reviewer.provenance,
        supersedes=base.label_id if base else "",
    )
    sample.take(row, base)


def _pushed_onset(sample: SampleChanges) -> OnsetLabel | None:
    """The onset label that the clip was pushed with."""
    for label_id in sample.groups["onset"].labels.get("onset", ()):
        base = sample.known.rows.get(label_id)
        if isinstance(base, OnsetLabel):
            return base
    return None
