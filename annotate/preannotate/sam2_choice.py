"""How SAM 2 is made for pre-annotation. Imports nothing heavy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .annotator import AnnotatorSpec, ModelChoice
from .trained_network import digest_of, filled, weights_of

if TYPE_CHECKING:
    from .sam2_annotator import Sam2Annotator

WEIGHTS_NAME: Final = "sam2_base_plus"


def _settings(choice: ModelChoice) -> Mapping[str, Any]:
    from .sam2_network import MOST_PROMPTED

    file = weights_of(choice, WEIGHTS_NAME)
    return {"size": choice.size or "full", "most_prompted": MOST_PROMPTED, "weights": {WEIGHTS_NAME: digest_of(file)}}


def _build(choice: ModelChoice) -> "Sam2Annotator":
    from .sam2_annotator import Sam2Annotator
    from .sam2_network import FULL_SIZE, TINY_SIZE, sam2_network

    size, device = TINY_SIZE if choice.size == "tiny" else FULL_SIZE, choice.resources.device
    network = filled(lambda: sam2_network(size), weights_of(choice, WEIGHTS_NAME), device)
    return Sam2Annotator(network, device=device, allow_random=choice.allow_random)


SPEC: Final = AnnotatorSpec(frozenset({"regions"}), (WEIGHTS_NAME,), _settings, _build, prompted=True)
