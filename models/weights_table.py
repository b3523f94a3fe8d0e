"""Every official checkpoint: what it is for, where it comes from, under which licence, and what its file must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Weights:
    """One official checkpoint.

    address: of its file, "" where none is public: then `by_hand` says whom to ask. file: its name in torch.hub's
    checkpoint folder. licence: of the weights, as SPDX where it has such a name. sha256: its digest, or the first
    digits where only they are known; "" where nobody told it: then the first download is trusted, its digest kept
    beside the file, and the file held to that from then on. purpose: what needs it. megabytes: its size, 10^6 bytes,
    rounded, as the page it lies on says; None where that says nothing.
    """

    name: str
    address: str
    file: str
    licence: str
    sha256: str = ""
    purpose: str = ""
    megabytes: int | None = None
    by_hand: str = ""


def _timm(name: str, model: str, purpose: str) -> Weights:
    """A vision transformer that timm keeps on the Hugging Face hub, always as model.safetensors."""
    address = f"https://huggingface.co/timm/{model}/resolve/main/model.safetensors"
    return Weights(name, address, f"{model}.safetensors", "Apache-2.0", purpose=purpose)


_ALL: Final = (
    # The authors state no digest. These two are what several independent users of the same commit wrote down.
    Weights(
        "xfeat",
        "https://github.com/verlab/accelerated_features/raw/main/weights/xfeat.pt",
        "xfeat.pt",
        "Apache-2.0",
        "0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b",
        purpose="matchers xfeat, xfeat-cosine, xfeat-hub",
    ),
    Weights(
        "lighterglue",
        "https://github.com/verlab/accelerated_features/raw/main/weights/xfeat-lighterglue.pt",
        "xfeat-lighterglue.pt",
        "Apache-2.0",
        "766102df37f11189efe5b0811d1f47c72b22629b79bfabfcfff9d2a2f84654b8",
        purpose="matcher xfeat",
    ),
    Weights(
        "track_on",
        "https://huggingface.co/gaydemir/track_on/resolve/main/track_on_checkpoint.pt",
        "track_on_checkpoint.pt",
        "MIT",
        purpose="tracker track_on, start of BleedOrigin's tracker",
    ),
    # torchvision's Raft_Large_Weights.C_T_SKHT_V2; it puts the digest's first digits into the file's name.
    Weights(
        "raft",
        "https://download.pytorch.org/models/raft_large_C_T_SKHT_V2-ff5fadd5.pth",
        "raft_large_C_T_SKHT_V2-ff5fadd5.pth",
        "BSD-3-Clause",
        "ff5fadd5",
        purpose="flow raft, tracker dense_flow_raft",
        megabytes=21,
    ),
    # Its host has no https; the authors of PWC-Net allow non-commercial use only, and so does who converted it.
    Weights(
        "pwcnet",
        "http://content.sniklaus.com/github/pytorch-pwc/network-default.pytorch",
        "network-default.pytorch",
        "CC-BY-NC-SA-4.0",
        purpose="flow pwcnet, tracker dense_flow_pwcnet, BlooDet's camera motion",
    ),
    Weights(
        "sam2_base_plus",
        "https://dl.fbaipublicfiles.com/segment_anything_2/072824/sam2_hiera_base_plus.pt",
        "sam2_hiera_base_plus.pt",
        "Apache-2.0",
        purpose="start of BlooDet's image encoder (SAM 2.0)",
        megabytes=323,
    ),
    Weights(
        "bloodet",
        "",
        "bloodet.pth",
        "MIT",
        purpose="BlooDet as its authors trained it",
        by_hand="its authors' page https://github.com/PJLallen/SurgBlood names no address of it; ask them",
    ),
    Weights(
        "bleedorigin_track",
        "",
        "bleedorigin_track.safetensors",
        "its data's",
        purpose="tracker bleedorigin_track: adapters on track_on",
        by_hand="its own (https://arxiv.org/abs/2507.15094) are not released; bleedkit bench train track makes one",
    ),
    Weights(
        "bleedorigin_onset",
        "",
        "bleedorigin_onset.safetensors",
        "its data's",
        purpose="first of BleedOrigin's chain: the onset",
        by_hand="its authors' (https://arxiv.org/abs/2507.15094) are not released; bleedkit bench train makes one",
    ),
    Weights(
        "bleedorigin_source",
        "",
        "bleedorigin_source.safetensors",
        "its data's",
        purpose="second of BleedOrigin's chain: the source",
        by_hand="its authors' (https://arxiv.org/abs/2507.15094) are not released; bleedkit bench train makes one",
    ),
    _timm("pe_spatial_448", "vit_pe_spatial_large_patch14_448.fb", "encoder of BleedOrigin's source model"),
    _timm("pe_core_448", "vit_pe_core_large_patch14_336.fb", "encoder of BleedOrigin's Table 8"),
    _timm("pe_lang_448", "vit_pe_lang_large_patch14_448.fb", "encoder of BleedOrigin's Table 8"),
    _timm("dinov2", "vit_large_patch14_dinov2.lvd142m", "encoder of BleedOrigin's Table 8"),
    _timm("pe_spatial_base", "vit_pe_spatial_base_patch16_512.fb", "smaller encoder of the source model"),
    _timm("pe_spatial_tiny", "vit_pe_spatial_tiny_patch16_512.fb", "smallest encoder of the source model"),
    Weights(
        "tapir",
        "https://huggingface.co/google/tapnet/resolve/main/tapir_checkpoint_panning.pt",
        "tapir_checkpoint_panning.pt",
        "Apache-2.0",
        purpose="baseline of BleedOrigin's Table 7; nothing here loads it yet",
        megabytes=124,
    ),
    Weights(
        "bootstapir",
        "https://huggingface.co/google/tapnet/resolve/main/bootstapir_checkpoint_v2.pt",
        "bootstapir_checkpoint_v2.pt",
        "Apache-2.0",
        purpose="baseline of BleedOrigin's Table 7; nothing here loads it yet",
        megabytes=219,
    ),
    Weights(
        "cotracker3",
        "https://huggingface.co/facebook/cotracker3/resolve/main/scaled_offline.pth",
        "scaled_offline.pth",
        "CC-BY-NC-4.0",
        purpose="baseline of BleedOrigin's Table 7; nothing here loads it yet",
        megabytes=102,
    ),
)
WEIGHTS: Final[Mapping[str, Weights]] = {weights.name: weights for weights in _ALL}
