"""The `bleedorigin` presets: 485 clips of ESD in 44 patients at 30 fps. After BleedOrigin 2025, Sec. 3.

A clip is one video: its frames 0..149 are the paper's detection clip (it starts to bleed at 120), its frames from 120
on the tracking clip of 31 to 731 frames, labelled every 30; the paper's 1,771 labelled and 41,526 tracking frames hold.
The paper gives 25, 6 and 8 patients to the parts and leaves 5 of the 44 untold: here those 5 have clips like the others
and are in no part, so the parts have fewer clips than its 319, 68 and 98, which already sum to all 485. Ours: which
clips are how long, how many of each site, scenario and picture size. `bleedorigin-track` is the tracking clips alone,
which bleed from their first frame.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from .clip_plan import PlannedClip, PresetSpec, Slot, Wish, clip_row, every, spread
from .config import BleedingConfig, BleedingKind, PhantomClip

PATIENTS: Final = 44
CLIPS: Final = 485
LABELLED_FRAMES: Final = 1771
TRACKING_FRAMES: Final = 41526
LONGEST: Final = 731
FPS: Final = 30.0
ONSET: Final = 120
LABEL_EVERY: Final = 30
DETECTION_FRAMES: Final = 150
PARTS: Final = {"train": 25, "val": 6, "test": 8, "": 5}
SIZES: Final = ((1240, 1080), (780, 670))
SITES: Final = {
    "gastric antrum": 10,
    "gastric body": 8,
    "lesser curvature": 6,
    "esophagus": 5,
    "sigmoid colon": 5,
    "ascending colon": 4,
    "cardia": 3,
    "duodenum": 3,
}
"""Patients by site; 44 in all."""

SCENARIOS: Final = {
    "clear view": 145,
    "instrument interference": 90,
    "obscured view": 75,
    "water flushing": 65,
    "light reflection": 60,
    "camera jitter": 50,
}
"""Clips by scenario; 485 in all."""

_PART_AT: Final = spread(PARTS)
_SITE_AT: Final = spread(SITES)
_SCENARIO_AT: Final = spread(SCENARIOS)


def tracking_frames() -> list[int]:
    """Lengths of the 485 tracking clips, ascending: 31 to 731, short ones far more often.

    Whole seconds give the paper's labelled frames; what lies beyond each clip's last label, its sum of frames.
    """
    ranks = (np.arange(CLIPS) + 0.5) / CLIPS
    low, high = 0.1, 20.0
    for _ in range(60):
        mean = (low + high) / 2
        low, high = (mean, high) if _seconds(mean, ranks).sum() < LABELLED_FRAMES - CLIPS else (low, mean)
    seconds = _seconds(low, ranks)
    seconds[: LABELLED_FRAMES - CLIPS - seconds.sum()] += 1
    frames = np.sort(LABEL_EVERY * seconds + 1)
    rest = np.arange(CLIPS) % 11
    rest[-1] = LONGEST - frames[-1]
    rest[1 : 1 + TRACKING_FRAMES - frames.sum() - rest.sum()] += 1
    return (frames + rest).tolist()


def plan(wish: Wish, slot: Slot) -> PlannedClip:
    """The clip of a slot; after 485 the same lengths come again in another order."""
    tracked = max(LABEL_EVERY + 1, round(_tracked(wish, slot) * wish.scale))
    return _planned(wish, slot, ONSET, ONSET + tracked)


def plan_tracking(wish: Wish, slot: Slot) -> PlannedClip:
    """The tracking clip of a slot, of its full length whatever the scale."""
    return _planned(wish, slot, 0, _tracked(wish, slot))


def _planned(wish: Wish, slot: Slot, onset: int, n_frames: int) -> PlannedClip:
    rng = wish.rng("clip", slot.ordinal)
    site = _site(wish, slot.patient, rng)
    spurts = rng.random() < 0.3
    scene = PhantomClip(
        seed=wish.seed_of("scene", slot.ordinal),
        size=wish.size(*SIZES[slot.patient % 2]),
        n_frames=n_frames,
        fps=FPS,
        patient=wish.look(slot.patient, site),
        site=site,
        onset_frame=onset,
        scenarios=_scenarios(_SCENARIO_AT[slot.ordinal % CLIPS], rng),
        bleeding=BleedingConfig(
            kind=BleedingKind.SPURTING if spurts else BleedingKind.OOZING, beats_per_min=float(rng.uniform(55, 100))
        ),
    )
    name = f"p{slot.patient + 1:02d}"
    row = clip_row(
        scene,
        f"{name}-c{slot.before + 1:03d}",
        patient=name,
        procedure=name,
        official_split=_PART_AT[slot.patient % PATIENTS],
    )
    return PlannedClip(slot.ordinal, row, scene, point_frames=every(LABEL_EVERY, onset, n_frames))


def _tracked(wish: Wish, slot: Slot) -> int:
    """Length of the slot's tracking clip, frames."""
    turn, place = divmod(slot.ordinal, CLIPS)
    return _shuffled(wish, turn)[place]


def _seconds(mean: float, ranks: np.ndarray) -> np.ndarray:
    most = (LONGEST - 1) // LABEL_EVERY
    seconds = (1 + np.floor(-mean * np.log1p(-ranks)).astype(int)).clip(1, most)
    seconds[-1] = most
    return seconds


@lru_cache(maxsize=16)
def _shuffled(wish: Wish, turn: int) -> list[int]:
    return wish.rng("lengths", turn).permutation(tracking_frames()).tolist()


def _site(wish: Wish, patient: int, rng: np.random.Generator) -> str:
    """A patient is operated at one site; one clip in ten is of another."""
    turn, place = divmod(patient, PATIENTS)
    own = str(wish.rng("sites", turn).permutation(_SITE_AT)[place])
    return str(rng.choice(_SITE_AT)) if rng.random() < 0.1 else own


def _scenarios(main: str, rng: np.random.Generator) -> dict[str, float]:
    """The clip's scenario; one clip in four that is not clear has a second, weaker one."""
    if main == "clear view":
        return {main: 1.0}
    found = {main: round(float(rng.uniform(0.4, 1.0)), 2)}
    if rng.random() < 0.25:
        others = [name for name in SCENARIOS if name not in ("clear view", main)]
        found[str(rng.choice(others))] = round(float(rng.uniform(0.2, 0.5)), 2)
    return found


SPEC: Final = PresetSpec(
    name="bleedorigin",
    title="endoscopic submucosal dissection, 1240x1080 or 780x670 at 30 fps, a point a second from the onset on",
    patients=PATIENTS,
    clips=CLIPS,
    annotators=("A1", "A2"),
    scaled="the picture and what follows the onset (never below 1 s); the 120 frames before it stay",
    plan=plan,
)

TRACKING: Final = PresetSpec(
    name="bleedorigin-track",
    title="its 485 tracking clips alone: 41,526 frames that bleed from the first on, a point a second, 1,771 in all",
    patients=PATIENTS,
    clips=CLIPS,
    annotators=("A1", "A2"),
    scaled="the picture; lengths stay",
    plan=plan_tracking,
)
