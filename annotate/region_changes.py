"""Regions that a reviewer judged, painted anew or deleted, as new rows and mask files."""

from ..datasets.mask_store import MaskFile
from ..datasets.schema import LabelState, MaskLabel, Review
from .frame_document import Document
from .sample_changes import SampleChanges

DEFAULT_TARGET = "region"


def read_regions(sample: SampleChanges) -> None:
    """Compare the sample's segmentations with the rows they were pushed from."""
    group = sample.groups["regions"]
    for name in group.fields:
        region = sample.document.get(name) or {}
        base = sample.base(region.get("label_id"), MaskLabel)
        if base is not None:
            _change(sample, region, base)
        elif region.get("mask") is not None and not region.get("label_id"):
            _paint(sample, region, None)
        elif region:
            sample.refuse("regions", f"{name} is neither a label of this frame nor a mask of its own")
        sample.reject_deleted("regions", group.labels.get(name, ()), {base.label_id} if base else set())


def _change(sample: SampleChanges, region: Document, base: MaskLabel) -> None:
    said = sample.said_of(region, base, "regions")
    if region.get("mask") is not None and said is not Review.REJECTED:
        _paint(sample, region, base)
    elif said is not None:
        sample.judge(base, said)


def _paint(sample: SampleChanges, region: Document, base: MaskLabel | None) -> None:
    """Take a mask kept in the sample itself: that is where FiftyOne puts one made by a person."""
    from fiftyone.core.utils import deserialize_numpy_array

    mask, size = deserialize_numpy_array(region["mask"]), sample.clip.size
    if mask.shape != (size.height, size.width):
        sample.refuse("regions", f"a mask must be {size} like its frame, got an array of shape {mask.shape}")
        return
    file = MaskFile.of(mask > 0)
    row = MaskLabel(
        clip_id=sample.clip.clip_id,
        frame=sample.frame,
        path=file.path,
        digest=file.digest,
        area=file.area,
        target=region.get("target") or (base.target if base else DEFAULT_TARGET),
        state=LabelState.HUMAN,
        review=Review.CORRECTED if base else Review.ACCEPTED,
        annotator=sample.reviewer.name,
        provenance=sample.reviewer.provenance,
        supersedes=base.label_id if base else "",
    )
    sample.changes.files[file.path] = file.data
    sample.take(row, base)
