"""Files of weights: whose they are, what their training noted beside them, and networks filled with them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...models.region_point_net import Size
from ...models.weights import fit_weights, load_weights, weights_file
from .annotator import ModelChoice

if TYPE_CHECKING:
    from torch import nn

Network = TypeVar("Network", bound="nn.Module")
RANDOM: Final = "random"
_RECORD: Final = "run.json"  # what a training leaves beside its weights


@dataclass(frozen=True)
class TrainedAs:
    """How `bleedkit bench train` made a network; "" where it did not say."""

    size: Size = "full"
    flow: str = ""


def weights_of(choice: ModelChoice, name: str) -> Path | None:
    """The file of these weights; None where random ones are allowed and none was given.

    Raises BleedkitError where there is no such file.
    """
    given = choice.given(name)
    return None if given is None and choice.allow_random else weights_file(name, given)


def digest_of(file: Path | None) -> str:
    """SHA-256 of a weights file, `random` for none."""
    return file_digest(file) if file else RANDOM


def trained_as(file: Path | None, model: str) -> TrainedAs:
    """What the record beside a file of weights says; the paper's size where there is none of that very file.

    model: its name in `bleedkit bench train`. Raises BleedkitError where it was trained as another model.
    """
    facts = _record(file)
    if not facts:
        return TrainedAs()
    if facts.get("model") != model:
        raise BleedkitError(
            f"{file} was trained as {facts.get('model')!r} and is wanted as {model!r}", "name the weights of that model"
        )
    size, flow = facts.get("size"), facts.get("flow")
    return TrainedAs("tiny" if size == "tiny" else "full", flow if isinstance(flow, str) else "")


def filled(
    make: Callable[[], Network],
    file: Path | None,
    device: str,
    renamed: Callable[[Mapping[str, Any], Path], Mapping[str, Any]] = lambda tensors, _: tensors,
) -> Network:
    """A network with the weights of a file, or drawn from seed 0 where there is none; evaluating, frozen, on `device`.

    Raises BleedkitError where the file does not fit.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = make()
    if file is not None:
        fit_weights(network, renamed(load_weights(file), file), file)
    return network.eval().requires_grad_(False).to(device)


def _record(file: Path | None) -> Mapping[str, Any]:
    """The facts of the training that wrote this file, empty where they are not told."""
    if file is None or not (file.parent / _RECORD).is_file():
        return {}
    try:
        record = json.loads((file.parent / _RECORD).read_text(encoding="utf-8"))
        facts = record["facts"] if record["weights_digest"] == file_digest(file) else {}
    except (ValueError, KeyError, TypeError, OSError):
        return {}
    return facts if isinstance(facts, dict) else {}
