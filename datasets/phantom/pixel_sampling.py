"""Looking a field up at positions that are not on its grid, the same way on CPU and GPU."""

import torch
import torch.nn.functional as F  # noqa: N812

from ..schema import ImageSize


def pixel_centres(size: ImageSize, device: str) -> torch.Tensor:
    """X and y (2, H, W) float32 of the pixels' centres."""
    rows, columns = torch.arange(size.height, device=device), torch.arange(size.width, device=device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y]).float() + 0.5


def sample_field(field: torch.Tensor, tissue: torch.Tensor, half_mm: float) -> torch.Tensor:
    """Values (C, H, W) of a square field (C, n, n) over [-half_mm, half_mm] at tissue positions (2, H, W), bilinear."""
    where = (tissue / half_mm).permute(1, 2, 0)[None]
    return F.grid_sample(field[None], where, mode="bilinear", padding_mode="reflection", align_corners=False)[0]


def pull_along(image: torch.Tensor, motion: torch.Tensor, share: float, centres: torch.Tensor) -> torch.Tensor:
    """The image (C, H, W) as it looked `share` of a frame later: each pixel fetched against motion (2, H, W) pixels."""
    height, width = image.shape[1:]
    size = torch.tensor([width, height], dtype=torch.float32, device=image.device)[:, None, None]
    where = ((centres - share * motion) / size * 2 - 1).permute(1, 2, 0)[None]
    return F.grid_sample(image[None], where, mode="bilinear", padding_mode="border", align_corners=False)[0]


def smooth_step(value: torch.Tensor, start: float, end: float) -> torch.Tensor:
    """0 up to `start`, 1 from `end`, smooth between."""
    share = ((value - start) / (end - start)).clamp(0, 1)
    return share * share * (3 - 2 * share)
