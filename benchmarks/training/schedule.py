"""Learning rates over the steps: a straight rise, then level or a straight fall. A function of the step alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """steps: of the whole training. warm_up: steps until the highest rate. decay: fall to zero after that, or stay.

    SurgBlood 5.2 says "a warm-up strategy and linear decay" and no lengths; BleedOrigin 5.3 has fixed rates.
    """

    steps: int
    warm_up: int
    decay: bool

    def factor(self, step: int) -> float:
        """What to multiply the highest learning rate with at a step, counted from 0; above 0 at every step."""
        if step < self.warm_up:
            return (step + 1) / self.warm_up
        if not self.decay:
            return 1.0
        return (self.steps - step) / max(self.steps - self.warm_up, 1)
