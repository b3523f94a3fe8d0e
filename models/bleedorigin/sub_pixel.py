"""Where a heat map is highest, finer than its cells (BleedOrigin Eq. 3's arg max, refined)."""

import torch
from torch import Tensor

REACH: int = 3  # cells round the highest that pull it in training
_LEAST: float = 1e-6  # of a heat whose logarithm is taken, and of a curvature that is divided by


def highest_point(heat: Tensor) -> Tensor:
    """The point (B, 2), x and y in [0, 1], where heat (B, 1, h, w) is highest.

    Its value is the arg-max cell's centre moved to the top of the parabola through the logarithms of that cell and its
    neighbours, on each axis: exact where the heat is a sampled Gaussian, as in DARK (Zhang et al., CVPR 2020), less
    than half a cell always, and none on an axis where the cell is the map's first or last.

    Its gradient is that of the soft arg-max over the 7 by 7 cells round it. The parabola has a gradient too, which
    explodes where the heat is flat, and the arg-max has none. So a Huber loss on the point moves a peak that is near;
    one far off only the heat's own loss can move.
    """
    heat = heat[:, 0].float()
    cell = _highest_cell(heat)
    soft = _soft_argmax(heat, cell)
    exact = cell + 0.5 + _parabola_top(heat.detach(), cell)
    size = heat.new_tensor(heat.shape[:0:-1])
    return (exact + (soft - soft.detach())) / size


def _highest_cell(heat: Tensor) -> Tensor:
    """(B, 2), column and row, of (B, h, w)."""
    flat = heat.flatten(1).argmax(1)
    return torch.stack([flat % heat.shape[2], flat.div(heat.shape[2], rounding_mode="floor")], 1)


def _parabola_top(heat: Tensor, cell: Tensor) -> Tensor:
    """The way (B, 2) in cells from a cell's centre to the top of log heat on either axis."""
    which = torch.arange(len(heat), device=heat.device)
    shifts = []
    for axis in (0, 1):
        step = cell.new_tensor([1 - axis, axis])
        most = heat.shape[2 - axis] - 1
        at = [(cell + by * step).clamp(min=0) for by in (-1, 0, 1)]
        before, here, after = (
            heat[which, one[:, 1].clamp(max=heat.shape[1] - 1), one[:, 0].clamp(max=heat.shape[2] - 1)]
            .clamp_min(_LEAST)
            .log()
            for one in at
        )
        rise, fall = here - before, here - after
        shift = (rise - fall) / (2 * (rise + fall)).clamp_min(_LEAST)
        inner = (cell[:, axis] > 0) & (cell[:, axis] < most)
        shifts.append(torch.where(inner, shift, torch.zeros_like(shift)))
    return torch.stack(shifts, 1)


def _soft_argmax(heat: Tensor, cell: Tensor) -> Tensor:
    """The mean place (B, 2) in cells, weighed by e^heat over the highest, of the cells up to REACH from `cell`."""
    side = torch.arange(-REACH, REACH + 1, device=heat.device)
    dy, dx = (each.flatten() for each in torch.meshgrid(side, side, indexing="ij"))
    x, y = cell[:, :1] + dx, cell[:, 1:] + dy
    inside = (x >= 0) & (x < heat.shape[2]) & (y >= 0) & (y < heat.shape[1])
    near = heat[
        torch.arange(len(heat), device=heat.device)[:, None],
        y.clamp(0, heat.shape[1] - 1),
        x.clamp(0, heat.shape[2] - 1),
    ]
    weight = near.masked_fill(~inside, -torch.inf).softmax(1)
    return torch.stack([(weight * x).sum(1), (weight * y).sum(1)], 1) + 0.5
