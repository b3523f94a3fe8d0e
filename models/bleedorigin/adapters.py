"""Low-rank adapters for BleedOrigin-Track (Section 4.2.2 and Table 9): LoRA and AdaLoRA, by peft."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import torch
from torch import Tensor

from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.transaction import write_atomic
from ..weights import mark_loaded
from .split_attention import split_attentions
from .track_network import TrackNetwork

if TYPE_CHECKING:
    from peft.tuners.lora import LoraModel

# "Only the attention and MLP layers". Not the visibility head, which Eq. 8 does not train, nor the deformable
# attention's value_proj, whose weight is read without calling the layer, so that an adapter on it would learn nothing.
_LAYERS: Final = "q_proj|k_proj|v_proj|out_proj|sampling_offsets|attention_weights|output_proj|linear1|linear2"
_STEPPED: Final = rf"(sm_query_updater|query_decoder|rerank_module|offset_head)\..*\.({_LAYERS})"
_ENCODING: Final = (
    r"backbone\.vit_encoder\.(blocks|interactions)\..*\.(qkv|proj|fc1|fc2|sampling_offsets|attention_weights|output_proj)"
    r"|feature_decoder\.linear\d"
)
_IMPORTANCE: Final = ("ipt", "exp_avg_ipt", "exp_avg_unc")  # peft's, of every adapted value
_METADATA: Final = "bleedkit_adapters"
_FINISHED: Final = 0.2  # of all steps, in which AdaLoRA's ranks stay as they have become
_WARM: Final = 0.1  # of all steps, before it takes the first rank away


@dataclass(frozen=True)
class AdapterSettings:
    """kind: `lora` (Hu et al. 2022) or `adalora` (Zhang et al. 2023), the paper's best. The paper gives no number.

    rank: of every adapted matrix; of AdaLoRA their mean in the end, beginning with one and a half of it. alpha: their
    answer counts alpha / rank. encoder: adapt Track-On's encoder too; without, frames encoded before stay valid.
    total_steps: of the training, by which AdaLoRA's budget falls; LoRA does without. orthogonal: AdaLoRA's weight of
    the loss that keeps its factors orthogonal.
    """

    kind: Literal["lora", "adalora"] = "adalora"
    rank: int = 8
    alpha: int = 16
    encoder: bool = False
    total_steps: int | None = None
    orthogonal: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in {"lora", "adalora"}:
            raise ValueError(f"there are lora and adalora, and no {self.kind!r}")
        if self.rank < 1:
            raise ValueError(f"adapters have a rank of 1 or more, not {self.rank}")
        if self.kind == "adalora" and (self.total_steps is None or self.total_steps < 1):
            raise ValueError("adalora needs total_steps, the steps of the whole training, as its ranks fall by them")


class Adapters:
    """Adapters in a TrackNetwork, by peft, until they are merged.

    They and the network's own new layers (`red`, `changes`, `mix`) are all that learns; Track-On itself is frozen. Its
    attentions are split in place, so that queries, keys and values are adapted each for itself. What the network
    answers does not change until a step is made.
    """

    def __init__(self, network: TrackNetwork, settings: AdapterSettings) -> None:
        split_attentions(network.track_on)
        self.network, self.settings = network, settings
        self._tuner = _tuner(network, settings)

    def regularisation(self) -> Tensor:
        """AdaLoRA's Eq. 4, to be added to the loss: how far its factors are from orthogonal; 0 for LoRA.

        orthogonal * mean over all factors A and B of ||A A^T - I|| and ||B^T B - I||, Frobenius; Zhang et al. square
        the norm, peft, whose weight of 0.5 this is, does not.
        """
        if self.settings.kind == "lora":
            return torch.zeros((), device=self.network.mix.weight.device)
        strays = []
        for name, factor in self.network.named_parameters():
            if ".lora_A." in name or ".lora_B." in name:
                square = factor @ factor.mT if ".lora_A." in name else factor.mT @ factor
                strays.append((square - torch.eye(len(square), device=square.device)).norm())
        return self.settings.orthogonal * torch.stack(strays).mean()

    def after_step(self, step: int) -> None:
        """After the optimiser's step `step`, from 0, and before gradients are set to zero: AdaLoRA spends its budget.

        It reads the gradients to judge which singular values matter, and sets those to 0 that do not. LoRA: nothing.
        """
        if self.settings.kind == "adalora":
            self._tuner.update_and_allocate(step)

    def importance(self) -> dict[str, Tensor]:
        """What AdaLoRA remembers of past steps, to go on in another process as if in this one; empty for LoRA."""
        if self.settings.kind == "lora":
            return {}
        allocator = self._tuner.rankallocator
        return {
            f"{kind}/{name}": value.clone() for kind in _IMPORTANCE for name, value in getattr(allocator, kind).items()
        }

    def restore_importance(self, kept: Mapping[str, Tensor]) -> None:
        """Take up what `importance` gave."""
        for key, value in kept.items():
            kind, name = key.split("/", 1)
            getattr(self._tuner.rankallocator, kind)[name] = value.clone()

    def save(self, path: Path, base_sha256: str, flow: Mapping[str, Any] | None = None) -> None:
        """Write what has been learnt as .safetensors, whole or not at all.

        base_sha256: of Track-On's checkpoint. flow: what MDG was shown, as `flow_told` names it. Raises ValueError
        where there is MDG without it, or it without MDG.
        """
        from safetensors.torch import save

        if (flow is None) != (self.network.changes is None):
            raise ValueError("adapters with MDG name the flow that they were trained with, and only such adapters do")
        tensors = {name: value.detach().cpu().contiguous() for name, value in _learnt(self.network).items()}
        red_width = self.network.red.second.out_channels
        mdg = self.network.changes.channels if self.network.changes else None
        network = {"red_width": red_width, "mdg_channels": mdg, "flow": flow, "base_sha256": base_sha256}
        told = {**asdict(self.settings), **network}
        write_atomic(path, save(tensors, {_METADATA: json.dumps(told)}))

    def merge(self) -> TrackNetwork:
        """The network with its adapters added into the layers they adapt: as fast as without them, and equal."""
        self._tuner.merge_and_unload()
        return self.network


@dataclass(frozen=True)
class AdapterFile:
    """What an adapter file says of itself. red_width, mdg_channels: of the TrackNetwork; None: it has no MDG.

    flow: what MDG was shown in training, name and settings; None without MDG.
    """

    settings: AdapterSettings
    red_width: int
    mdg_channels: int | None
    base_sha256: str
    flow: Mapping[str, Any] | None


def read_adapter_file(path: Path) -> AdapterFile:
    """Raises BleedkitError where the file is no adapter file."""
    from safetensors import safe_open

    try:
        with safe_open(path, "pt") as file:
            told = json.loads(file.metadata()[_METADATA])
        red_width, mdg, base = (told.pop(name) for name in ("red_width", "mdg_channels", "base_sha256"))
        flow = told.pop("flow", None)
        if (flow is None) != (mdg is None):
            raise ValueError("MDG and its flow are told of together")
        return AdapterFile(AdapterSettings(**told), red_width, mdg, base, flow)
    except Exception as error:  # whatever the bytes lead the readers to
        raise BleedkitError(
            f"{path} must be a .safetensors file of BleedOrigin-Track's adapters and is not",
            "name the file that its training wrote",
        ) from error


def load_adapters(network: TrackNetwork, path: Path) -> Adapters:
    """Adapters from a file, in a network built as `read_adapter_file` says and loaded with the file's base.

    Raises BleedkitError where an entry is missing, unexpected or of another shape.
    """
    from safetensors.torch import load_file

    adapters = Adapters(network, read_adapter_file(path).settings)
    wanted, came = _learnt(network), load_file(path)
    unfit = [name for name in wanted if name not in came or came[name].shape != wanted[name].shape]
    unfit += [name for name in came if name not in wanted]
    if unfit:
        raise BleedkitError(
            f"{path} does not fit the tracker: {len(unfit)} entries missing, unexpected or misshapen ({unfit[0]}, ...)",
            "name the file that its training wrote",
        )
    network.load_state_dict(came, strict=False)
    mark_loaded(network, file_digest(path))
    return adapters


def _tuner(network: TrackNetwork, settings: AdapterSettings) -> "LoraModel | Any":
    try:
        from peft import AdaLoraConfig, LoraConfig
        from peft.tuners.adalora import AdaLoraModel
        from peft.tuners.lora import LoraModel
    except ImportError as error:
        raise BleedkitError(f"adapters need peft ({error})", "pip install 'bleedkit[train]'") from error

    targets = f"{_STEPPED}|{_ENCODING}" if settings.encoder else _STEPPED
    if settings.kind == "lora":
        return LoraModel(
            network.track_on,
            LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules=targets),
            "default",
        )
    steps = settings.total_steps or 1
    config = AdaLoraConfig(
        target_r=settings.rank,
        init_r=settings.rank + (settings.rank + 1) // 2,
        lora_alpha=settings.alpha,
        target_modules=targets,
        tinit=int(_WARM * steps),
        tfinal=int(_FINISHED * steps),
        total_step=steps,
        orth_reg_weight=settings.orthogonal,
    )
    return AdaLoraModel(network.track_on, config, "default")


def _learnt(network: TrackNetwork) -> dict[str, Tensor]:
    """The entries that training has changed: adapters, and the layers that Track-On does not have."""
    return {
        name: value
        for name, value in network.state_dict().items()
        if ".lora_" in name or ".ranknum." in name or not name.startswith("track_on.")
    }
