"""One FiftyOne sample against the label rows it was pushed from: what was recognised, taken, refused and settled."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from ..datasets.schema import Clip, MaskLabel, OnsetLabel, PointLabel, Review
from .fiftyone_fields import PUSHED
from .fiftyone_tags import verdicts
from .frame_document import Document
from .push_record import REVIEWABLE, GroupRecord, PushRecord, digest_of

Row = PointLabel | MaskLabel | OnsetLabel
Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)


@dataclass(frozen=True)
class Conflict:
    """A change that somebody must look at. taken: whether it became a label row all the same."""

    clip_id: str
    frame: int
    what: str
    taken: bool

    def __str__(self) -> str:
        return f"{self.clip_id} frame {self.frame}: {self.what}"


@dataclass(frozen=True)
class Reviewer:
    """Who changed the samples, and the provenance id of bringing that back."""

    name: str
    provenance: str


@dataclass(frozen=True)
class ClipRows:
    """A clip and every label row it ever had, by label id."""

    clip: Clip
    rows: Mapping[str, Row]

    @cached_property
    def superseded(self) -> frozenset[str]:
        """Ids of the rows that another one replaces."""
        return frozenset(row.supersedes for row in self.rows.values())


@dataclass
class ClipChanges:
    """New rows of one clip, mask files by path, conflicts, and what the dataset may let go of (see `push.Settled`)."""

    rows: list[Row] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    settled: dict[Any, dict[str, str]] = field(default_factory=dict)


class SampleChanges:
    """Collects the changes of one sample into `changes`, its clip's.

    differs: groups that no longer hold what was pushed. verdict: what the sample's own tags say. found: how many
    changes were recognised, whether taken now or by an earlier pull that was killed.
    """

    def __init__(self, document: Document, known: ClipRows, reviewer: Reviewer, changes: ClipChanges) -> None:
        self.document, self.known, self.reviewer, self.changes = document, known, reviewer, changes
        self.clip = known.clip
        self.frame: int = document["frame_number"]
        self.groups = PushRecord.read(document.get(PUSHED)).groups
        self.differs = differing(document)
        self.found = 0
        self._blocked: set[str] = set()
        self.verdict = self._tagged(document.get("tags"), "tags")

    def base(self, label_id: object, kind: type[Label]) -> Label | None:
        """The row of that kind which this frame was pushed with under that id."""
        row = self.known.rows.get(str(label_id))
        return row if isinstance(row, kind) and row.frame == self.frame else None

    def take(self, row: Row, base: Row | None) -> None:
        """Note a new row that replaces `base`; one that is in the cohort already is only counted."""
        self.found += 1
        if row.label_id in self.known.rows:
            return
        self.changes.rows.append(row)
        if base is not None and base.label_id in self.known.superseded:
            what = f"{base.target} was changed elsewhere since the push; both rows are kept"
            self.changes.conflicts.append(Conflict(self.clip.clip_id, self.frame, what, taken=True))

    def refuse(self, group: str, what: str) -> None:
        """Note a change that cannot become a row; it stays in the dataset."""
        self._blocked.add(group)
        self.changes.conflicts.append(Conflict(self.clip.clip_id, self.frame, what, taken=False))

    def judge(self, base: Row, review: Review) -> None:
        """Note what the reviewer says of a label that is otherwise as it was."""
        who, run = self.reviewer.name, self.reviewer.provenance
        self.take(
            dataclasses.replace(base, review=review, annotator=who, provenance=run, supersedes=base.label_id), base
        )

    def reject_deleted(self, group: str, pushed: Sequence[str], seen: set[str]) -> None:
        """A label that was pushed and is gone was rejected, unless one of its group could not be made out."""
        for label_id in pushed if group not in self._blocked else ():
            base = self.known.rows.get(label_id)
            if label_id not in seen and base is not None:
                self.judge(base, Review.REJECTED)

    def said_of(self, label: Document, base: PointLabel | MaskLabel, group: str) -> Review | None:
        """A new verdict on a label: by its own tag, else its `review` attribute, else the sample's tag."""
        own = self._tagged(label.get("tags"), group)
        if own is not None:
            return own if own is not base.review else None
        said = label.get("review")
        if said and said != base.review.value:
            if said in set(Review):
                return Review(said)
            self.refuse(group, f"review must be one of {', '.join(Review)}, got {said!r}")
        return self.verdict if base.review is Review.UNREVIEWED else None

    def refuse_unrecognised(self, group: str, found_before: int) -> None:
        """Tell of a change that left no trace in any row, such as an edited annotator."""
        if group in self.differs and self.found == found_before and group not in self._blocked:
            self.refuse(group, f"{group} changed in something that a label row cannot hold")

    def settle(self) -> None:
        """Let the dataset forget, at the next push, every change that is a row now."""
        settled = {g: digest_of(self.document, self.groups[g].fields) for g in self.differs - self._blocked}
        if self.verdict is not None and not self._blocked:
            settled["tags"] = ""
        if settled:
            self.changes.settled[self.document["_id"]] = settled

    def _tagged(self, tags: object, group: str) -> Review | None:
        said = verdicts(tags)
        if len(said) > 1:
            self.refuse(group, "tagged both accepted and rejected")
        return Review(said[0]) if len(said) == 1 else None


def differing(document: Document) -> set[str]:
    """The reviewable groups of a sample that no longer hold what was pushed."""
    groups: Mapping[str, GroupRecord] = PushRecord.read(document.get(PUSHED)).groups
    return {name for name in REVIEWABLE if name in groups and not groups[name].matches(document)}
