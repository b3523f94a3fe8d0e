"""Items read ahead in worker processes, stacked into batches and brought to the device."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .order import Key
from .task import Items

Item = TypeVar("Item")
_WAIT_S = 600


class _ByKey(Dataset[Item], Generic[Item]):
    """Items as torch's loader asks for them: by epoch and index at once."""

    def __init__(self, items: Items[Item]) -> None:
        self._items = items

    def __getitem__(self, key: Key) -> Item:
        return self._items.item(*key)


def batches(items: Items[Item], keys: Iterable[list[Key]], *, workers: int, device: torch.device) -> Iterator[Item]:
    """One batch for each list of keys, in order, on the device.

    workers: processes that read ahead, two batches each; 0 reads in this process. Their number changes no bit.
    """
    loader: DataLoader[Item] = DataLoader(
        _ByKey(items),
        batch_sampler=keys,
        num_workers=workers,
        collate_fn=stacked,
        worker_init_fn=_one_thread,
        timeout=_WAIT_S if workers else 0,
        # A fork would inherit OpenMP's and CUDA's threads as locked.
        multiprocessing_context="spawn" if workers else None,
    )
    for batch in loader:
        yield on_device(batch, device)


def stacked(items: list[Item]) -> Item:
    """Items (dataclasses of tensors) as one item, each tensor with a batch dimension before its own."""
    first: Any = items[0]
    columns = {field.name: [getattr(item, field.name) for item in items] for field in fields(first)}
    made: Item = replace(first, **{name: torch.stack(column) for name, column in columns.items()})
    return made


def on_device(item: Item, device: torch.device) -> Item:
    """The item with every tensor on the device."""
    any_item: Any = item
    moved: dict[str, Tensor] = {field.name: getattr(any_item, field.name).to(device) for field in fields(any_item)}
    made: Item = replace(any_item, **moved)
    return made


def _one_thread(_worker: int) -> None:
    import cv2

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
