"""Official checkpoints: where each comes from, under which licence, and what the file must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..datasets.digest import file_digest
from ..datasets.errors import BleedkitError
from ..datasets.transaction import write_atomic

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Weights:
    """One official checkpoint.

    address: of its file; file: its name in torch.hub's checkpoint folder; licence: SPDX, of the authors' code, which
    the file comes with. sha256: its digest, or the first digits where only they are known; "" where nobody told it:
    then the first download is trusted, its digest kept beside the file, and the file held to that from then on.
    """

    name: str
    address: str
    file: str
    licence: str
    sha256: str = ""


_ALL: Final = (
    # The authors state no digest. These two are what several independent users of the same commit wrote down.
    Weights(
        "xfeat",
        "https://github.com/verlab/accelerated_features/raw/main/weights/xfeat.pt",
        "xfeat.pt",
        "Apache-2.0",
        "0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b",
    ),
    Weights(
        "lighterglue",
        "https://github.com/verlab/accelerated_features/raw/main/weights/xfeat-lighterglue.pt",
        "xfeat-lighterglue.pt",
        "Apache-2.0",
        "766102df37f11189efe5b0811d1f47c72b22629b79bfabfcfff9d2a2f84654b8",
    ),
    Weights(
        "track_on",
        "https://huggingface.co/gaydemir/track_on/resolve/main/track_on_checkpoint.pt",
        "track_on_checkpoint.pt",
        "MIT",
    ),
    # torchvision's Raft_Large_Weights.C_T_SKHT_V2; it puts the digest's first digits into the file's name.
    Weights(
        "raft",
        "https://download.pytorch.org/models/raft_large_C_T_SKHT_V2-ff5fadd5.pth",
        "raft_large_C_T_SKHT_V2-ff5fadd5.pth",
        "BSD-3-Clause",
        "ff5fadd5",
    ),
)
WEIGHTS: Final[Mapping[str, Weights]] = {weights.name: weights for weights in _ALL}


def weights_file(name: str, given: Path | None = None) -> Path:
    """The checkpoint's file: `given` where the user named one, else torch.hub's copy, downloaded at the first call.

    A given file is taken as it is; what is in it is checked when it is loaded. torch.hub's folder follows TORCH_HOME.
    Raises BleedkitError where the file is missing or not the official one, saying what to get where.
    """
    if given is not None:
        if not given.is_file():
            raise BleedkitError(f"the weights {name} are not at {given}", f"name their file: --weights {name}=FILE")
        return given
    weights = WEIGHTS[name]
    path = _hub_folder() / weights.file
    if not path.is_file():
        _download(weights, path)
    _check_digest(weights, path)
    return path


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

    path: where the tensors came from, for the message. may_lack: beginnings of names that the model does without.
    Raises BleedkitError with the first names that are missing, unexpected or of another shape.
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


def _hub_folder() -> Path:
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints"


def _download(weights: Weights, path: Path) -> None:
    """Fetch into torch.hub's folder, whole or not at all."""
    import torch

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(weights.address, str(path), weights.sha256 or None)
        if not weights.sha256:
            write_atomic(_digest_file(path), f"{file_digest(path)}\n".encode())
    except (OSError, RuntimeError) as error:  # RuntimeError is torch.hub's word for a wrong digest
        raise BleedkitError(
            f"the weights {weights.name} could not be downloaded from {weights.address}: {error}",
            f"save that file as {path}, or name a copy of it: --weights {weights.name}=FILE",
        ) from error


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
