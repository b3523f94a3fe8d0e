"""The matchers by name."""

from collections.abc import Mapping
from typing import Final

from .matcher import Matcher
from .sift_matcher import SiftMatcher
from .stage import Stage
from .xfeat_hub import xfeat_hub
from .xfeat_matcher import xfeat, xfeat_cosine

MATCHERS: Final[Mapping[str, Stage[Matcher]]] = {
    "xfeat": Stage(xfeat, ("xfeat", "lighterglue")),
    "xfeat-cosine": Stage(xfeat_cosine, ("xfeat",)),
    "xfeat-hub": Stage(xfeat_hub, ("xfeat", "lighterglue")),
    "sift": Stage(SiftMatcher),
}
