"""Files of weights as the loaders want them, with random numbers in them: what holds whatever the weights say."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final


def random_raft(path: Path) -> None:
    import torch
    from torchvision.models.optical_flow import raft_large

    torch.manual_seed(0)
    torch.save(raft_large(weights=None).state_dict(), path)


def random_pwcnet(path: Path) -> None:
    """Under ptlflow's names, which the loader takes as well as the common checkpoint's."""
    import torch

    from bleedkit.models.pwc_net import PwcNet

    torch.manual_seed(0)
    torch.save(PwcNet().layers.state_dict(), path)


def random_track_on(path: Path) -> None:
    import torch

    from bleedkit.models.track_on.network import TrackOn

    torch.manual_seed(0)
    torch.save(TrackOn().state_dict(), path)


def random_bleedorigin_track(path: Path) -> None:
    """Adapters of the Track-On that `random_track_on` makes: they belong to that file and no other."""
    import torch

    from bleedkit.datasets.digest import file_digest
    from bleedkit.models.bleedorigin.adapters import Adapters, AdapterSettings
    from bleedkit.models.bleedorigin.track_network import TrackNetwork
    from bleedkit.models.track_on.tracker import load_network

    base = path.with_name("track_on.pth")
    random_track_on(base)
    adapters = Adapters(TrackNetwork(load_network(base)), AdapterSettings(kind="lora"))
    with torch.no_grad():
        for parameter in adapters.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.02 * torch.randn_like(parameter))
    adapters.save(path, file_digest(base))


RANDOM_WEIGHTS: Final[Mapping[str, Callable[[Path], None]]] = {
    "raft": random_raft,
    "pwcnet": random_pwcnet,
    "track_on": random_track_on,
    "bleedorigin_track": random_bleedorigin_track,
}


def random_network(name: str, path: Path) -> None:
    """What a training of that name leaves, in its tiny size, after no step at all."""
    import torch
    from safetensors.torch import save_file

    from bleedkit.benchmarks.training.checkpoint import own_tensors
    from bleedkit.models import sized_models
    from bleedkit.models.flows import FLOWS
    from bleedkit.models.region_point_nets import REGION_POINT_NETS
    from bleedkit.models.stage import CPU

    flow = FLOWS["dis"].build(CPU)
    torch.manual_seed(0)
    if name in REGION_POINT_NETS:
        model = REGION_POINT_NETS[name].make("tiny")
    else:
        with_flow = {"bloodet": sized_models.bloodet, "onset": sized_models.onset}
        model = with_flow[name]("tiny", flow) if name in with_flow else sized_models.source("tiny")
    save_file(own_tensors(model.state_dict()), path)
