"""The flow models by name; each takes frames (FlowModel) and batches of tensors (FrameFlow)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from .flow_model import FlowModel
from .frame_flow import FrameFlow
from .stage import Resources, Stage


class Flow(FlowModel, FrameFlow, Protocol):
    """Both, with the same network, the same settings and the same working picture."""


def _dis(*, width: int = 512) -> Flow:
    from .dis_flow import DisFlow

    return DisFlow(width=width)


def _raft(*, weights: Mapping[str, Path], device: str, width: int = 512, updates: int = 12) -> Flow:
    from .raft_flow import RaftFlow

    return RaftFlow(weights["raft"], device=device, width=width, updates=updates)


def _pwcnet(*, weights: Mapping[str, Path], device: str, width: int = 512) -> Flow:
    from .pwc_flow import PwcFlow

    return PwcFlow(weights["pwcnet"], device=device, width=width)


FLOWS: Final[Mapping[str, Stage[Flow]]] = {
    "dis": Stage(_dis),
    "raft": Stage(_raft, weights=("raft",)),
    "pwcnet": Stage(_pwcnet, weights=("pwcnet",)),
}


def flow_told(name: str, resources: Resources) -> dict[str, Any]:
    """What files say of the flow that they hang on: its name, its settings, its weights' digests; JSON-able."""
    return {"name": name, **FLOWS[name].settings(resources)}
