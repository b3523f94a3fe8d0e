"""What a reviewer changed on a clip's FiftyOne samples, as new label rows."""

from collections.abc import Sequence

from .fiftyone_fields import PUSHED
from .fiftyone_tags import verdicts
from .frame_document import Document
from .onset_changes import judge_onset, read_onsets
from .point_changes import read_points
from .region_changes import read_regions
from .sample_changes import ClipChanges, ClipRows, Reviewer, SampleChanges, differing


def is_changed(document: Document) -> bool:
    """Whether a reviewer has changed or judged anything on the sample since its push."""
    return bool(differing(document)) or (PUSHED in document and bool(verdicts(document.get("tags"))))


def read_changes(known: ClipRows, documents: Sequence[Document], reviewer: Reviewer) -> ClipChanges:
    """Every change on the clip's changed samples; a row that a killed pull has appended already is not made again."""
    changes = ClipChanges()
    samples = [SampleChanges(document, known, reviewer, changes) for document in documents]
    samples = [sample for sample in samples if sample.groups]
    for sample in samples:
        _read_labels(sample)
    read_onsets([sample for sample in samples if "onset" in sample.differs])
    for sample in samples:
        sample.settle()
    return changes


def _read_labels(sample: SampleChanges) -> None:
    for group, read in (("points", read_points), ("regions", read_regions)):
        if group in sample.differs or sample.verdict is not None:
            before = sample.found
            read(sample)
            sample.refuse_unrecognised(group, before)
    if sample.verdict is not None:
        judge_onset(sample)
        labels = [ids for group in sample.groups.values() for ids in group.labels.values() if ids]
        if not sample.found and not labels:
            sample.refuse("tags", f"tagged {sample.verdict}, but there is no label to judge")
