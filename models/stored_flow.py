"""StoredFlow: flows on disk, so that what was asked for once is read the next time: in the next epoch, or run."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from ..datasets.digest import value_digest
from ..datasets.errors import BleedkitError
from ..datasets.transaction import write_atomic
from .frame_flow import FrameFlow

MOST_BYTES: Final = 20 * 2**30
_FORM: Final = 1  # of the files; another number, and none of the old ones is read


class StoredFlow:
    """A FrameFlow that computes the flow between two pictures once; each pair is a file of 8 H W bytes.

    folder: named after nothing but what is in it, so that several runs may share it, and nothing is ever deleted from
    here. A file is named by the digest of both pictures, of the kind of device, and of `settings`, which says all that
    the flow hangs on: what `flow_told` says of it. most_bytes: of the folder's files; flows beyond that are computed
    every time. Several processes may each go beyond it by what they write themselves.

    On a CPU every pair is computed by itself, so that its flow does not hang on the batch it came in, nor on what was
    on disk before: a training gives the same bits with an empty folder and with a full one.
    """

    def __init__(
        self, flow: FrameFlow, folder: Path, settings: Mapping[str, Any], *, most_bytes: int = MOST_BYTES
    ) -> None:
        import cv2

        libraries = {"torch": torch.__version__, "opencv": cv2.__version__}
        self._flow, self._folder, self._most_bytes = flow, folder, most_bytes
        self._settings = value_digest({"form": _FORM, **libraries, "settings": dict(settings)}).encode()
        self._bytes = _size(folder)

    @torch.no_grad()
    def __call__(self, previous: Tensor, current: Tensor) -> Tensor:
        """As FrameFlow has it. Raises BleedkitError where the folder takes no file."""
        shape = (2, *previous.shape[-2:])
        files = [self._file(*pair) for pair in zip(previous, current, strict=True)]
        found = {at: flow for at, file in enumerate(files) if (flow := _read(file, shape)) is not None}
        for some in _together([at for at in range(len(files)) if at not in found], previous.device):
            flows = self._flow(previous[some], current[some]).float().cpu().contiguous()
            for at, flow in zip(some, flows, strict=True):
                found[at] = flow
                self._write(files[at], flow)
        return torch.stack([found[at] for at in range(len(files))]).to(previous.device)

    def _file(self, previous: Tensor, current: Tensor) -> Path:
        digest = hashlib.sha256(self._settings)
        for picture in (previous, current):
            digest.update(f"{picture.device.type} {picture.dtype} {tuple(picture.shape)} ".encode())
            digest.update(picture.detach().cpu().contiguous().numpy().data)
        name = digest.hexdigest()
        return self._folder / name[:2] / f"{name}.f32"

    def _write(self, file: Path, flow: Tensor) -> None:
        data = flow.numpy().tobytes()
        if self._bytes + len(data) > self._most_bytes:
            return
        try:
            write_atomic(file, data)
        except BleedkitError as error:
            raise BleedkitError(error.what, "make room there, or put the cache elsewhere with --cache") from error
        self._bytes += len(data)


def _read(file: Path, shape: tuple[int, ...]) -> Tensor | None:
    """What the file holds; None where it is not there or not whole, as it can be made again."""
    try:
        values = np.frombuffer(bytearray(file.read_bytes()), np.float32)
    except (OSError, ValueError):  # ValueError: of no whole number of values
        return None
    return torch.from_numpy(values).reshape(shape) if values.size == np.prod(shape) else None


def _together(missing: list[int], device: torch.device) -> list[list[int]]:
    """Which pairs are computed at once: on a CPU none with another."""
    if device.type == "cpu":
        return [[at] for at in missing]
    return [missing] if missing else []


def _size(folder: Path) -> int:
    """Bytes of the flows in the folder, 0 where it is not there."""
    return sum(file.stat().st_size for file in folder.glob("*/*.f32"))
