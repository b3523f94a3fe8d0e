"""The matchers by name."""

from collections.abc import Mapping
from typing import Final

from .matcher import Matcher
from .stage import Stage

MATCHERS: Final[Mapping[str, Stage[Matcher]]] = {}
