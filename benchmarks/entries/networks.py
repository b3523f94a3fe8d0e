"""The trained networks, made as their training made them and asked through the adapters of their kind."""

from functools import partial
from pathlib import Path

from ...models import sized_models
from ...models.flows import FLOWS
from ...models.frame_flow import FrameFlow
from ...models.region_point_model import OnlineRegionPointModel
from ...models.region_point_net import RegionPointNet
from ...models.sized_models import PICTURES
from ...models.weights import weights_file
from ..predictions.schemas import Task
from .chain_predictor import Chain
from .entry import Entry, Setup
from .onset_predictor import OnsetNetworkPredictor
from .region_point_predictor import RegionPointNetwork
from .source_predictor import SourceNetworkPredictor
from .trackers import bleedorigin_track
from .trained import loaded, trained


def bloodet(setup: Setup, _task: Task) -> RegionPointNetwork:
    """With the flow that it was trained with: its offsets mean what that one says."""
    model = trained(lambda: sized_models.bloodet(setup.size, _flow(setup)), setup, "bloodet")
    return _region_point(model, setup, "bloodet")


def bloodet_released(setup: Setup, _task: Task) -> RegionPointNetwork:
    """As its authors trained it, in their code's form; in one size."""
    from ...models.bloodet.load import load_bloodet

    file = weights_file("bloodet", setup.resources.weights.get("bloodet"))
    model = load_bloodet(file, flow=_flow(setup), device=setup.resources.device)
    return RegionPointNetwork(model, picture=PICTURES["bloodet"]["full"], device=setup.resources.device)


def entry_of(net: RegionPointNet) -> Entry:
    """The entry of a network that its own file declares."""

    def build(setup: Setup, _task: Task) -> RegionPointNetwork:
        return _region_point(trained(partial(net.make, setup.size), setup, net.name), setup, net.name)

    return Entry(net.name, net.title, net.reference, ("region-point", "source"), build, trains=net.name)


def onset(setup: Setup, _task: Task) -> OnsetNetworkPredictor:
    """With the flow that it was trained with."""
    model = trained(lambda: sized_models.onset(setup.size, _flow(setup)), setup, "onset")
    return OnsetNetworkPredictor(model, picture=PICTURES["onset"][setup.size], device=setup.resources.device)


def source(setup: Setup, _task: Task) -> SourceNetworkPredictor:
    """In the true first bleeding frame."""
    model = trained(partial(sized_models.source, setup.size), setup, "source")
    return SourceNetworkPredictor(model, picture=PICTURES["source"][setup.size], device=setup.resources.device)


def bleedorigin(setup: Setup, task: Task) -> Chain:
    """BleedOrigin-Net: its three models, each from the file that a training of its own left.

    Raises BleedkitError where any of the files is missing, before anything is loaded.
    """
    device = setup.resources.device
    first, second = (_named(name, setup) for name in ("bleedorigin_onset", "bleedorigin_source"))
    tracker = bleedorigin_track(setup, task)
    finds_onset = loaded(sized_models.onset(setup.size, _flow(setup)), first, device)
    finds_source = loaded(sized_models.source(setup.size), second, device)
    return Chain(
        OnsetNetworkPredictor(finds_onset, picture=PICTURES["onset"][setup.size], device=device),
        SourceNetworkPredictor(finds_source, picture=PICTURES["source"][setup.size], device=device),
        tracker,
    )


def _named(name: str, setup: Setup) -> Path:
    return weights_file(name, setup.resources.weights.get(name))


def _flow(setup: Setup) -> FrameFlow:
    return FLOWS[setup.flow].build(setup.resources)


def _region_point(model: OnlineRegionPointModel, setup: Setup, name: str) -> RegionPointNetwork:
    return RegionPointNetwork(model, picture=PICTURES[name][setup.size], device=setup.resources.device)
