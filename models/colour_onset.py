"""Baseline: bleeding begins where the picture turns redder than it was and stays so."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .picture_model import confidence_of_share
from .predict import Frames, Onset
from .red_centroid import red_share

RISE: Final = 0.006
SPREADS: Final = 2.0
PERSIST: Final = 10
BASELINE: Final = 30
GUARD: Final = 15
FEWEST: Final = 5
WIDTH: Final = 64


@dataclass(frozen=True)
class ColourOnsetState:
    """After some frames. frame: how many; levels: redness of the latest ones, oldest first, never more than needed.

    run: how many frames in a row have been redder; excess: the sum of how much. found: the onset, once it is; best: how
    sure at the most, where it is not.
    """

    frame: int = 0
    levels: tuple[float, ...] = ()
    run: int = 0
    excess: float = 0.0
    found: Onset | None = None
    best: float = 0.0


class ColourOnset:
    """The first frame of `persist` in a row whose mean redness stands above a running baseline.

    García-Martínez et al. (Artificial Intelligence in Medicine 2017) tell a haemorrhage in laparoscopy by how colour
    ratios and the number of blood's pixels change; this is that idea with one number a frame, BleedOrigin's Red-Mask
    (4.1.2) averaged over a picture 64 pixels wide. The baseline is the median of `baseline` frames that lie `guard` or
    more back, so that a slow rise does not become its own baseline. A frame counts as redder where it is more than
    `rise` above it, on a scale of 0 to 1, and more than `spreads` standard deviations of the baseline's frames.

    The values are ours, chosen on sixteen simulated clips of 30 frames a second, of whose onsets nine are then found
    within 16 frames. The scene must be seen bloodless first, for 20 frames. Confidence is the mean rise of the run
    against `rise`: 0.5 or more for an onset, less where there is none.
    """

    def __init__(
        self,
        *,
        rise: float = RISE,
        spreads: float = SPREADS,
        persist: int = PERSIST,
        baseline: int = BASELINE,
        guard: int = GUARD,
    ) -> None:
        if min(persist, baseline) < 1 or guard < 0:
            raise ValueError(f"persist and baseline must be 1 or more, guard 0: got {persist}, {baseline} and {guard}")
        self._rise, self._spreads, self._persist = rise, spreads, persist
        self._baseline, self._guard = baseline, guard

    def onset(self, frames: Frames) -> Onset:
        """Of a clip, its number in the clip; no later frame is read once it is found."""
        state, first = self.start(), 0
        for number, rgb in frames:
            first = number - state.frame
            state = self.step(rgb, state)
            if state.found is not None and state.found.frame is not None:
                return Onset(first + state.found.frame, state.found.confidence)
        return Onset(None, state.best)

    def start(self) -> ColourOnsetState:
        """The state before the first frame."""
        return ColourOnsetState()

    def step(self, rgb: np.ndarray, state: ColourOnsetState) -> ColourOnsetState:
        """The next frame (H, W, 3) uint8. What was found stays; frames are counted from the first one seen."""
        return self.after(mean_redness(rgb), state)

    def after(self, level: float, state: ColourOnsetState) -> ColourOnsetState:
        """The same for a frame whose mean redness is known."""
        above, bar = self._above(level, state.levels)
        run, excess = (state.run + 1, state.excess + above) if above > bar else (0, 0.0)
        mean = max(excess / run if run else 0.0, 0.0)
        found = state.found
        if found is None and run == self._persist:
            found = Onset(state.frame + 1 - run, confidence_of_share(mean, self._rise))
        # A run too short to count, however high, leaves no more than doubt.
        best = max(state.best, 0.5 * run / self._persist) if found is None else state.best
        levels = (*state.levels, level)[-self._baseline - self._guard :]
        return ColourOnsetState(state.frame + 1, levels, run, excess, found, best)

    def _above(self, level: float, levels: tuple[float, ...]) -> tuple[float, float]:
        """How far a level stands above the baseline, and how far it must, infinitely far before there is one."""
        back = np.array(levels[: len(levels) - self._guard])
        if len(back) < FEWEST:
            return 0.0, float("inf")
        return level - float(np.median(back)), max(self._rise, self._spreads * float(back.std()))


def mean_redness(rgb: np.ndarray) -> float:
    """Mean of the Red-Mask of a frame (H, W, 3) uint8 shrunk to 64 pixels across, in [0, 1]."""
    import cv2

    height = max(1, round(rgb.shape[0] * WIDTH / rgb.shape[1]))
    small = cv2.resize(rgb, (WIDTH, height), interpolation=cv2.INTER_AREA)
    return float(red_share(np.asarray(small)).mean())
