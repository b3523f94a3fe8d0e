"""The models of pre-annotation by name."""

from collections.abc import Mapping
from typing import Final

from ...datasets.errors import BleedkitError
from . import bleedorigin_annotator, bloodet_annotator, sam2_choice
from .annotator import AnnotatorSpec

ANNOTATORS: Final[Mapping[str, AnnotatorSpec]] = {
    "bloodet": bloodet_annotator.SPEC,
    "bleedorigin": bleedorigin_annotator.SPEC,
    "sam2": sam2_choice.SPEC,
}


def annotator_spec(model: str) -> AnnotatorSpec:
    """The model of that name. Raises BleedkitError where there is none."""
    if model not in ANNOTATORS:
        raise BleedkitError(f"there is no model {model!r} to pre-annotate with", f"choose from {', '.join(ANNOTATORS)}")
    return ANNOTATORS[model]
