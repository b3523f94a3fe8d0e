"""ClipUnit: one clip to be asked about, with what people say of it where a model begins from that."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...datasets.digest import value_digest

Box = tuple[float, float, float, float]  # x0, y0, x1, y1: half-open, pixels of the frame


@dataclass(frozen=True)
class Prompt:
    """What people say of the region in one frame: clicks and a box, or masks.

    clicks: places (x, y) in it, pixels. masks: their files below the cohort folder, whose names hang on their content;
    together they are the region, and none of them with `walled` says that there is no region. walled: a person drew
    the region here, so that nothing goes on past this frame.
    """

    frame: int
    clicks: tuple[tuple[float, float], ...] = ()
    box: Box | None = None
    masks: tuple[str, ...] = ()
    walled: bool = False

    @property
    def says(self) -> bool:
        """Whether there is a region to be followed."""
        return bool(self.clicks or self.box or self.masks)


@dataclass(frozen=True)
class ClipUnit:
    """A WorkUnit. target: name of the model. frames: all with an image, ascending. prompts: by frame, ascending."""

    clip_id: str
    target: str
    frames: tuple[int, ...]
    prompts: tuple[Prompt, ...] = ()

    def id(self, images: object, settings: Mapping[str, Any]) -> str:
        """32 hex digits of all that its answer hangs on; images: digests of the video or the frames."""
        return value_digest([asdict(self), images, dict(settings)])[:32]
