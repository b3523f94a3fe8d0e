"""The edge generator of the mask branch: wavelet Laplacian filters at three scales (SurgBlood 4.3, Fig. 5)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .gabor import wavelets
from .variant import Edge, Form


class WaveletFilter(nn.Module):
    """Features gated by how strongly the wavelets answer: sigmoid(sum_i norm_i(L_g,i * F) / 18) times F.

    Every wavelet reads all channels and answers with one, which its own batch norm levels; the wavelets never learn.
    The gate is the released code's; the paper only writes L_g * F.
    """

    kernels: Tensor

    def __init__(self, channels: int, form: Form) -> None:
        super().__init__()
        kernels = torch.from_numpy(wavelets(eq6=form.eq6_kernels))
        self.register_buffer("kernels", kernels[:, None].repeat(1, channels, 1, 1))
        self.norm = nn.BatchNorm2d(len(kernels))

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, h, w) -> the same, gated."""
        return torch.sigmoid(self.answer(features)) * features

    def answer(self, features: Tensor) -> Tensor:
        """The mean answer of an orientation, its two parts added up: (B, C, h, w) -> (B, 1, h, w)."""
        norm, orientations = self.norm, len(self.kernels) / 2
        mean, variance = norm.running_mean, norm.running_var
        if self.training or mean is None or variance is None:
            levelled = norm(functional.conv2d(features, self.kernels, padding=1))
            return levelled.sum(1, keepdim=True) / orientations
        # Outside training all of it is linear: one kernel instead of 36.
        scale = norm.weight * torch.rsqrt(variance + norm.eps) / orientations
        kernel = (self.kernels * scale[:, None, None, None]).sum(0, keepdim=True)
        shift = (norm.bias / orientations - mean * scale).sum(0, keepdim=True)
        return functional.conv2d(features, kernel, shift, padding=1)


class EdgeGenerator(nn.Module):
    """F_mask and the high-resolution features F_1, F_2 -> logits of the region's edge, E_m.

    edge: `no_laplacian` leaves the filters out; `no_high_res` leaves F_1 and F_2 out, and with them the finest scale,
    which has nothing else to refine: the 0.03 M parameters less of Table 6.
    """

    def __init__(self, hidden: int, form: Form, edge: Edge) -> None:
        super().__init__()
        middle, fine = hidden // 4, hidden // 8
        self.form, self.edge = form, edge
        self.wavelet_0 = _wavelet(hidden, form, edge)
        self.wavelet_1 = _wavelet(middle, form, edge)
        self.up1 = _doubled(hidden, middle)
        self.up2 = _doubled(middle, fine)
        self.up_mid = _doubled(hidden, middle)
        if edge != "no_high_res":
            self.wavelet_2 = _wavelet(fine, form, edge)
            self.up_bot = _doubled(middle, fine)
        self.final_conv = nn.Conv2d(fine, 1, kernel_size=3, padding=1)

    def forward(self, mask_features: Tensor, middle: Tensor, fine: Tensor) -> Tensor:
        """F_mask (B, c, g, g), F_2 (B, c / 4, 2 g, 2 g), F_1 (B, c / 8, 4 g, 4 g) -> edge logits (B, 1, 4 g, 4 g)."""
        # Eq. 9: F'_mask = ReLU(F_mask) times the filtered F_mask.
        refined = self.up1(self.wavelet_0(mask_features) * functional.relu(mask_features))
        larger = self.up_mid(mask_features)
        if self.edge == "no_high_res":
            refined = refined + self.wavelet_1(larger) * functional.relu(larger)
            return self.final_conv(self.up2(refined))
        if self.form.f2_refines:
            refined = refined + self.wavelet_1(larger) * functional.relu(middle)
        largest = self.wavelet_2(self.up_bot(larger)) * functional.relu(fine)
        return self.final_conv(largest + self.up2(refined))


def _wavelet(channels: int, form: Form, edge: Edge) -> nn.Module:
    return nn.Identity() if edge == "no_laplacian" else WaveletFilter(channels, form)


def _doubled(channels: int, fewer: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels, fewer, kernel_size=4, stride=2, padding=1)
