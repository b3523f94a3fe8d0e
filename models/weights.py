"""Official checkpoints: where each comes from, under which licence, and what the file must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..datasets.errors import BleedkitError


@dataclass(frozen=True)
class Weights:
    """One official checkpoint. address: of its file; licence: SPDX or in words; sha256: "" where nobody told it."""

    name: str
    address: str
    licence: str
    sha256: str = ""


WEIGHTS: Final[Mapping[str, Weights]] = {}


def weights_file(name: str, given: Path | None = None) -> Path:
    """The checkpoint's file: `given` where the user named one, else the downloaded one.

    Raises BleedkitError where it is missing, saying what to get where.
    """
    if given is None or not given.is_file():
        raise BleedkitError(f"the weights {name} are not at {given}", f"name their file: --weights {name}=FILE")
    return given
