"""A stage by name: how it is made, which settings its results hang on, and which weights it needs."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from ..datasets.digest import file_digest
from .weights import weights_file

Made_co = TypeVar("Made_co", covariant=True)
_RESOURCES: Final = ("weights", "device")


@dataclass(frozen=True)
class Resources:
    """Where models run and what they load. device: as torch names it; weights: files the user named, by name."""

    device: str = "cpu"
    weights: Mapping[str, Path] = field(default_factory=dict)


CPU: Final = Resources()


@dataclass(frozen=True)
class Stage(Generic[Made_co]):
    """An entry of a registry. make: takes its settings as keyword arguments that all have a default.

    weights: names in WEIGHTS. Where there are any, `make` also takes `weights` (a file by name) and `device`.
    """

    make: Callable[..., Made_co]
    weights: tuple[str, ...] = ()

    def build(self, resources: Resources) -> Made_co:
        """The stage, ready to work. Raises BleedkitError where its weights are missing or not what they should be."""
        if not self.weights:
            return self.make()
        return self.make(weights=self._files(resources), device=resources.device)

    def settings(self, resources: Resources) -> dict[str, Any]:
        """What its results hang on, as JSON-able values: the defaults of `make`, and each weights file's digest."""
        parameters = inspect.signature(self.make).parameters
        kept = {name: p.default for name, p in parameters.items() if name not in _RESOURCES}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
        files = self._files(resources)
        return {**plain, "weights": {name: file_digest(path) for name, path in files.items()}} if files else plain

    def _files(self, resources: Resources) -> dict[str, Path]:
        return {name: weights_file(name, resources.weights.get(name)) for name in self.weights}
