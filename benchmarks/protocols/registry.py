"""The protocols by name."""

from collections.abc import Mapping
from typing import Final

from . import deploy, hemoset_zero_shot, onset, region_point, source, track
from .protocol import Protocol

PROTOCOLS: Final[Mapping[str, Protocol]] = {
    spec.name: spec
    for spec in (region_point.SPEC, hemoset_zero_shot.SPEC, onset.SPEC, source.SPEC, track.SPEC, deploy.SPEC)
}
