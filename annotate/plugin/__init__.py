"""The FiftyOne plugin `@bleedkit/review`: FiftyOne reads this folder, where FIFTYONE_PLUGINS_DIR points to it."""

from importlib import import_module
from typing import Any


def register(plugin: Any) -> None:
    """Called by FiftyOne, which loads this file under a name of its own: relative imports would not find us."""
    for operator in import_module("bleedkit.annotate.plugin.operators").OPERATORS:
        plugin.register(operator)
