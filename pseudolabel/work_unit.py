"""WorkUnit: what the job engine must know of a piece of work, whatever is to be computed of it."""

from typing import Protocol


class WorkUnit(Protocol):
    """Frames of one clip that one worker is asked about at once; equal units are the same work.

    target: what it is about, for people to read. frames: ascending; the first and the last name the unit.
    """

    @property
    def clip_id(self) -> str:
        """The clip."""

    @property
    def target(self) -> str:
        """What of it."""

    @property
    def frames(self) -> tuple[int, ...]:
        """Numbers in the clip."""
