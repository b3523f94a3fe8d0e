"""What a push leaves on each sample, so that the next push and pull can tell what a reviewer has changed since."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from .fiftyone_tags import verdicts

REVIEWABLE: Final = ("points", "regions", "onset")  # what a reviewer may change; all else is the group `frame`
GROUPS: Final = ("frame", *REVIEWABLE)
_PLAIN: Final = frozenset({str, float, int, bool, type(None)})


@dataclass(frozen=True)
class GroupRecord:
    """Fields that are compared and replaced together. digest: of their values. labels: label ids in them, by field."""

    fields: Sequence[str]
    digest: str
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def matches(self, values: Mapping[str, Any]) -> bool:
        """Whether the fields still hold what was pushed."""
        return digest_of(values, self.fields) == self.digest


@dataclass(frozen=True)
class PushRecord:
    """One sample's record: its groups, and the tag of the split it was pushed with ("" for none)."""

    groups: Mapping[str, GroupRecord]
    tag: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any], onset_id: str, tag: str) -> Self:
        """The record of a sample about to hold `values`. onset_id: label id of the clip's onset, "" for none."""
        regions = [name for name in values if name.startswith("regions")]
        points = values.get("points")
        labels: dict[str, dict[str, list[str]]] = {
            "frame": {},
            "points": {"points": [one["label_id"] for one in points["keypoints"]] if points else []},
            "regions": {name: [values[name]["label_id"]] for name in regions},
            "onset": {"onset": [onset_id] if onset_id else []},
        }
        # Empty fields that a reviewer may fill are watched as well; `metadata` FiftyOne fills in as it likes.
        watched = {"points": ["points"], "regions": sorted({"regions", *regions}), "onset": ["onset"]}
        reviewable = {"metadata", "points", "onset", *regions}
        fields = {"frame": [name for name in values if name not in reviewable], **watched}
        return cls({g: GroupRecord(fields[g], digest_of(values, fields[g]), labels[g]) for g in GROUPS}, tag)

    @classmethod
    def read(cls, text: object) -> Self:
        """Read what `to_json` wrote; anything else gives a record that knows of no group."""
        try:
            told = json.loads(str(text))
            groups = {group: GroupRecord(fields, *rest) for group, (fields, *rest) in told["groups"].items()}
            return cls(groups, told["tag"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls({})

    def to_json(self) -> str:
        """The text kept on the sample; the same record always gives the same text."""
        groups = {name: [one.fields, one.digest, one.labels] for name, one in self.groups.items()}
        return json.dumps({"groups": groups, "tag": self.tag}, separators=(",", ":"))


def digest_of(values: Mapping[str, Any], fields: Sequence[str]) -> str:
    """16 hex digits of the fields' values.

    Absent, null and empty count the same, as FiftyOne adds and drops them; of label tags only the verdicts count.
    """
    text = repr(_canonical([values.get(name) for name in fields]))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _canonical(value: Any) -> Any:
    """The value with keys in order and without what is empty; tuples are lists, as they are once read back."""
    if isinstance(value, dict):
        pairs = [
            (key, value[key] if type(value[key]) in _PLAIN else _container(key, value[key])) for key in sorted(value)
        ]
        return [pair for pair in pairs if pair[1]] or None
    if isinstance(value, (list, tuple)):
        return [inner if type(inner) in _PLAIN else _canonical(inner) for inner in value] or None
    return str(value)


def _container(key: str, value: Any) -> Any:
    return verdicts(value) if key == "tags" else _canonical(value)
