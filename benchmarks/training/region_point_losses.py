"""What a RegionPointModel's answers for a batch of windows cost, of what is known of each frame (SurgBlood 4.4)."""

from torch import Tensor

from ...models.bloodet.losses import LossWeights, RegionPointTruth, mask_branch_loss, point_branch_loss
from ...models.region_point_model import RegionPoint
from .clip_windows import Window


def region_loss(found: RegionPoint, batch: Window, weights: LossWeights) -> Tensor:
    """L_m of Eq. 12, on the frames whose region is known; a zero that hangs on the answers where none is."""
    known = batch.mask_known
    if not known.any():
        return 0 * found.mask_logits.sum()
    return mask_branch_loss(_of(found, known), _truth(batch, known), weights)


def source_point_loss(found: RegionPoint, batch: Window, weights: LossWeights) -> Tensor:
    """L_p of Eq. 13, on the frames whose source was looked for; a zero that hangs on the answers where none was."""
    known = batch.point_known
    if not known.any():
        return 0 * (found.point.sum() + found.presence_logit.sum())
    if known.all():  # the released code's weights look at whole clips
        whole = RegionPointTruth(batch.masks.float(), batch.point, batch.present)
        return point_branch_loss(found, whole, weights)
    return point_branch_loss(_of(found, known), _truth(batch, known), weights)


def _of(found: RegionPoint, known: Tensor) -> RegionPoint:
    """The frames (B, T) of `known`, in one row."""
    edge = None if found.edge_logits is None else found.edge_logits[known]
    return RegionPoint(found.mask_logits[known], found.point[known], found.presence_logit[known], edge)


def _truth(batch: Window, known: Tensor) -> RegionPointTruth:
    return RegionPointTruth(batch.masks[known].float(), batch.point[known], batch.present[known])
