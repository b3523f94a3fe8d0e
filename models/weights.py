"""Checkpoints on this machine: found or fetched, read without running code, put into models that remember it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..datasets.digest import file_digest
from ..datasets.errors import BleedkitError
from ..datasets.transaction import write_atomic
from .weights_download import download
from .weights_table import WEIGHTS, Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

_MARK: Final = "bleedkit_weights_digest"


def weights_file(name: str, given: Path | None = None) -> Path:
    """The checkpoint's file: `given` where the user named one, else torch.hub's copy, downloaded at the first call.

    A given file is taken as it is; what is in it is checked when it is loaded. torch.hub's folder follows TORCH_HOME.
    Raises BleedkitError where the file is missing or not the official one, saying what to get where.
    """
    if given is not None:
        if not given.is_file():
            raise BleedkitError(f"the weights {name} are not at {given}", f"name their file: --weights {name}=FILE")
        return given
    weights, path = WEIGHTS[name], weights_path(name)
    if not path.is_file():
        _fetch(weights, path)
    _check_digest(weights, path)
    return path


def weights_path(name: str) -> Path:
    """Where the checkpoint lies once it is here: torch.hub's checkpoint folder, which TORCH_HOME moves."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"  # as torch.hub, without importing torch
    return Path(os.environ.get("TORCH_HOME", cache)).expanduser() / "hub" / "checkpoints" / WEIGHTS[name].file


def load_weights(path: Path) -> dict[str, "Tensor"]:
    """The tensors of a .safetensors file or of a torch checkpoint, on the CPU; no code in the file is ever run.

    A checkpoint's outer {"model": ...} or {"state_dict": ...} and the "module." of torch's DataParallel are taken off.
    Raises BleedkitError where the file is neither, cut short, or holds anything but tensors by name.
    """
    try:
        found = _read(path)
    except Exception as error:  # whatever the bytes lead the readers to
        raise BleedkitError(
            f"{path} must be whole and a .safetensors file or a torch checkpoint of tensors only, and is not",
            "get the file again",
        ) from error
    return {name.removeprefix("module."): tensor for name, tensor in _tensors(path, found).items()}


def fit_weights(
    model: "nn.Module", tensors: Mapping[str, "Tensor"], path: Path, may_lack: tuple[str, ...] = ()
) -> None:
    """Put tensors into a model; each must have its place and its shape, and no other parameter may be left as it was.

    path: where the tensors came from. may_lack: beginnings of names that the model does without, or begins without.
    Where none was missing the model is marked with that file's digest: nothing in it is random any more. Raises
    BleedkitError with the first names that are missing, unexpected or of another shape.
    """
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    came = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    problems = {
        "missing": [name for name in wanted if name not in came and not name.startswith(may_lack)],
        "unexpected": [name for name in came if name not in wanted],
        "of another shape": [
            f"{name} {came[name]} for {wanted[name]}" for name in wanted if came.get(name, wanted[name]) != wanted[name]
        ],
    }
    told = [f"{len(names)} {what} ({_first(names)})" for what, names in problems.items() if names]
    if told:
        raise BleedkitError(
            f"{path} does not fit {type(model).__name__}: {', '.join(told)}", "name the official file of these weights"
        )
    model.load_state_dict(dict(tensors), strict=False)
    if wanted.keys() <= came.keys():
        mark_loaded(model, file_digest(path) if path.is_file() else "")


def mark_loaded(model: object, digest: str) -> None:
    """Note that a model's parameters are no longer random. digest: of the file they came from, "" for no file."""
    setattr(model, _MARK, digest)


def loaded_digest(model: object) -> str | None:
    """The digest a model was marked with; None where nobody has loaded or trained it: its weights are random."""
    found: str | None = getattr(model, _MARK, None)
    return found


def check_loaded(model: object, *, allow_random: bool = False) -> None:
    """Raises BleedkitError where a model's weights are random and nobody said that they may be."""
    if loaded_digest(model) is None and not allow_random:
        raise BleedkitError(
            f"the weights of this {type(model).__name__} are random: what it says means nothing",
            "load or train it first, or say allow_random=True",
        )


def _fetch(weights: Weights, path: Path) -> None:
    """Into torch.hub's folder, whole or not at all."""
    by_hand = f"save that file as {path}, or name a copy of it: --weights {weights.name}=FILE"
    if not weights.address:
        raise BleedkitError(f"the weights {weights.name} cannot be downloaded: {weights.by_hand}", by_hand)
    try:
        download(weights.address, path, sha256=weights.sha256)
    except BleedkitError as error:
        raise BleedkitError(
            f"the weights {weights.name} could not be downloaded from {weights.address}: {error.what}",
            f"{error.remedy}, or {by_hand}",
        ) from error
    if not weights.sha256:
        write_atomic(_digest_file(path), f"{file_digest(path)}\n".encode())


def _check_digest(weights: Weights, path: Path) -> None:
    noted = _digest_file(path)
    wanted = weights.sha256 or (noted.read_text().strip() if noted.is_file() else "")
    came = file_digest(path)
    if not came.startswith(wanted):
        raise BleedkitError(
            f"{path} is not the file of the weights {weights.name}: SHA-256 must be {wanted}, got {came}",
            f"delete it to download it again, or name another on purpose: --weights {weights.name}=FILE",
        )


def _digest_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _read(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _tensors(path: Path, found: Any) -> dict[str, "Tensor"]:
    import torch

    for outer in ("model", "state_dict"):
        if isinstance(found, dict) and isinstance(found.get(outer), dict):
            found = found[outer]
    if not isinstance(found, dict) or not found or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise BleedkitError(f"{path} must hold tensors by name and holds something else", "name a file of weights")
    return {str(name): tensor for name, tensor in found.items()}


def _first(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
