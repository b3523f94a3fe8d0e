"""Checkpoints: a folder a step, there whole or not at all, with all that a training needs to go on bit by bit.

    RUN/checkpoints/00000500/weights.safetensors   the model's parameters and buffers
    RUN/checkpoints/00000500/state.pt              step, digest of the settings, optimiser, the task's own memory

Learning rates, the order of items and random numbers hang on seed and step alone and need no file.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...datasets.errors import BleedkitError

FOLDER: Final = "checkpoints"
_WEIGHTS: Final = "weights.safetensors"
_STATE: Final = "state.pt"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training after `step` steps. settings: digest of what decides its course. task: the task's own memory."""

    step: int
    settings: str
    weights: Mapping[str, Tensor]
    optimiser: Mapping[str, Any]
    task: Mapping[str, Any]


def save_checkpoint(run: Path, checkpoint: Checkpoint, keep: int) -> Path:
    """Write a checkpoint and remove all but the newest `keep`; returns its folder.

    Raises BleedkitError where the disk does not take it; the older ones are then all still there.
    """
    folder = run / FOLDER
    place = folder / f"{checkpoint.step:08d}"
    if place.exists():  # the same settings at the same step: the same bits
        return place
    staging = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = tempfile.mkdtemp(prefix=".new-", dir=folder)
        _write(Path(staging), checkpoint)
        os.replace(staging, place)
        _sync(folder)
    except (OSError, RuntimeError) as error:  # RuntimeError is torch's word for a full disk
        remedy = "check space and permissions, then run the same command again; earlier checkpoints are kept"
        raise BleedkitError(f"{place} cannot be written ({error})", remedy) from error
    finally:
        if staging:
            shutil.rmtree(staging, ignore_errors=True)
    for old in checkpoint_folders(run)[:-keep]:
        shutil.rmtree(old)
    return place


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint onto the CPU; no code in it is run. Raises BleedkitError where it is not one."""
    try:
        weights = load_file(folder / _WEIGHTS)
        state = torch.load(folder / _STATE, map_location="cpu", weights_only=True)
        return Checkpoint(weights=weights, **state)
    except Exception as error:  # whatever the bytes lead the readers to
        what = f"{folder} must be a checkpoint of a training and cannot be read ({error})"
        raise BleedkitError(what, "delete that folder; the run goes on from the one before") from error


def checkpoint_folders(run: Path) -> list[Path]:
    """Folders of the run's checkpoints, oldest first."""
    folder = run / FOLDER
    return sorted(path for path in folder.iterdir() if path.name.isdigit()) if folder.is_dir() else []


def sweep(run: Path) -> None:
    """Clear away what a killed writer left half-written. Only for who holds the run's lock."""
    for leftover in (run / FOLDER).glob(".new-*"):
        shutil.rmtree(leftover)


def own_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU, each with memory of its own, as safetensors wants them."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def _write(folder: Path, checkpoint: Checkpoint) -> None:
    save_file(own_tensors(checkpoint.weights), folder / _WEIGHTS)
    state = {name: getattr(checkpoint, name) for name in ("step", "settings", "optimiser", "task")}
    torch.save(state, folder / _STATE)
    for path in (*folder.iterdir(), folder):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
