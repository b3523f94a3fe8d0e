"""Every source dataset bleedkit reads, by name: a dict you can read."""

from collections.abc import Mapping
from typing import Final

from . import bleedorigin, hemoset, labelme_folder, surgblood, vl_surgpt
from .source import DatasetSpec

DATASETS: Final[Mapping[str, DatasetSpec]] = {
    spec.name: spec for spec in (surgblood.SPEC, hemoset.SPEC, bleedorigin.SPEC, vl_surgpt.SPEC, labelme_folder.SPEC)
}
