"""What a file was exported with, so that an import can tell which of its labels somebody deleted."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..schema import MaskLabel, OnsetLabel, PointLabel

if TYPE_CHECKING:
    from .reading import Found, Reading

LABELS: Final = "labels"
"""Key of the list of label ids that an export writes."""
_REFUSED: Final = "something in it was refused, and what cannot be read would count as deleted"
_LOST: Final = "none of its labels names the row that it was exported from"


@dataclass(eq=False)
class Exported:
    """One file. where: its name, for messages. ids: labels that it was exported with; filled while it is read.

    covers: whether the file still speaks of the clip and frame of such a label: a file that was cut down says nothing
    of the rest. nameless: labels that it still names, but without their shape. doubt: why what is missing is not taken
    for deleted; "" where it is.
    """

    where: str
    covers: Callable[[PointLabel | MaskLabel | OnsetLabel], bool]
    ids: set[str] = field(default_factory=set)
    nameless: set[str] = field(default_factory=set)
    doubt: str = ""

    def watch(self, labels: "Iterator[Found]", reading: "Reading", refused: int) -> "Iterator[Found]":
        """The file's labels as they are; at their end the reading knows the file.

        refused: how much the reading had refused before the file was opened.
        """
        named: set[str] = set()  # "" for labels that were made elsewhere
        for one in labels:
            named.add(one.label_id)
            yield one
        if len(reading.refused) > refused:
            self.doubt = _REFUSED
        elif "" in named and not self.ids & (named | self.nameless):
            self.doubt = self.doubt or _LOST
        reading.exported.append(self)


def label_ids(values: object) -> Collection[str]:
    """A list of label ids out of somebody's file; none at all is an empty one. Raises ValueError for anything else."""
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{LABELS} must be a list of label ids")
    return values
