"""ClipFlow: the flow between any two frames of a clip, each computed once."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ..datasets.digest import value_digest
from ..datasets.errors import BleedkitError
from ..datasets.transaction import write_atomic
from .frame_flow import FrameFlow

_FORM: Final = 1  # of the files; another number, and none of the old ones is read


class ClipFlow:
    """Flows of one clip's pictures, kept while there is room for them and, where a folder is given, on disk.

    pictures: T of (3, H, W) float in [0, 1], RGB, one size; or (T, 3, H, W). keep: pairs held in memory, on the CPU,
    8 H W bytes each; the ones used longest ago go first. batch: pairs computed at a time. folder: one file a pair,
    never deleted from here; it is named by the digest of both pictures and of `settings`, which says all that the flow
    hangs on: the name of the model and what `FLOWS[name].settings(resources)` gives. device: where the flow works.
    """

    def __init__(
        self,
        flow: FrameFlow,
        pictures: Sequence[Tensor] | Tensor,
        *,
        keep: int = 64,
        batch: int = 8,
        folder: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        if folder is not None and not settings:
            raise ValueError("flows on disk must say what made them: settings")
        if min(keep, batch) < 1:
            raise ValueError(f"keep and batch must be at least 1, got {keep} and {batch}")
        self._flow, self._pictures, self._device = flow, pictures, torch.device(device)
        self._keep, self._batch, self._folder = keep, batch, folder
        self._settings = value_digest({"form": _FORM, **(settings or {})})
        self._digests: dict[int, str] = {}
        self._kept: OrderedDict[tuple[int, int], Tensor] = OrderedDict()

    def consecutive(self) -> Tensor:
        """From every frame to the next: (T - 1, 2, H, W). Raises ValueError where there are not two."""
        return self.between(list(pairwise(range(len(self._pictures)))))

    def between(self, pairs: Sequence[tuple[int, int]]) -> Tensor:
        """From the first frame of every pair to its second: (N, 2, H, W) float32, pixels, x then y, on the CPU.

        Raises ValueError for no pairs and IndexError for frames that are not there.
        """
        if not pairs:
            raise ValueError("no pairs of frames were named")
        missing = [pair for pair in dict.fromkeys(pairs) if pair not in self._kept]
        found = {pair: self._kept[pair] for pair in pairs if pair in self._kept}
        found |= self._from_disk(missing)
        missing = [pair for pair in missing if pair not in found]
        for start in range(0, len(missing), self._batch):
            found |= self._compute(missing[start : start + self._batch])
        for pair in pairs:
            self._remember(pair, found[pair])
        return torch.stack([found[pair] for pair in pairs])

    def _compute(self, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Tensor]:
        first, second = (
            torch.stack([self._pictures[pair[side]] for pair in pairs]).to(self._device) for side in (0, 1)
        )
        flows = self._flow(first, second).cpu()
        computed = {pair: flow.clone() for pair, flow in zip(pairs, flows, strict=True)}
        for pair, flow in computed.items():
            self._to_disk(pair, flow)
        return computed

    def _remember(self, pair: tuple[int, int], flow: Tensor) -> None:
        self._kept[pair] = flow
        self._kept.move_to_end(pair)
        while len(self._kept) > self._keep:
            self._kept.popitem(last=False)

    def _from_disk(self, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Tensor]:
        if self._folder is None:
            return {}
        read = {pair: self._read(self._folder, pair) for pair in pairs}
        return {pair: flow for pair, flow in read.items() if flow is not None}

    def _read(self, folder: Path, pair: tuple[int, int]) -> Tensor | None:
        """What the pair's file holds; None where it is not there or not whole, as it can be made again."""
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            flow = load(self._file(folder, pair).read_bytes())["flow"]
        except (OSError, SafetensorError, KeyError):
            return None
        return flow if flow.shape == (2, *self._pictures[pair[0]].shape[-2:]) else None

    def _to_disk(self, pair: tuple[int, int], flow: Tensor) -> None:
        from safetensors.torch import save

        if self._folder is None:
            return
        try:
            write_atomic(self._file(self._folder, pair), save({"flow": flow}))
        except BleedkitError as error:
            raise BleedkitError(error.what, "make room there, or go without a folder for flows") from error

    def _file(self, folder: Path, pair: tuple[int, int]) -> Path:
        name = value_digest([self._settings, self._digest(pair[0]), self._digest(pair[1])])
        return folder / name[:2] / f"{name}.safetensors"

    def _digest(self, frame: int) -> str:
        if frame not in self._digests:
            picture = self._pictures[frame].detach().cpu().contiguous()
            shape = f"{picture.dtype} {tuple(picture.shape)} ".encode()
            self._digests[frame] = hashlib.sha256(shape + picture.numpy().tobytes()).hexdigest()
        return self._digests[frame]
