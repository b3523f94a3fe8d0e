"""What a label says besides where it is, as plain fields that formats with room for more carry along."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from ..schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Review

NUMBERS: Final = ("confidence", "var_x", "var_y", "cov_xy")
TEXTS: Final = ("label_id", "state", "review", "annotator", "provenance")


def fields_of(label: PointLabel | MaskLabel | OnsetLabel) -> dict[str, str | float]:
    """Fields by name, those left out that say nothing (empty text, NaN)."""
    texts = {name: str(getattr(label, name)) for name in TEXTS}
    numbers = {name: float(getattr(label, name, math.nan)) for name in NUMBERS}
    return {
        **{name: text for name, text in texts.items() if text},
        **{name: number for name, number in numbers.items() if not math.isnan(number)},
    }


@dataclass(frozen=True)
class LabelFields:
    """The same, read back. label_id: of the exported row, "" for a label made elsewhere.

    state, annotator: None and "" where the file does not tell.
    """

    label_id: str = ""
    state: LabelState | None = None
    review: Review = Review.UNREVIEWED
    annotator: str = ""
    confidence: float = math.nan
    var_x: float = math.nan
    var_y: float = math.nan
    cov_xy: float = math.nan

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """From fields as `fields_of` gives them, numbers also as text; unknown ones are passed over.

        Raises ValueError where a state, a review or a number is none.
        """
        text = {name: str(values[name]) for name in TEXTS if values.get(name) not in (None, "")}
        numbers = {name: _number(name, values[name]) for name in NUMBERS if values.get(name) not in (None, "")}
        return cls(
            label_id=text.get("label_id", ""),
            state=LabelState(text["state"]) if "state" in text else None,
            review=Review(text.get("review", Review.UNREVIEWED)),
            annotator=text.get("annotator", ""),
            **numbers,
        )


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{name} must be a number, got {value!r}")
    number = float(value)
    if math.isinf(number):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return number
