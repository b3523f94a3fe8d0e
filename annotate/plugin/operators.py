"""What the Review panel asks the server. Each operator answers with plain JSON, an error included."""

from collections.abc import Callable
from typing import Any, Final

import fiftyone.operators as foo

from ...datasets.errors import BleedkitError
from ..review.place import desk_here
from ..review.wish import Wish

PANEL: Final = "bleedkit-review"  # as js/review.js registers it
Json = dict[str, Any]


class _Unlisted(foo.Operator):
    """An operator that only the panel calls."""

    name = ""

    @property
    def config(self) -> foo.OperatorConfig:
        """As FiftyOne wants it."""
        return foo.OperatorConfig(name=self.name, label=f"Review: {self.name}", unlisted=True)


class Begin(_Unlisted):
    """Opens the Review panel as soon as the App shows the dataset."""

    name = "begin"

    @property
    def config(self) -> foo.OperatorConfig:
        """As FiftyOne wants it."""
        return foo.OperatorConfig(name=self.name, label="Review: begin", unlisted=True, on_dataset_open=True)

    def execute(self, ctx: Any) -> None:
        """Where the panel is open already, it stays."""
        ctx.ops.open_panel(PANEL, is_active=True)


class Open(_Unlisted):
    """Params: clip_id and frame, or neither for what comes first in the queue."""

    name = "open"

    def execute(self, ctx: Any) -> Json:
        """The clip's pictures and labels, and the queue."""
        clip_id, frame = ctx.params.get("clip_id") or "", ctx.params.get("frame")
        return _answer(lambda: desk_here().open(clip_id, frame))


class Decide(_Unlisted):
    """Params: a wish."""

    name = "decide"

    def execute(self, ctx: Any) -> Json:
        """The clip's labels and the queue after the decision, which is in the log by then."""
        return _answer(lambda: desk_here().decide(Wish.from_json(ctx.params)))


class Keypoints(_Unlisted):
    """Params: clip_id, frame."""

    name = "keypoints"

    def execute(self, ctx: Any) -> Json:
        """All tissue points of one frame."""
        clip_id, frame = str(ctx.params["clip_id"]), int(ctx.params["frame"])
        return _answer(lambda: {"keypoints": desk_here().keypoints(clip_id, frame)})


class Place(_Unlisted):
    """Params: sample, the id of a FiftyOne sample."""

    name = "place"

    def execute(self, ctx: Any) -> Json:
        """Its clip and frame."""
        return _answer(lambda: desk_here().place_of(str(ctx.params["sample"])))


OPERATORS: Final = (Begin, Open, Decide, Keypoints, Place)


def _answer(ask: Callable[[], Json]) -> Json:
    """A refusal is an answer that the panel shows, not a failure of FiftyOne's."""
    try:
        return ask()
    except BleedkitError as error:
        return {"error": {"what": error.what, "remedy": error.remedy}}
