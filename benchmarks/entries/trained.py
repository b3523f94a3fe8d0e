"""A network with the weights that its training left, ready to be asked."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from torch import nn

from ...datasets.errors import BleedkitError
from ...models.weights import fit_weights, load_weights
from .entry import Setup

Network = TypeVar("Network", bound=nn.Module)


def trained(make: Callable[[], Network], setup: Setup, name: str) -> Network:
    """With the weights of `setup.trained`, on its device, in evaluation mode. name: of the entry.

    Raises BleedkitError where nothing was trained, as random weights answer nothing, and where the file does not fit.
    """
    if setup.trained is None:
        what = f"{name} was not trained, and random weights say nothing"
        raise BleedkitError(what, f"train it first, 'bleedkit bench run {name} ...', or name a training's weights")
    return loaded(make(), setup.trained, setup.resources.device)


def loaded(network: Network, file: Path, device: str) -> Network:
    """With the weights of a file. Raises BleedkitError where it is none of this network in this size."""
    fit_weights(network, load_weights(file), file)
    return network.to(device).eval()
