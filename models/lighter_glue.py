"""LighterGlue: XFeat's own small LightGlue, which says how sure each match is (Potje et al., CVPR 2024)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..datasets.errors import BleedkitError
from .weights import fit_weights, load_weights
from .xfeat_features import Features

if TYPE_CHECKING:
    from torch import Tensor

_LAYER: Final = "transformers."


class LighterGlue:
    """kornia's LightGlue with the authors' weights; as many layers as there are in the file (theirs has 6).

    Points are never pruned half-way, which the authors' settings do on the CPU and not on a GPU.
    Raises BleedkitError where the weights do not fit.
    """

    def __init__(self, path: Path, device: str) -> None:
        from kornia.feature import LightGlue

        tensors = _renamed(load_weights(path))
        layers = {int(name.split(".")[1]) for name in tensors if name.startswith(_LAYER)}
        if not layers:
            raise BleedkitError(f"{path} does not fit LighterGlue: it has no {_LAYER}*", "name the official file")
        n_layers = max(layers) + 1
        no_download: Any = None  # kornia's annotation leaves it out
        model = LightGlue(
            no_download,
            input_dim=64,
            descriptor_dim=96,
            n_layers=n_layers,
            num_heads=1,
            depth_confidence=-1,
            width_confidence=-1,
            filter_threshold=0.0,
        )
        fit_weights(model, tensors, path, may_lack=_unused(n_layers))
        self._model, self._device = model.to(device).eval(), device

    def match(self, first: Features, second: Features) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mutually best pairs: their indices in first and second, and LighterGlue's matching scores, each (K,).

        Both crops are told to be of one size, so that a pixel is as long in one as in the other.
        """
        import torch

        size = np.maximum(first.crop.size, second.crop.size)
        with torch.inference_mode():
            answer = self._model({"image0": self._input(first, size), "image1": self._input(second, size)})
        pairs = answer["matches"][0].cpu().numpy()
        return pairs[:, 0], pairs[:, 1], answer["scores"][0].float().cpu().numpy()

    def _input(self, features: Features, size: np.ndarray) -> dict[str, "Tensor"]:
        import torch

        # As in training: whole numbers are pixel centres.
        xy = torch.from_numpy(features.xy - features.crop.origin - np.float32(0.5))
        return {
            "keypoints": xy[None].to(self._device),
            "descriptors": features.descriptors[None],
            "image_size": torch.from_numpy(size)[None].to(self._device),
        }


def _renamed(tensors: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
    """The authors' names as kornia's: they kept an XFeat beside the matcher and listed attention blocks apart."""
    renamed = {}
    for name, tensor in tensors.items():
        if name.startswith("extractor."):
            continue
        kind, _, rest = name.removeprefix("matcher.").partition(".")
        if kind in ("self_attn", "cross_attn"):
            layer, _, inner = rest.partition(".")
            renamed[f"{_LAYER}{layer}.{kind}.{inner}"] = tensor
        else:
            renamed[name.removeprefix("matcher.")] = tensor
    return renamed


def _unused(n_layers: int) -> tuple[str, ...]:
    """What only early stopping and pruning would ask for: every layer's verdict but the last one's."""
    return ("token_confidence.", "confidence_thresholds", *(f"log_assignment.{i}." for i in range(n_layers - 1)))
