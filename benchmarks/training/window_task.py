"""Regions and sources in windows of frames as a task for any RegionPointModel: all that it has in one step."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from torch import Tensor, nn

from ...models.bloodet.losses import LossWeights
from .clip_windows import ClipWindows, Window
from .region_point_losses import region_loss, source_point_loss
from .task import ParameterGroup, Phase

WEIGHTS: Final = LossWeights(point=10.0)
"""Eqs. 12 and 13 of SurgBlood, but for the points: a model whose branches share their weights hears nothing of them at
the 0.5 that BlooDet's own point branch has, as the squares of distances in [0, 1] are small beside Dice."""


class WindowTask:
    """A RegionPointModel on windows. groups: all that learns, each parameter in one group, with its learning rate.

    SurgBlood's Table 2 says nothing of how its other models were trained; losses are those of BlooDet, summed.
    """

    def __init__(
        self,
        model: nn.Module,
        items: ClipWindows,
        groups: Sequence[ParameterGroup],
        *,
        weights: LossWeights = WEIGHTS,
    ) -> None:
        self.model: nn.Module = model
        self.phases: tuple[Phase, ...] = (Phase("both", tuple(group.name for group in groups)),)
        self._items, self._groups, self._weights = items, tuple(groups), weights

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """As they were given."""
        return self._groups

    def items(self) -> ClipWindows:
        """One window each."""
        return self._items

    def losses(self, batch: Window, phase: Phase) -> Mapping[str, Tensor]:  # noqa: ARG002 - there is one
        """L_m of Eq. 12 and L_p of Eq. 13."""
        found = self.model(batch.clip)
        return {
            "region": region_loss(found, batch, self._weights),
            "point": source_point_loss(found, batch, self._weights),
        }

    def after_step(self, step: int) -> None:
        """Nothing to do."""

    def state(self) -> Mapping[str, Any]:
        """Nothing to remember."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing to take back."""
