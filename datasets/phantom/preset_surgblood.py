"""The `surgblood` preset: 95 clips of cholecystectomies of 42 patients, 5,330 frames. After Pei et al. 2025, Sec. 3.

Taken from the paper: counts, picture, rate, shortest, mean and longest clip, some 3 s without bleeding before and
after it, 75 training and 20 test clips drawn over clips, shares of the bleeding types (they add up to 100.18 %, so
clips are shared out by largest remainder). Ours, as the paper is silent: how lengths are spread between (log-normal),
who has how many clips, rates and disturbances.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from .clip_plan import PlannedClip, PresetSpec, Slot, Wish, clip_row, spread
from .config import BleedingConfig, BleedingKind, PhantomClip

PATIENTS: Final = 42
CLIPS: Final = 95
TEST_CLIPS: Final = 20
FRAMES: Final = 5330
SHORTEST: Final = 8
LONGEST: Final = 300
FPS: Final = 2.0
QUIET_S: Final = 3.0
SITES: Final = {"gallbladder": 20, "cystic triangle": 24, "vessel": 15, "gallbladder bed": 36}
"""Clips by bleeding type: 21.64, 25.01, 15.78 and 37.75 % of 95, by largest remainder."""

_DISTURBED: Final = {
    "instrument interference": 0.55,
    "smoke": 0.2,
    "light reflection": 0.2,
    "obscured view": 0.15,
    "camera jitter": 0.1,
    "water flushing": 0.1,
}
"""Share of the clips that each disturbance is in."""

_SITE_AT: Final = spread(SITES)
_GROUPS: Final = (5, 5, 5, 4)
"""Of each so many clips one is a test clip: 20 of 95, and one of any first five."""

_FIRST_DAY: Final = date(2023, 1, 9)


def lengths() -> list[int]:
    """Frames of the 95 clips, ascending: quantiles of a log-normal that give the paper's least, most and sum."""
    from scipy.stats import norm

    score = norm.ppf((np.arange(CLIPS) + 0.5) / CLIPS)
    low, high = 1.0, 6.0
    for _ in range(60):
        middle = (low + high) / 2
        frames = _frames(middle, score)
        low, high = (middle, high) if frames.sum() < FRAMES else (low, middle)
    frames = _frames(low, score)
    frames[CLIPS // 2 - (FRAMES - frames.sum()) // 2 :][: FRAMES - frames.sum()] += 1
    return sorted(frames.tolist())


def plan(wish: Wish, slot: Slot) -> PlannedClip:
    """The clip of a slot; after 95 the same lengths come again in another order."""
    turn, place = divmod(slot.ordinal, CLIPS)
    rng = wish.rng("clip", slot.ordinal)
    site = _SITE_AT[place]
    n_frames = max(SHORTEST, round(_shuffled_lengths(wish, turn)[place] * wish.scale))
    quiet = min(round(QUIET_S * FPS), n_frames // 4)
    procedure = f"{_day(wish, slot.patient)}patient{slot.patient + 1}"
    scene = PhantomClip(
        seed=wish.seed_of("scene", slot.ordinal),
        size=wish.size(1280, 720),
        n_frames=n_frames,
        fps=FPS,
        patient=wish.look(slot.patient, site),
        site=site,
        onset_frame=quiet,
        stop_frame=n_frames - quiet,
        sources=1 + int(rng.random() < 0.08),
        scenarios=_scenarios(rng),
        bleeding=_bleeding(rng, site),
    )
    row = clip_row(
        scene,
        f"{procedure}clip{slot.before + 1}",
        patient=f"patient{slot.patient + 1}",
        procedure=procedure,
        official_split=_part(wish, slot.ordinal),
    )
    return PlannedClip(slot.ordinal, row, scene, tuple(range(n_frames)), tuple(range(n_frames)))


def _frames(log_median: float, score: np.ndarray) -> np.ndarray:
    frames = np.exp(log_median + 0.85 * score).round().astype(int).clip(SHORTEST, LONGEST)
    frames[0], frames[-1] = SHORTEST, LONGEST
    return frames


@lru_cache(maxsize=16)
def _shuffled_lengths(wish: Wish, turn: int) -> list[int]:
    return wish.rng("lengths", turn).permutation(lengths()).tolist()


def _part(wish: Wish, ordinal: int) -> str:
    """Drawn over clips, whosever they are, as in the paper: so patients sit on both sides."""
    block, place = divmod(ordinal, sum(_GROUPS))
    for group, length in enumerate(_GROUPS):
        if place < length:
            return "test" if place == wish.rng("test clip", block, group).integers(length) else "train"
        place -= length
    raise AssertionError


def _day(wish: Wish, patient: int) -> str:
    return str(_FIRST_DAY + timedelta(days=int(wish.rng("day", patient).integers(700))))


def _scenarios(rng: np.random.Generator) -> dict[str, float]:
    draws, strengths = rng.random(len(_DISTURBED)), rng.uniform(0.25, 0.8, len(_DISTURBED))
    found = {
        name: round(float(strength), 2)
        for (name, share), draw, strength in zip(_DISTURBED.items(), draws, strengths, strict=True)
        if draw < share
    }
    return found or {"clear view": 1.0}


def _bleeding(rng: np.random.Generator, site: str) -> BleedingConfig:
    spurts = rng.random() < (0.5 if site == "vessel" else 0.12)
    return BleedingConfig(
        kind=BleedingKind.SPURTING if spurts else BleedingKind.OOZING, beats_per_min=float(rng.uniform(60, 95))
    )


SPEC: Final = PresetSpec(
    name="surgblood",
    title="laparoscopic gallbladder removal, 1280x720 at 2 fps, a mask and a point on every frame",
    patients=PATIENTS,
    clips=CLIPS,
    annotators=("A1", "A2"),
    scaled="the picture and the clips' lengths (never below 8 frames)",
    plan=plan,
)
