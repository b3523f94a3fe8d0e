"""ClipAnnotator: a model as pre-annotation asks it, and AnnotatorSpec, how one is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from ...models.region_point_net import Size
from ...models.stage import CPU, Resources
from .clip_answer import ClipAnswer
from .clip_pictures import ClipPictures
from .clip_unit import ClipUnit

Kind = Literal["points", "regions", "onset"]


@dataclass(frozen=True)
class ModelChoice:
    """Which model, of which files, where. model: a name of ANNOTATORS; resources: device and weights by name.

    size, flow: "" as its training noted beside the weights, else the paper's size and the flow named by the model's own
    file. tracker: of `bleedorigin` only, a name of TRACKERS. allow_random: networks that no weights are given for are
    drawn from seed 0, and what they say means nothing.
    """

    model: str
    resources: Resources = field(default_factory=lambda: CPU)
    size: Size | Literal[""] = ""
    flow: str = ""
    tracker: str = "bleedorigin_track"
    allow_random: bool = False

    def given(self, name: str) -> Path | None:
        """The user's file of these weights, None where there is none."""
        return self.resources.weights.get(name)


class ClipAnnotator(Protocol):
    """A model, ready to answer; the same clip always gets the same answer."""

    def answer(self, unit: ClipUnit, pictures: ClipPictures) -> ClipAnswer:
        """What it says of a clip. Raises BleedkitError where the clip cannot be read."""


@dataclass(frozen=True)
class AnnotatorSpec:
    """says: what its answers hold. prompted: it begins from what people say of a clip. weights: names in WEIGHTS.

    The first of them is what a file without a name is. settings: what answers hang on, as JSON-able values, the
    weights' digests among them under `weights`; build: the annotator. Both raise BleedkitError where weights are
    missing, random and not allowed to be, or do not fit.
    """

    says: frozenset[Kind]
    weights: tuple[str, ...]
    settings: Callable[[ModelChoice], Mapping[str, Any]]
    build: Callable[[ModelChoice], ClipAnnotator]
    prompted: bool = False
