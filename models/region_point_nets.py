"""The networks that learn regions and sources in one step, by name. BlooDet, which learns in two, is apart."""

from collections.abc import Mapping
from typing import Final

from . import sam2_point, unet_point
from .region_point_net import RegionPointNet

REGION_POINT_NETS: Final[Mapping[str, RegionPointNet]] = {net.name: net for net in (unet_point.SPEC, sam2_point.SPEC)}
