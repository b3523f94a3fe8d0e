"""The `demo` preset: 10 small clips of 6 patients from both kinds of surgery, made in under a minute."""

from typing import Final

from .clip_plan import PlannedClip, PresetSpec, Slot, Wish, clip_row, every
from .config import BleedingConfig, BleedingKind, PhantomClip

PATIENTS: Final = 6
CLIPS: Final = 10
FPS: Final = 30.0
LABEL_EVERY: Final = 30
ONSET: Final = 15
SECONDS: Final = 3
SITES: Final = ("gallbladder bed", "gastric antrum", "cystic triangle", "esophagus", "vessel", "sigmoid colon")
SCENARIOS: Final = (
    {"clear view": 1.0},
    {"instrument interference": 0.7},
    {"smoke": 0.4, "instrument interference": 0.4},
    {"water flushing": 0.7},
    {"light reflection": 0.8},
    {"camera jitter": 0.6},
    {"obscured view": 0.6},
)


def plan(wish: Wish, slot: Slot) -> PlannedClip:
    """The clip of a slot. Sites and scenarios go round; a patient keeps the site."""
    rng = wish.rng("clip", slot.ordinal)
    seconds = max(1, round(SECONDS * wish.scale))
    n_frames = ONSET + LABEL_EVERY * seconds + 1
    site = SITES[slot.patient % len(SITES)]
    scene = PhantomClip(
        seed=wish.seed_of("scene", slot.ordinal),
        size=wish.size(320, 256),
        n_frames=n_frames,
        fps=FPS,
        patient=wish.look(slot.patient, site),
        site=site,
        onset_frame=ONSET,
        scenarios=SCENARIOS[slot.ordinal % len(SCENARIOS)],
        bleeding=BleedingConfig(kind=BleedingKind.SPURTING if rng.random() < 0.3 else BleedingKind.OOZING),
    )
    name = f"phantom{slot.patient + 1}"
    row = clip_row(scene, f"{name}-clip{slot.before + 1}", patient=name, procedure=name)
    frames = every(LABEL_EVERY, ONSET, n_frames)
    return PlannedClip(slot.ordinal, row, scene, point_frames=frames, mask_frames=frames)


SPEC: Final = PresetSpec(
    name="demo",
    title="10 small clips from both kinds of surgery, 320x256 at 30 fps, a point and a mask a second",
    patients=PATIENTS,
    clips=CLIPS,
    annotators=("A1", "A2"),
    scaled="the picture and what follows the onset (never below 1 s)",
    plan=plan,
)
