"""Every preset by name, and the plan of a cohort: which clips are to be made."""

from collections.abc import Mapping
from typing import Final

from ..errors import BleedkitError
from . import preset_bleedorigin, preset_demo, preset_hemoset, preset_surgblood
from .clip_plan import PlannedClip, PresetSpec, Wish, slots

PRESETS: Final[Mapping[str, PresetSpec]] = {
    spec.name: spec
    for spec in (
        preset_surgblood.SPEC,
        preset_bleedorigin.SPEC,
        preset_bleedorigin.TRACKING,
        preset_hemoset.SPEC,
        preset_demo.SPEC,
    )
}
MOST_CLIPS: Final = 100_000
SCALES: Final = (0.02, 4.0)


def plan_cohort(
    preset: str,
    *,
    seed: int = 0,
    patients: int | None = None,
    clips: int | None = None,
    scale: float = 1.0,
    identity: float = 1.0,
) -> tuple[PlannedClip, ...]:
    """The clips of a cohort, in order. None for the preset's own number; of patients, with fewer clips, in proportion.

    A clip hangs on preset, seed, patients, scale, identity and its own ordinal: asking for more clips never changes the
    first ones. Raises BleedkitError for an unknown preset or numbers that no cohort can have.
    """
    if preset not in PRESETS:
        raise BleedkitError(f"there is no preset {preset!r}", f"choose one of {', '.join(PRESETS)}")
    spec = PRESETS[preset]
    count = spec.clips if clips is None else clips
    if not 1 <= count <= MOST_CLIPS:
        raise BleedkitError(f"clips must be 1 to {MOST_CLIPS:,}, got {count}", "give another number of clips")
    if patients is not None and not 1 <= patients <= count:
        raise BleedkitError(
            f"patients must be 1 to {count}, one clip each at least, got {patients}", "ask for more clips"
        )
    if not SCALES[0] <= scale <= SCALES[1]:  # NaN fails as well
        raise BleedkitError(f"scale must be {SCALES[0]} to {SCALES[1]}, got {scale}", "1 is the dataset's own size")
    if seed < 0:
        raise BleedkitError(f"seed must be 0 or more, got {seed}", "give another seed")
    wish = Wish(preset, seed, scale, patients, identity)
    return tuple(spec.plan(wish, slot) for slot in slots(wish, spec, count))
