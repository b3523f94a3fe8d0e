"""XFeat by its authors' own code, fetched through torch.hub: the yardstick of kornia's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..datasets.errors import BleedkitError
from .lighter_glue import LighterGlue
from .weights import fit_weights, load_weights
from .xfeat_features import SEMI_DENSE, XFeatFeatures
from .xfeat_matcher import XFeatMatcher

# One commit, as what is fetched is run: the latest, of January 2025.
REPOSITORY: Final = "verlab/accelerated_features:e92685f57f8318b18725c5c8c0bd28c7fe188d9a"


def xfeat_hub(
    *,
    weights: Mapping[str, Path],
    device: str = "cpu",
    top_k: int = 4096,
    threshold: float = 0.05,
    margin: float = 48.0,
) -> XFeatMatcher:
    """As `xfeat`, with keypoints and descriptors from the authors' code; their LighterGlue is kornia's already.

    Raises BleedkitError where the code is neither in torch.hub's folder nor to be downloaded.
    """
    model = authors_xfeat(weights["xfeat"], device, top_k=top_k, threshold=threshold)
    return XFeatMatcher(XFeatFeatures(model, device, margin), LighterGlue(weights["lighterglue"], device).match)


def authors_xfeat(path: Path, device: str, *, top_k: int, threshold: float) -> Any:
    """The authors' XFeat with the weights of `path`."""
    import torch

    options = {"pretrained": False, "top_k": top_k, "detection_threshold": threshold}
    try:
        model = torch.hub.load(REPOSITORY, "XFeat", trust_repo=True, skip_validation=True, verbose=False, **options)
    except (OSError, ImportError, RuntimeError) as error:
        raise BleedkitError(
            f"xfeat-hub runs the code of {REPOSITORY}, which could not be had: {error}",
            "go online once for torch.hub to keep it, or take the matcher xfeat, which needs no code from elsewhere",
        ) from error
    fit_weights(model.net, load_weights(path), path, may_lack=SEMI_DENSE)
    model.dev = torch.device(device)  # the authors' code takes CUDA wherever there is one
    return model.to(device).eval()
