"""Checkpoints into BlooDet: the authors' own, and SAM 2's, which training starts from."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from ...datasets.errors import BleedkitError
from ..frame_flow import FrameFlow
from ..weights import fit_weights, load_weights
from .network import BlooDet
from .variant import Variant

PREFIX: Final = "predictor."
_FLOW: Final = "estimator."
_WAVELET: Final = re.compile(r"(edge_generator\.wavelet_\d)\.gabor\.(\d+)\.([01])\.(\w+)")
# Of each of the 36 wavelets, a layer and its batch norm; we keep all of a scale in one of each.
_OURS: Final = {"0": "kernels", "1": "norm"}


def load_bloodet(
    path: Path, *, flow: FrameFlow | None, variant: Variant = "code", fill_holes: int = 0, device: str = "cpu"
) -> BlooDet:
    """BlooDet with the authors' weights, in evaluation mode; each tensor has its place, and each place its tensor.

    PWC-Net's tensors, which training may have saved along, are left to `load_pwc_net`. variant: "code" is what these
    weights were learnt with. Raises BleedkitError where the file is no whole BlooDet.
    """
    model = BlooDet(flow=flow, variant=variant, fill_holes=fill_holes)
    fit_weights(model, bloodet_tensors(load_weights(path), path), path)
    return model.eval().to(device)


def bloodet_tensors(tensors: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The authors' tensors under our names. Raises BleedkitError where a scale's wavelets are not all there."""
    found: dict[str, Tensor] = {}
    wavelets: dict[str, dict[int, Tensor]] = {}
    for name, tensor in tensors.items():
        short = name.removeprefix(PREFIX)
        if short.startswith(_FLOW):
            continue
        if wavelet := _WAVELET.fullmatch(short):
            scale, number, layer, kind = wavelet.groups()
            ours = f"{scale}.{_OURS[layer]}" if layer == "0" else f"{scale}.{_OURS[layer]}.{kind}"
            wavelets.setdefault(ours, {})[int(number)] = tensor
        else:
            found[short] = tensor
    return found | {name: _together(name, parts, path) for name, parts in wavelets.items()}


def start_from_sam2(model: BlooDet, path: Path) -> None:
    """Put SAM 2's base+ weights (v2.0) into a model, as its training does (5.2); what SAM 2 lacks keeps its own.

    The point memory's prompt encoder starts as the mask branch's. Raises BleedkitError where a tensor of SAM 2 has no
    place in the model, or is of another shape.
    """
    tensors = load_weights(path)
    twin = {f"point_{name}": tensor for name, tensor in tensors.items() if name.startswith("sam_prompt_encoder.")}
    if not twin:
        raise BleedkitError(f"{path} must hold SAM 2 and does not", "name SAM 2's sam2_hiera_base_plus.pt")
    tensors |= twin
    own = tuple(name for name in model.state_dict() if name not in tensors)
    fit_weights(model, tensors, path, may_lack=own)


def _together(name: str, parts: dict[int, Tensor], path: Path) -> Tensor:
    """The tensors of a scale's 36 wavelets, each a convolution or a batch norm of one channel, as one."""
    if sorted(parts) != list(range(36)):
        raise BleedkitError(f"{path}: {name} must have wavelets 0 to 35, got {len(parts)}", "get the file again")
    ordered = [parts[number] for number in range(36)]
    return ordered[0] if name.endswith("num_batches_tracked") else torch.cat(ordered)
