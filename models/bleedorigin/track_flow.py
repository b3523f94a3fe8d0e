"""The flow that MDG was shown in training, which is the one it has to be shown in answering (BleedOrigin, Table 9)."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...datasets.errors import BleedkitError
from ..flows import FLOWS, flow_told
from ..stage import Resources

if TYPE_CHECKING:
    from ..frame_flow import FrameFlow


def flow_of_adapters(told: Mapping[str, Any], adapters: Path, wanted: str | None, resources: Resources) -> "FrameFlow":
    """The flow that an adapter file tells of, ready to work. wanted: a name that it has to have; None: any.

    Raises BleedkitError where it is another one, or has other settings or weights on this machine.
    """
    name = str(told.get("name"))
    if name not in FLOWS:
        raise BleedkitError(
            f"{adapters} belongs to a flow {name}, which there is not", f"train with one of {', '.join(FLOWS)}"
        )
    if wanted not in (None, name):
        raise BleedkitError(f"{adapters} was trained with the flow {name}, not with {wanted}", f"say --flow {name}")
    here = flow_told(name, resources)
    if here != dict(told):
        raise BleedkitError(
            f"{adapters} was trained with the flow {dict(told)}, and here it is {here}",
            "name the weights that it was trained with, --weights NAME=FILE, or train again",
        )
    return FLOWS[name].build(resources)
