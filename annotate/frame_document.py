"""One frame in the form that FiftyOne keeps in MongoDB."""

from dataclasses import dataclass
from typing import Any

from .push_record import PushRecord

Document = dict[str, Any]


@dataclass(frozen=True)
class FrameDocument:
    """One frame to be pushed. values: field to MongoDB value, without nulls. record: what goes into its `pushed`."""

    values: Document
    record: PushRecord

    @property
    def frame(self) -> int:
        """Frame number in its clip."""
        number: int = self.values["frame_number"]
        return number
