"""The `hemoset` preset: 11 pigs, 640x480 at 30 fps, 857 masks, one on every 30th frame. After Miao et al. 2024.

Of the 102,616 frames of the videos only the labelled stretches are made, 25,391 frames. Its masks hold all blood,
standing pools included, as the animals' do. Ours: how the labels are shared out over the animals.
"""

from typing import Final

from .clip_plan import PlannedClip, PresetSpec, Slot, Wish, clip_row, every
from .config import BleedingConfig, PhantomClip

PIGS: Final = 11
LABEL_EVERY: Final = 30
FPS: Final = 30.0
LABELS: Final = (41, 52, 60, 66, 71, 77, 82, 88, 95, 104, 121)
"""Labelled frames by animal; they sum to 857."""


def plan(wish: Wish, slot: Slot) -> PlannedClip:
    """The clip of a slot; more clips than animals give some animals a second one."""
    turn, place = divmod(slot.ordinal, PIGS)
    rng = wish.rng("clip", slot.ordinal)
    labels = int(wish.rng("labels", turn).permutation(LABELS)[place])
    labels = max(3, round(labels * wish.scale))
    n_frames = LABEL_EVERY * (labels - 1) + 1
    site = "porcine neck"
    scene = PhantomClip(
        seed=wish.seed_of("scene", slot.ordinal),
        size=wish.size(640, 480),
        n_frames=n_frames,
        fps=FPS,
        patient=wish.look(slot.patient, site),
        site=site,
        onset_frame=int(rng.integers(LABEL_EVERY // 2, LABEL_EVERY * 2)),
        sources=1 + int(rng.random() < 0.3),
        scenarios={"instrument interference": round(float(rng.uniform(0.2, 0.7)), 2)},
        bleeding=BleedingConfig(absorption_um_s=1.0),
    )
    name = f"pig{slot.patient + 1}"
    row = clip_row(scene, name if not slot.before else f"{name}-{slot.before + 1}", patient=name, procedure=name)
    masks = every(LABEL_EVERY, 0, n_frames)
    return PlannedClip(slot.ordinal, row, scene, mask_frames=masks, pools_count=True, labels_onset=False)


SPEC: Final = PresetSpec(
    name="hemoset",
    title="robotic surgery of live pigs, 640x480 at 30 fps, a mask of all blood on every 30th frame",
    patients=PIGS,
    clips=PIGS,
    annotators=("A1",),
    scaled="the picture and the clips' lengths (never below 3 labels)",
    plan=plan,
)
