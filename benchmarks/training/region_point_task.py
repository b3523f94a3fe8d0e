"""Regions and sources in windows of frames as a task: BlooDet's two branches in turn (SurgBlood 4.4)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from torch import Tensor

from ...models.bloodet.losses import CODE_WEIGHTS, PAPER_WEIGHTS
from ...models.bloodet.network import BlooDet
from ...models.bloodet.parameters import ENCODER_RATE, RATE, mask_parameters, point_parameters
from .clip_windows import ClipWindows, Window
from .region_point_losses import region_loss, source_point_loss
from .task import ParameterGroup, Phase

ENCODER: Final = "encoder"
MASK: Final = "mask"
POINT: Final = "point"
ALTERNATING: Final = (Phase(MASK, (ENCODER, MASK)), Phase(POINT, (POINT,)))
"""Eq. 10, then Eq. 11. Which of the two moves the image encoder, the paper does not say; see `mask_parameters`."""
TOGETHER: Final = (Phase("both", (ENCODER, MASK, POINT)),)
"""One step on the summed loss, as the released code has it."""


class RegionPointTask:
    """BlooDet on windows. encoder_rate, rate: the highest learning rates of the image encoder and of all else (5.2).

    A model of the released code's form takes that code's weights of the losses and one phase.
    """

    def __init__(
        self, model: BlooDet, items: ClipWindows, *, encoder_rate: float = ENCODER_RATE, rate: float = RATE
    ) -> None:
        as_code = model.form.consecutive_flow is False
        self.model: BlooDet = model
        self.phases: tuple[Phase, ...] = TOGETHER if as_code else ALTERNATING
        self._weights = CODE_WEIGHTS if as_code else PAPER_WEIGHTS
        self._items, self._encoder_rate, self._rate = items, encoder_rate, rate

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """The image encoder, the rest of the mask branch, and the point branch."""
        encoder = {id(parameter) for parameter in self.model.image_encoder.parameters()}
        mask = [parameter for parameter in mask_parameters(self.model) if id(parameter) not in encoder]
        return (
            ParameterGroup(ENCODER, tuple(self.model.image_encoder.parameters()), self._encoder_rate),
            ParameterGroup(MASK, tuple(mask), self._rate),
            ParameterGroup(POINT, tuple(point_parameters(self.model)), self._rate),
        )

    def items(self) -> ClipWindows:
        """One window each."""
        return self._items

    def losses(self, batch: Window, phase: Phase) -> Mapping[str, Tensor]:
        """L_m of Eq. 12 where the phase moves the mask branch, L_p of Eq. 13 where it moves the point branch."""
        found, losses = self.model(batch.clip), {}
        if MASK in phase.groups:
            losses["mask branch"] = region_loss(found, batch, self._weights)
        if POINT in phase.groups:
            losses["point branch"] = source_point_loss(found, batch, self._weights)
        return losses

    def after_step(self, step: int) -> None:
        """Nothing to do."""

    def state(self) -> Mapping[str, Any]:
        """Nothing to remember."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing to take back."""
